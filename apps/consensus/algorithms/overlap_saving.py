"""How many labels adaptive overlap saves to reach a given accuracy, read off curves of labels against accuracy.

A curve is the mean over shuffles, made monotone by isotonic regression (R. E. Barlow and H. D. Brunk (1972),
doi:10.1080/01621459.1972.10481216): a chance peak of one point would otherwise count as the accuracy being reached.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from apps.consensus.algorithms.majority_vote import winners

UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class Saving:
    """Share of the labels saved, with a bootstrap interval over shuffles.

    `value` is None where the curve never gets there, and `reason` then says so in words. `low` is None where the curve
    of too many resamples does not get there, or where there is one shuffle only.
    """

    value: float | None
    low: float | None
    high: float | None
    reason: str


def accuracy(posterior: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    """Share of the items with a known truth that are right; a tie counts as the share of its right class.

    Args:
        posterior: shape (n_items, n_classes).
        truth: shape (n_items,); -1 for unknown, below that for a class that nobody ever gave: always wrong.
    Returns:
        In [0, 1]; NaN where no truth is known.
    """
    is_known = truth != UNKNOWN
    if not is_known.any():
        return float("nan")
    leads, right = winners(posterior[is_known]), truth[is_known]
    is_hit = leads[np.arange(len(right)), np.maximum(right, 0)] & (right >= 0)
    return float(np.mean(is_hit / leads.sum(axis=1)))


def labels_needed(labels: NDArray[np.float64], reached: NDArray[np.float64], *, target: float) -> float:
    """Labels per item at which the curve reaches the target accuracy, by linear interpolation.

    Args:
        labels, reached: shape (n_points,); labels per item, not falling, and the accuracy there.
    Returns:
        At least the first point's labels; NaN where the curve stays below the target.
    """
    rising = isotonic_regression(reached).x
    above = np.flatnonzero(rising >= target - 1e-12)
    if not len(above):
        return float("nan")
    at = int(above[0])
    if at == 0 or rising[at] <= rising[at - 1]:
        return float(labels[at])
    share = (target - rising[at - 1]) / (rising[at] - rising[at - 1])
    return float(labels[at - 1] + share * (labels[at] - labels[at - 1]))


def saving(
    labels: NDArray[np.float64],
    reached: NDArray[np.float64],
    *,
    spent: NDArray[np.float64],
    target: NDArray[np.float64],
    rng: np.random.Generator,
    n_resamples: int = 500,
    level: float = 0.95,
) -> Saving:
    """Labels saved on the way to the accuracy that another procedure reached.

    Args:
        labels, reached: shape (n_shuffles, n_points), the adaptive curve of each shuffle.
        spent, target: shape (n_shuffles,), labels per item and accuracy of the other procedure on the same shuffle.
    """
    value = _saved(labels, reached, spent, target)
    if np.isnan(value):
        best = float(isotonic_regression(reached.mean(axis=0)).x[-1])
        reason = f"The adaptive curve ends at an accuracy of {best:.4f}, below the target of {target.mean():.4f}."
        return Saving(None, None, None, reason)
    if len(labels) < 2:
        return Saving(value, None, None, "")
    drawn = rng.integers(0, len(labels), size=(n_resamples, len(labels)))
    values = np.array([_saved(labels[rows], reached[rows], spent[rows], target[rows]) for rows in drawn])
    # A resample that never gets there has saved less than any that does.
    values[np.isnan(values)] = -np.inf
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2], method="nearest")
    return Saving(value, _finite(low), _finite(high), "")


def _finite(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None


def _saved(
    labels: NDArray[np.float64], reached: NDArray[np.float64], spent: NDArray[np.float64], target: NDArray[np.float64]
) -> float:
    needed = labels_needed(labels.mean(axis=0), reached.mean(axis=0), target=float(target.mean()))
    return float(1.0 - needed / spent.mean())
