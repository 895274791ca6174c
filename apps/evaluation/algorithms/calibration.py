"""Whether a model is right as often as it says: reliability bins and the expected calibration error (ECE).

C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger (2017), "On Calibration of Modern Neural Networks", equations (2) and
(3), doi:10.48550/arXiv.1706.04599; of the top label of each item.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from apps.consensus.algorithms.resampling import percentile_interval
from apps.evaluation.algorithms.metrics import Estimate, wilson

# Resamples drawn at once: bounds memory for large sets.
DRAWS_AT_ONCE = 2_000_000


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Items whose top probability lies in [low, high]; the share that is right, with Wilson's interval."""

    low: float
    high: float
    n: int
    confidence: float | None  # mean top probability; None for an empty bin
    accuracy: float | None
    accuracy_low: float | None
    accuracy_high: float | None


@dataclass(frozen=True, slots=True)
class Calibration:
    ece: Estimate
    bins: tuple[ReliabilityBin, ...]


def calibration(
    probabilities: NDArray[np.float64],
    truth: NDArray[np.int64],
    *,
    rng: np.random.Generator,
    n_bins: int = 10,
    binning: Literal["equal_width", "equal_mass"] = "equal_width",
    n_resamples: int = 1000,
    level: float = 0.95,
) -> Calibration:
    """Reliability of the top label.

    Args:
        probabilities: shape (n_items, n_classes), rows sum to 1.
        truth: shape (n_items,).
        binning: bins of equal width over [0, 1], or of equally many items.
    Returns:
        ECE with a percentile bootstrap interval over items (bins as they are), and the bins. The interval of a small
        set lies high, as ECE itself does: bins with few items differ from their confidence by chance.
    Raises:
        ValueError: different lengths, or probabilities that do not sum to 1.
    """
    _check(probabilities, truth)
    if not len(truth):
        return Calibration(Estimate(None, None, None, 0), ())
    confidence = probabilities.max(axis=1)
    is_right = (probabilities.argmax(axis=1) == truth).astype(np.float64)
    edges = _edges(confidence, n_bins=n_bins, binning=binning)
    bin_idx = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, len(edges) - 2)
    gaps = is_right - confidence
    value = float(np.abs(np.bincount(bin_idx, weights=gaps)).sum() / len(gaps))
    resampled = _resampled_ece(gaps, bin_idx, n_resamples=n_resamples, rng=rng)
    low, high = percentile_interval(resampled, level=level) or (None, None)
    bins = tuple(
        _bin(edges[k], edges[k + 1], confidence[bin_idx == k], is_right[bin_idx == k], level=level)
        for k in range(len(edges) - 1)
    )
    return Calibration(Estimate(value, low, high, len(gaps)), bins)


def _check(probabilities: NDArray[np.float64], truth: NDArray[np.int64]) -> None:
    if len(probabilities) != len(truth):
        raise ValueError("probabilities and truth must have the same length")
    if not np.allclose(probabilities.sum(axis=1), 1.0, atol=1e-3):
        raise ValueError("probabilities must sum to 1 in each row")


def _edges(confidence: NDArray[np.float64], *, n_bins: int, binning: str) -> NDArray[np.float64]:
    if binning == "equal_width":
        return np.asarray(np.linspace(0.0, 1.0, n_bins + 1), dtype=np.float64)
    inner = np.quantile(confidence, np.arange(1, n_bins) / n_bins)
    # Many equal confidences (all 1.0, say) make bins coincide; such bins are one.
    return np.asarray(np.unique(np.concatenate([[0.0], inner, [1.0]])), dtype=np.float64)


def _resampled_ece(
    gaps: NDArray[np.float64], bin_idx: NDArray[np.int64], *, n_resamples: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    n, n_bins = len(gaps), int(bin_idx.max()) + 1
    at_once = max(1, DRAWS_AT_ONCE // n)
    parts = []
    for start in range(0, n_resamples, at_once):
        rows = min(at_once, n_resamples - start)
        drawn = rng.integers(0, n, (rows, n))
        cells = bin_idx[drawn] + n_bins * np.arange(rows)[:, None]
        sums = np.bincount(cells.ravel(), weights=gaps[drawn].ravel(), minlength=rows * n_bins)
        parts.append(np.abs(sums.reshape(rows, n_bins)).sum(axis=1) / n)
    return np.concatenate(parts)


def _bin(
    low: float, high: float, confidence: NDArray[np.float64], is_right: NDArray[np.float64], *, level: float
) -> ReliabilityBin:
    n = len(confidence)
    if n == 0:
        return ReliabilityBin(float(low), float(high), 0, None, None, None, None)
    right = int(is_right.sum())
    return ReliabilityBin(
        float(low), float(high), n, float(confidence.mean()), right / n, *wilson(right, n, level=level)
    )
