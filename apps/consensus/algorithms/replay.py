"""Recorded labels played back as if they came in one by one: what adaptive overlap would have spent and found.

Nothing here ever sees the truth. A shuffle puts each item's recorded labels in a random order: fixed overlap k takes
the first k of each; adaptive overlap starts with the first few and then asks for one more wherever `overlap` says so,
refitting the model after every round. Only labels that somebody really gave can be asked for.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from apps.consensus.algorithms.bayes_dawid_skene import bayes_dawid_skene
from apps.consensus.algorithms.dawid_skene import dawid_skene
from apps.consensus.algorithms.majority_vote import label_counts, shares
from apps.consensus.algorithms.overlap import BATCH, OverlapRule, in_order_of_gain, information, worth_asking
from apps.consensus.algorithms.votes import Votes

# Precise enough to decide about every item but those on the edge.
_TOL, _MAX_ITER = 1e-3, 100


@dataclass(frozen=True, slots=True)
class Fitted:
    """What is needed of a fitted model."""

    posterior: NDArray[np.float64]  # (n_items, n_classes), rows sum to 1
    confusion: NDArray[np.float64]  # (n_reviewers, n_classes, n_classes), [reviewer, true class, answer]


# Fits labels, starting from a posterior or from scratch (None).
Model = Callable[[Votes, NDArray[np.float64] | None], Fitted]


def smoothed_model(votes: Votes, init: NDArray[np.float64] | None) -> Fitted:
    """Smoothed Dawid-Skene."""
    fit = dawid_skene(
        votes.item_idx,
        votes.reviewer_idx,
        votes.label_idx,
        n_items=votes.n_items,
        n_reviewers=votes.n_reviewers,
        n_classes=votes.n_classes,
        init=init,
        max_iter=_MAX_ITER,
        tol=_TOL,
    )
    return Fitted(fit.posterior, fit.confusion)


def bayes_model(votes: Votes, init: NDArray[np.float64] | None) -> Fitted:
    """Bayesian Dawid-Skene, always from scratch and not tempered, which changes no leader."""
    fit = bayes_dawid_skene(votes, is_tempered=False, max_iter=_MAX_ITER, tol=_TOL)
    assert fit.confusion is not None
    return Fitted(fit.posterior, fit.confusion)


@dataclass(frozen=True, slots=True)
class Procedure:
    """How labels are asked for; `start` and `maximum` as in `OverlapRule`."""

    start: int
    maximum: int
    model: Model
    chooses: bool  # ask one of the recorded reviewers whose answer is worth most; else the next in the shuffle


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is known after `n_labels` labels."""

    n_labels: int
    posterior: NDArray[np.float64]  # (n_items, n_classes)


