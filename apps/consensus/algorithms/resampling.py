"""The bootstrap over items, fast: items that look alike are drawn together.

B. Efron (1979), "Bootstrap Methods: Another Look at the Jackknife", The Annals of Statistics 7(1), 1-26,
doi:10.1214/aos/1176344552. Drawing n of n items with replacement and counting each distinct pattern is the same as
one multinomial draw over the patterns, of which there are few.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def distinct_rows(rows: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """The distinct rows, shape (n_patterns, n_columns), and how often each occurs, shape (n_patterns,)."""
    patterns, counts = np.unique(rows, axis=0, return_counts=True)
    return patterns, counts


def resampled_counts(counts: NDArray[np.int64], *, n_resamples: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Bootstrap resamples as pattern counts, shape (n_resamples, n_patterns); each row has the same total."""
    total = int(counts.sum())
    if total == 0:
        return np.zeros((n_resamples, len(counts)))
    return rng.multinomial(total, counts / total, size=n_resamples).astype(np.float64)


def percentile_interval(values: NDArray[np.float64], *, level: float = 0.95) -> tuple[float, float] | None:
    """Percentile interval of resampled values; resamples where the statistic is undefined (NaN) are left out.

    Returns None where fewer than half of the resamples have a value.
    """
    known = values[~np.isnan(values)]
    if 2 * len(known) < len(values) or not len(known):
        return None
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
