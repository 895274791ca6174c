"""Multiple choice and taxonomies: each label is a question of its own, answered yes or no by everybody who answered.

Binary relevance, as M.-L. Zhang and Z.-H. Zhou (2014), doi:10.1109/TKDE.2013.39, section 3.1, name it, with one
Bayesian Dawid-Skene per label. In a taxonomy an answer says yes to every ancestor of what it names, and no label may
be more probable than its parent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.consensus.algorithms.bayes_dawid_skene import bayes_dawid_skene
from apps.consensus.algorithms.votes import Votes


@dataclass(frozen=True, slots=True)
class MultipleChoiceConsensus:
    """Labels whose probability is above one half are chosen; exactly one half is a tie and not chosen."""

    probability: NDArray[np.float64]  # (n_items, n_labels); NaN for an item without an answer
    chosen: NDArray[np.bool_]  # (n_items, n_labels)
    sensitivity: NDArray[np.float64]  # (n_reviewers, n_labels): says yes where yes is right
    specificity: NDArray[np.float64]  # (n_reviewers, n_labels): says no where no is right


def multiple_choice_consensus(
    item_idx: NDArray[np.int64],
    reviewer_idx: NDArray[np.int64],
    chosen: Sequence[frozenset[int]],
    *,
    n_items: int,
    n_reviewers: int,
    n_labels: int,
    parents: Mapping[int, int] | None = None,
) -> MultipleChoiceConsensus:
    """Fit each label.

    Args:
        item_idx, reviewer_idx: shape (n_answers,), one answer per item and reviewer.
        chosen: per answer the labels that it names; an empty set says no to all.
        parents: label to its parent in the taxonomy; roots are left out.
    Raises:
        ValueError: arrays of different length, an unknown label, or parents that go in a circle.
    """
    if not len(item_idx) == len(reviewer_idx) == len(chosen):
        raise ValueError("item_idx, reviewer_idx and chosen must have the same length")
    lineage = _lineages(parents or {}, n_labels)
    says = np.zeros((len(chosen), n_labels), dtype=np.int64)
    for row, labels in enumerate(chosen):
        for label in labels:
            if not 0 <= label < n_labels:
                raise ValueError(f"labels must lie in [0, {n_labels})")
            says[row, lineage[label]] = 1
    probability = np.empty((n_items, n_labels))
    rates = np.empty((2, n_reviewers, n_labels))
    for label in range(n_labels):
        found = bayes_dawid_skene(Votes(item_idx, reviewer_idx, says[:, label], n_items, n_reviewers, 2))
        assert found.confusion is not None
        probability[:, label] = found.posterior[:, 1]
        rates[:, :, label] = found.confusion[:, 1, 1], found.confusion[:, 0, 0]
    # From the root down: deeper labels have longer lineages.
    for label in sorted(parents or {}, key=lambda each: len(lineage[each])):
        above = probability[:, (parents or {})[label]]
        probability[:, label] = np.minimum(probability[:, label], above)
    probability[np.bincount(item_idx, minlength=n_items) == 0] = np.nan
    return MultipleChoiceConsensus(probability, probability > 0.5 + 1e-9, rates[0], rates[1])


def _lineages(parents: Mapping[int, int], n_labels: int) -> list[list[int]]:
    """Each label with all its ancestors."""
    found = []
    for label in range(n_labels):
        line = [label]
        while line[-1] in parents:
            line.append(parents[line[-1]])
            if len(line) > n_labels or not 0 <= line[-1] < n_labels:
                raise ValueError("parents must name labels and may not go in a circle")
        found.append(line)
    return found
