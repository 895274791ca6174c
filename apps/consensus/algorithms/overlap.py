"""Adaptive overlap: which items get one more answer, which first, and whose answer is worth asking for.

Pure decisions on posteriors and confusion matrices, made so that `replay` and a queue can share them.

Stopping at a posterior is the sequential probability ratio test of A. Wald (1945), doi:10.1214/aoms/1177731118, with
the number of answers bounded. What an answer tells is Lindley's measure: D. V. Lindley (1956),
doi:10.1214/aoms/1177728069, equation (7).
"""

from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import NDArray

# In budget mode so large a share of the items gets one more answer before the next look at which gain most.
BATCH = 0.05
# An answer that tells at least this share of what the best one tells is as good as the best one. The differences that
# are left are mostly noise, and chasing them sends everything to a few people whose common mistakes then win.
GOOD_ENOUGH = 0.8


@dataclass(frozen=True, slots=True)
class OverlapRule:
    """When an item is settled, and when it is given up to an adjudicator.

    Raises:
        ValueError: a threshold outside [0, 1], or numbers of answers that cannot be.
    """

    threshold: float  # posterior of the leading class at which an item is settled
    start: int = 2  # answers that every item gets, however sure the first ones look
    maximum: int = 7  # answers that no item exceeds

    def __post_init__(self) -> None:
        if not 0.0 <= self.threshold <= 1.0:
            raise ValueError("threshold must lie in [0, 1]")
        if not 1 <= self.start <= self.maximum:
            raise ValueError("start must be at least 1 and at most the maximum")

    def settles(self, confidence: NDArray[np.float64] | float, n_answers: NDArray[np.int64] | int) -> NDArray[np.bool_]:
        """Sure enough, with at least `start` answers; of one item or of many."""
        enough, sure = np.greater_equal(n_answers, self.start), np.greater_equal(confidence, self.threshold)
        return np.asarray(enough & sure)

    def asks(self, confidence: NDArray[np.float64] | float, n_answers: NDArray[np.int64] | int) -> NDArray[np.bool_]:
        """One more answer is asked for: not settled, and below `maximum`; of one item or of many."""
        return np.asarray(~self.settles(confidence, n_answers) & np.less(n_answers, self.maximum))


def information(confusion: NDArray[np.float64]) -> NDArray[np.float64]:
    """What one answer of each reviewer tells about an item of which nothing is known yet, in nats.

    The mutual information of the answer and a class drawn uniformly: uniformly, because somebody who is good at the
    common class only would otherwise look better than who finds the rare one. It does not read the item's posterior:
    measured on recorded labels, choosing by what an item seems to need chases the mistakes that make it seem so.

    Args:
        confusion: shape (n_reviewers, n_classes, n_classes), [reviewer, true class, answer]; rows sum to 1.
    Returns:
        Shape (n_reviewers,), in [0, log(n_classes)].
    """
    told = _entropy(confusion.mean(axis=1)) - _entropy(confusion).mean(axis=1)
    return np.asarray(np.maximum(told, 0.0))  # rounding can go below 0


def worth_asking(value: NDArray[np.float64], *, item: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which candidates are about as good as the best one for the same item; at least one of each item.

    Args:
        value: shape (n_candidates,), at least 0, as from `information`.
        item: shape (n_candidates,), an index from 0: the item that each would answer.
    """
    best = np.zeros(int(item.max(initial=-1)) + 1)
    np.maximum.at(best, item, value)
    return np.asarray(value >= GOOD_ENOUGH * best[item])


def gain_per_label(posterior: NDArray[np.float64], *, accuracy: float, left: NDArray[np.int64]) -> NDArray[np.float64]:
    """By how much the chance that the leading class is right is expected to rise, per further answer.

    Looks as far ahead as it pays: one answer that cannot turn an item round is worth nothing by itself, two may be.
    Only the two leading classes are weighed against each other, by answers of equal quality.

    Args:
        posterior: shape (n_items, n_classes), rows sum to 1.
        accuracy: share of right answers expected of whoever answers next, in [0, 1].
        left: shape (n_items,), how many more answers each item may get.
    Returns:
        Shape (n_items,), in [0, 0.5]: the largest mean gain per answer over 1 to `left` answers; 0 where none is left.
    """
    n_items, n_classes = posterior.shape
    best: NDArray[np.float64] = np.zeros(n_items)
    if n_classes == 1:
        return best
    second, first = np.sort(posterior, axis=1)[:, -2:].T
    # An answer for one of the two is right with this probability; wrong ones are spread over all other classes.
    right = accuracy / (accuracy + (1.0 - accuracy) / (n_classes - 1))
    for n in range(1, int(left.max(initial=0)) + 1):
        votes = np.arange(n + 1)
        ways = np.array([comb(n, k) for k in range(n + 1)])
        for_first = ways * right**votes * (1.0 - right) ** (n - votes)
        expected = np.maximum(first[:, None] * for_first, second[:, None] * for_first[::-1]).sum(axis=1)
        np.maximum(best, (expected - first) / n, out=best, where=left >= n)
    return best


def in_order_of_gain(
    posterior: NDArray[np.float64], *, accuracy: float, left: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """The items, the best use of one more answer first; the less sure first where that is equal, then chance.

    Args:
        posterior, accuracy, left: as for `gain_per_label`.
    Returns:
        Shape (n_items,): indexes into `posterior`.
    """
    gain = gain_per_label(posterior, accuracy=accuracy, left=left)
    return np.asarray(np.lexsort((rng.permutation(len(posterior)), posterior.max(axis=1, initial=0.0), -gain.round(9))))


def _entropy(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of the last axis, in nats; 0 log 0 is 0."""
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    return np.asarray(-(shares * logs).sum(axis=-1))
