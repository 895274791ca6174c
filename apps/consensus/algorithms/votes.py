"""Votes in long format, the form in which every method of this package takes them, and what every method gives back."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from apps.consensus.algorithms.majority_vote import label_counts, shares

UNKNOWN = -1
# So many cells of confusion matrices are fitted at most: eight bytes each, in about eight arrays.
MOST_CELLS = 60_000_000


@dataclass(frozen=True, slots=True)
class Votes:
    """One row per vote, at most one vote per item and reviewer; indices from 0.

    Raises ValueError for arrays of different length and an index out of range.
    """

    item_idx: NDArray[np.int64]  # (n_votes,)
    reviewer_idx: NDArray[np.int64]  # (n_votes,)
    label_idx: NDArray[np.int64]  # (n_votes,)
    n_items: int
    n_reviewers: int
    n_classes: int
    # (n_items,); golden answers as class indices, UNKNOWN (-1) elsewhere. Evidence: they are never re-estimated.
    known: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        if self.n_classes < 1:
            raise ValueError("n_classes must be at least 1")
        if not len(self.item_idx) == len(self.reviewer_idx) == len(self.label_idx):
            raise ValueError("item_idx, reviewer_idx and label_idx must have the same length")
        for name, index, size in (
            ("item_idx", self.item_idx, self.n_items),
            ("reviewer_idx", self.reviewer_idx, self.n_reviewers),
            ("label_idx", self.label_idx, self.n_classes),
        ):
            if len(index) and (index.min() < 0 or index.max() >= size):
                raise ValueError(f"{name} must lie in [0, {size})")
        if self.known is not None and (
            self.known.shape != (self.n_items,) or (self.known < UNKNOWN).any() or (self.known >= self.n_classes).any()
        ):
            raise ValueError(f"known must have shape {(self.n_items,)} and lie in [-1, {self.n_classes})")

    @property
    def n_cells(self) -> int:
        """How many numbers the confusion matrices have."""
        return self.n_reviewers * self.n_classes**2

    def table(self) -> csr_array:
        """Sparse (n_items, n_reviewers * n_classes) table of counts: both steps of EM become one product each."""
        columns = self.reviewer_idx * self.n_classes + self.label_idx
        shape = (self.n_items, self.n_reviewers * self.n_classes)
        # Indices of four bytes, where they suffice, halve the memory that each product walks through.
        width = np.int32 if max(*shape, len(columns)) < np.iinfo(np.int32).max else np.int64
        places = (self.item_idx.astype(width), columns.astype(width))
        return csr_array((np.ones(len(columns)), places), shape=shape)

    def shares(self) -> NDArray[np.float64]:
        """Shares of the votes, shape (n_items, n_classes), golden answers fixed: where every method starts."""
        counts = label_counts(self.item_idx, self.label_idx, n_items=self.n_items, n_classes=self.n_classes)
        return self.held(shares(counts))

    def held(self, posterior: NDArray[np.float64]) -> NDArray[np.float64]:
        """The posterior with the golden answers in their place; a new array where there are any."""
        if self.known is None:
            return posterior
        fixed = posterior.copy()
        golden = np.flatnonzero(self.known != UNKNOWN)
        fixed[golden] = 0.0
        fixed[golden, self.known[golden]] = 1.0
        return fixed

    def telling(self, posterior: NDArray[np.float64]) -> NDArray[np.float64]:
        """The posterior with zeros on the items that say nothing about reviewers: a lone label, and no golden answer.

        Counted, each lone label would confirm itself and its reviewer, up to certainty.
        """
        is_lone = np.bincount(self.item_idx, minlength=self.n_items) < 2
        if self.known is not None:
            is_lone &= self.known == UNKNOWN
        return np.asarray(np.where(is_lone[:, None], 0.0, posterior)) if is_lone.any() else posterior

    def weighted(self, weight: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum of the weights of the reviewers who gave each class, shape (n_items, n_classes)."""
        return self.summed(weight[self.reviewer_idx])

    def summed(self, weight: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum of the votes' own weights, shape (n_votes,), per item and class, shape (n_items, n_classes)."""
        cells = self.item_idx * self.n_classes + self.label_idx
        sums = np.bincount(cells, weights=weight, minlength=self.n_items * self.n_classes)
        return sums.astype(np.float64).reshape(self.n_items, self.n_classes)

    def per_reviewer(self, weights: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """Number of votes per reviewer, or the sum of their weights; shape (n_reviewers,)."""
        return np.bincount(self.reviewer_idx, weights=weights, minlength=self.n_reviewers).astype(np.float64)


@dataclass(frozen=True, slots=True)
class Aggregate:
    """What a method makes of the votes: a label distribution per item and how good each reviewer is."""

    posterior: NDArray[np.float64]  # (n_items, n_classes), rows sum to 1
    accuracy: NDArray[np.float64]  # (n_reviewers,), expected share of right answers; NaN without an answer
    is_probability: bool  # False: the rows are shares of (weighted) votes, no probabilities
    confusion: NDArray[np.float64] | None = None  # (n_reviewers, n_classes, n_classes): [reviewer, true class, answer]
    prior: NDArray[np.float64] | None = None  # (n_classes,), class shares
    # The posterior's logarithms were multiplied by this; below 1 where reviewers err together (`tempering`).
    temperature: float = 1.0
    iterations: int = 1
    converged: bool = True
    evidence: float | None = None  # lower bound on the log-probability of all votes, in nats


def expected_accuracy(votes: Votes, posterior: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean probability that a reviewer's answers are right, shape (n_reviewers,); NaN without an answer."""
    right = votes.per_reviewer(posterior[votes.item_idx, votes.label_idx])
    total = votes.per_reviewer()
    return np.asarray(np.divide(right, total, out=np.full(len(total), np.nan), where=total > 0))


def softmax_rows(log_joint: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rows scaled to sum to 1, and the logarithm of each row's sum.

    Shifting each row by its highest value keeps products of many probabilities away from zero.
    """
    top = log_joint.max(axis=1, keepdims=True)
    weights = np.exp(log_joint - top)
    totals = weights.sum(axis=1, keepdims=True)
    weights /= totals
    return weights, np.asarray((top + np.log(totals))[:, 0])


def certain(votes: Votes) -> Aggregate:
    """With one class there is nothing to be unsure of."""
    ones = np.ones((votes.n_items, 1))
    matrices = np.ones((votes.n_reviewers, 1, 1))
    accuracy = expected_accuracy(votes, ones)
    return Aggregate(ones, accuracy, is_probability=True, confusion=matrices, prior=np.ones(1), evidence=0.0)
