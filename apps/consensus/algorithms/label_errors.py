"""Confident learning: which labels are likely wrong, told by a model that has not learned from them.

C. G. Northcutt, L. Jiang and I. L. Chuang (2021), "Confident Learning: Estimating Uncertainty in Dataset Labels",
Journal of Artificial Intelligence Research 70, 1373-1411, doi:10.1613/jair.1.12125. A model is confident of a class
where its probability reaches the mean that it gives to items of that label (their equation 2). An item of one label
that it is confident of another for stands off the diagonal of the confident joint (equation 1): a suspect. Suspects are
ranked by the margin: the probability of the label less that of the class suggested.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# With fewer items the mean probability of a label is little more than chance.
MIN_ITEMS = 20
# The mean of equal numbers may come out a little above them.
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Suspect:
    """An item whose label the model disputes. `margin` lies in [-1, 1]; the lower, the surer is the model."""

    index: int
    suggested: int
    margin: float


def label_suspects(label_idx: NDArray[np.int64], probabilities: NDArray[np.float64]) -> list[Suspect]:
    """Suspects, the surest first.

    Args:
        label_idx: shape (n_items,), the given class of each.
        probabilities: shape (n_items, n_classes), out of sample: of a model that did not learn from these labels.
    Returns:
        Empty below MIN_ITEMS items.
    Raises:
        ValueError: shapes that do not fit, or a label that is no class.
    """
    n_items, n_classes = probabilities.shape
    if label_idx.shape != (n_items,) or (n_items and not 0 <= label_idx.min() <= label_idx.max() < n_classes):
        raise ValueError("label_idx must hold one class of probabilities for each item")
    if n_items < MIN_ITEMS:
        return []
    reached = probabilities >= _thresholds(label_idx, probabilities) - ROUNDING
    confident = np.where(reached, probabilities, -1.0)
    suggested = confident.argmax(axis=1)
    rows = np.flatnonzero((confident.max(axis=1) >= 0) & (suggested != label_idx))
    margins = probabilities[rows, label_idx[rows]] - probabilities[rows, suggested[rows]]
    # A class can be confident at less than the label has, where it is rarely given much.
    found = [
        Suspect(int(row), int(suggested[row]), float(margin))
        for row, margin in zip(rows, margins, strict=True)
        if margin < 0
    ]
    return sorted(found, key=lambda one: (one.margin, one.index))


def _thresholds(label_idx: NDArray[np.int64], probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each class the mean probability of it over the items of that label; out of reach where there is none."""
    n_classes = probabilities.shape[1]
    own = probabilities[np.arange(len(label_idx)), label_idx]
    counts = np.bincount(label_idx, minlength=n_classes)
    sums = np.bincount(label_idx, weights=own, minlength=n_classes)
    return np.asarray(np.divide(sums, counts, out=np.full(n_classes, 2.0), where=counts > 0))