def taken(votes: Votes, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Votes:
    """Only these votes, in this order; the sizes stay."""
    columns = (votes.item_idx[rows], votes.reviewer_idx[rows], votes.label_idx[rows])
    return replace(votes, item_idx=columns[0], reviewer_idx=columns[1], label_idx=columns[2])


@dataclass(frozen=True, slots=True)
class Shuffle:
    """Labels sorted by item, those of one item in random order."""

    labels: Votes
    first: NDArray[np.int64]  # (n_items,): where the labels of each item begin
    place: NDArray[np.int64]  # (n_labels,): 0 for an item's first label, 1 for the next
    n_recorded: NDArray[np.int64]  # (n_items,)

    @classmethod
    def of(cls, labels: Votes, *, rng: np.random.Generator) -> "Shuffle":
        order = np.lexsort((rng.permutation(len(labels.item_idx)), labels.item_idx))
        n_recorded = np.bincount(labels.item_idx, minlength=labels.n_items)
        first = np.cumsum(n_recorded) - n_recorded
        place = np.arange(len(order)) - np.repeat(first, n_recorded)
        return cls(taken(labels, order), first, place, n_recorded)


def fixed_overlap(shuffle: Shuffle, *, overlap: int, model: Model) -> Snapshot:
    """The first `overlap` labels of each item, or all where fewer were recorded."""
    labels = taken(shuffle.labels, shuffle.place < overlap)
    return Snapshot(len(labels.item_idx), model(labels, None).posterior)


def fixed_majority(shuffle: Shuffle, *, overlap: int) -> Snapshot:
    """Vote shares of the same labels."""
    labels = taken(shuffle.labels, shuffle.place < overlap)
    counts = label_counts(labels.item_idx, labels.label_idx, n_items=labels.n_items, n_classes=labels.n_classes)
    return Snapshot(len(labels.item_idx), shares(counts))


def adaptive_overlap(shuffle: Shuffle, *, thresholds: Sequence[float], procedure: Procedure) -> Iterator[Snapshot]:
    """Rounds in which every item below the threshold gets one more label; one snapshot per threshold.

    Thresholds rise, and each run goes on where the one before ended. That is exact and not a short cut: whatever is
    below a lower threshold is below the higher one too, so that run would have asked for it as well.

    An item with fewer recorded labels than the maximum ends when they are used up.
    """
    run = _Run(shuffle, procedure)
    for threshold in thresholds:
        rule = OverlapRule(threshold, procedure.start, procedure.maximum)
        while len(asked := np.flatnonzero(run.may_get & rule.asks(run.confidence, run.n_given))):
            run.ask(asked)
        yield run.snapshot()


def budget_overlap(
    shuffle: Shuffle, *, budgets: Sequence[int], procedure: Procedure, rng: np.random.Generator
) -> Iterator[Snapshot]:
    """Labels spent where each is expected to gain most; one snapshot per budget.

    Args:
        budgets: rising, in labels over all items. What the start costs is spent in any case; a budget beyond what was
            recorded or allowed ends when nothing is left to ask for.
        rng: settles ties between items.
    """
    run = _Run(shuffle, procedure)
    batch = max(1, round(BATCH * shuffle.labels.n_items))
    for budget in budgets:
        while (room := min(batch, budget - run.n_labels)) > 0 and run.may_get.any():
            run.ask(run.most_gainful(rng)[:room])
        yield run.snapshot()


class _Run:
    """One play-back: which labels were given so far, and the model fitted to them."""

    def __init__(self, shuffle: Shuffle, procedure: Procedure) -> None:
        self._shuffle, self._procedure = shuffle, procedure
        self._is_given = shuffle.place < procedure.start
        self._maximum = np.minimum(shuffle.n_recorded, procedure.maximum)
        self.n_given = np.minimum(shuffle.n_recorded, procedure.start)
        self._fit = procedure.model(taken(shuffle.labels, self._is_given), None)

    @property
    def may_get(self) -> NDArray[np.bool_]:
        return np.asarray(self.n_given < self._maximum)

    @property
    def n_labels(self) -> int:
        return int(self.n_given.sum())

    @property
    def confidence(self) -> NDArray[np.float64]:
        return np.asarray(self._fit.posterior.max(axis=1))

    def snapshot(self) -> Snapshot:
        return Snapshot(self.n_labels, self._fit.posterior)

    def ask(self, items: NDArray[np.int64]) -> None:
        """Give each of these items one more label, and refit from where the model stands."""
        self._is_given[self._next_labels(items)] = True
        self.n_given[items] += 1
        self._fit = self._procedure.model(taken(self._shuffle.labels, self._is_given), self._fit.posterior)

    def most_gainful(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """The items that may get more, the best use of a label first; the less sure first where that is equal."""
        items = np.flatnonzero(self.may_get)
        left = self._maximum[items] - self.n_given[items]
        posterior = self._fit.posterior[items]
        return np.asarray(items[in_order_of_gain(posterior, accuracy=self._mean_accuracy(), left=left, rng=rng)])

    def _mean_accuracy(self) -> float:
        """Of the answers given so far, each class counted alike."""
        given = self._shuffle.labels.reviewer_idx[self._is_given]
        accuracy = np.trace(self._fit.confusion, axis1=1, axis2=2) / self._fit.confusion.shape[1]
        return float(accuracy[given].mean())

    def _next_labels(self, items: NDArray[np.int64]) -> NDArray[np.int64]:
        """The row of the label that each item gets next, in the order of `items`."""
        n_recorded = self._shuffle.n_recorded[items]
        place = np.arange(n_recorded.sum()) - np.repeat(np.cumsum(n_recorded) - n_recorded, n_recorded)
        rows = place + np.repeat(self._shuffle.first[items], n_recorded)
        item = np.repeat(np.arange(len(items)), n_recorded)
        is_open = ~self._is_given[rows]
        rows, item = rows[is_open], item[is_open]
        if self._procedure.chooses:
            value = information(self._fit.confusion)[self._shuffle.labels.reviewer_idx[rows]]
            is_good = worth_asking(value, item=item)
            rows, item = rows[is_good], item[is_good]
        return np.asarray(rows[np.unique(item, return_index=True)[1]])
