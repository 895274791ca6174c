"""Latency of candidate and champion, timed in turns on the same items in one process.

Timing in turns lets both suffer the same load; resampling pairs keeps that in the interval.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from apps.consensus.algorithms.resampling import percentile_interval
from apps.evaluation.algorithms.metrics import Estimate

# Below so many pairs the bootstrap of a median says little.
MIN_PAIRS = 20
DRAWS_AT_ONCE = 2_000_000


def median_latency(
    latencies_ms: NDArray[np.float64], *, rng: np.random.Generator, n_resamples: int = 1000, level: float = 0.95
) -> Estimate:
    """p50 in milliseconds with a percentile bootstrap interval; no interval below 20 timings."""
    medians = _medians(latencies_ms[:, None], n_resamples=n_resamples, rng=rng)[:, 0]
    return _estimate(latencies_ms, lambda values: float(np.median(values)), medians, level=level)


def median_ratio(
    candidate_ms: NDArray[np.float64],
    champion_ms: NDArray[np.float64],
    *,
    rng: np.random.Generator,
    n_resamples: int = 1000,
    level: float = 0.95,
) -> Estimate:
    """The middle one of the paired ratios, candidate over champion, with a bootstrap interval; none below 20 pairs.

    Texts differ in length far more than models in speed, so the ratio of the two p50s would mostly tell which texts
    the resample drew; the ratio on one and the same text does not depend on its length.

    Args:
        candidate_ms, champion_ms: shape (n_pairs,), above 0; the same place is the same item.
    Raises:
        ValueError: different lengths, or a latency that is not above 0.
    """
    if len(candidate_ms) != len(champion_ms):
        raise ValueError("latencies must be paired")
    pairs = np.stack([candidate_ms, champion_ms], axis=1).astype(np.float64)
    if len(pairs) and pairs.min() <= 0:
        raise ValueError("latencies must be above 0")
    ratios = pairs[:, 0] / pairs[:, 1]
    medians = _medians(ratios[:, None], n_resamples=n_resamples, rng=rng)[:, 0]
    return _estimate(ratios, lambda values: float(np.median(values)), medians, level=level)


def _medians(columns: NDArray[np.float64], *, n_resamples: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Medians of resampled rows, shape (n_resamples, n_columns)."""
    n = len(columns)
    if n < MIN_PAIRS:
        return np.full((n_resamples, columns.shape[1]), np.nan)
    at_once = max(1, DRAWS_AT_ONCE // n)
    parts = [
        np.median(columns[rng.integers(0, n, (min(at_once, n_resamples - start), n))], axis=1)
        for start in range(0, n_resamples, at_once)
    ]
    return np.concatenate(parts)


def _estimate(
    values: NDArray[np.float64],
    statistic: Callable[[NDArray[np.float64]], float],
    resampled: NDArray[np.float64],
    *,
    level: float,
) -> Estimate:
    if not len(values):
        return Estimate(None, None, None, 0)
    low, high = percentile_interval(resampled, level=level) or (None, None)
    return Estimate(statistic(values), low, high, len(values))
