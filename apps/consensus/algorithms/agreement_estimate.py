"""An agreement coefficient and its interval, from sums over items.

Every coefficient here is a function of sums of per-item numbers, so that one bootstrap over items serves them all.
B. Efron (1979), "Bootstrap Methods: Another Look at the Jackknife", doi:10.1214/aos/1176344552. Items are drawn with
replacement; above MAX_GROUPS items, equal groups of items picked at random are drawn instead, which has the same
variance and bounds the work: the mean of k groups of m random items varies like the mean of k * m items.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from apps.consensus.algorithms.resampling import percentile_interval

MAX_GROUPS = 2000
_CELLS = 4_000_000  # groups times columns are kept below this: 32 MB
_TOLERANCE = 1e-12
NO_PAIRS = "no item has two answers"
ONE_CLASS = "all answers are the same; what chance alone would give cannot be told from agreement"
SAME_ALWAYS = "every item agrees, so that resampling shows no spread"
NO_SPREAD = "too few or too even answers for an interval: resampling shows no spread"

# Sums over items, shape (n_resamples, n_columns) -> observed agreement and that expected by chance, each of shape
# (n_resamples,); the coefficient is (observed - chance) / (1 - chance).
Fold = Callable[[NDArray[np.float64]], tuple[NDArray[np.float64], NDArray[np.float64]]]


@dataclass(frozen=True, slots=True)
class Agreement:
    """An agreement coefficient with its interval; None where it is undefined, and `reason` says why."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    n_items: int  # items that count towards the coefficient
    n_ratings: int  # answers on those items
    reason: str = ""  # why there is no value, or no interval
    interval: str = ""  # bootstrap | exact | F distribution; empty: none
    source: str = ""  # where the formula stands
    note: str = ""  # what to bear in mind when reading it


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """How intervals are drawn. The same seed and answers give the same interval."""

    n_resamples: int = 1000
    level: float = 0.95
    seed: int = 1
    max_groups: int = MAX_GROUPS


def undefined(name: str, reason: str, *, n_items: int = 0, n_ratings: int = 0, source: str = "") -> Agreement:
    """A coefficient without a value."""
    return Agreement(name, None, None, None, n_items, n_ratings, reason, source=source)


def estimate(
    name: str,
    columns: Any,
    fold: Fold,
    *,
    n_items: int,
    n_ratings: int,
    bootstrap: Bootstrap,
    source: str = "",
    note: str = "",
    is_share: bool = True,
    nothing: str = ONE_CLASS,
) -> Agreement:
    """The coefficient over all items, and its percentile interval.

    Args:
        columns: per-item numbers whose sums `fold` reads, shape (n_rows, n_columns), dense or sparse.
        n_items: items with at least two answers.
        is_share: observed agreement is a mean of shares in [0, 1], not a squared distance.
        nothing: why there is no value where the formula has none.
    """
    if not n_items:
        return undefined(name, NO_PAIRS, source=source)
    table = sparse.csr_array(columns, dtype=np.float64)
    observed, chance = fold(np.asarray(table.sum(axis=0), dtype=np.float64).reshape(1, -1))
    value = float(_beyond_chance(observed, chance)[0])
    if np.isnan(value):
        return undefined(name, nothing, n_items=n_items, n_ratings=n_ratings, source=source)
    low, high, way = _interval(table, fold, bootstrap)
    if low is not None and high is not None and high - low < _TOLERANCE:
        ends = (float(observed[0]), float(chance[0]))
        low, high, way = _exact(*ends, n_items=n_items, level=bootstrap.level) if is_share else (None, None, "")
    reason = "" if way else SAME_ALWAYS if abs(value - 1) < _TOLERANCE else NO_SPREAD
    return Agreement(name, value, low, high, n_items, n_ratings, reason, way, source, note)


def _interval(table: Any, fold: Fold, bootstrap: Bootstrap) -> tuple[float | None, float | None, str]:
    rng = np.random.default_rng(bootstrap.seed)
    groups = _grouped(table, rng, most=bootstrap.max_groups)
    if len(groups) < 2:
        return None, None, ""
    drawn = (times @ groups for times in _drawn(len(groups), bootstrap.n_resamples, rng))
    values = np.concatenate([_beyond_chance(*fold(sums)) for sums in drawn])
    ends = percentile_interval(values, level=bootstrap.level)
    return (*ends, "bootstrap") if ends else (None, None, "")


def _grouped(table: Any, rng: np.random.Generator, *, most: int) -> NDArray[np.float64]:
    """Sums over groups of items of sizes that differ by one at most; each item a group of its own where they are few.

    Where the sizes differ, so do the weights of the groups; by at most one item in several, which is let stand.
    """
    n_rows, n_columns = table.shape
    n_groups = min(most, max(200, _CELLS // max(n_columns, 1)))
    if n_rows <= n_groups:
        return np.asarray(table.toarray(), dtype=np.float64)
    group = rng.permutation(n_rows) % n_groups
    member = sparse.csr_array((np.ones(n_rows), (group, np.arange(n_rows))), shape=(n_groups, n_rows))
    return np.asarray((member @ table).toarray(), dtype=np.float64)


def _drawn(n_groups: int, n_resamples: int, rng: np.random.Generator) -> Iterator[NDArray[np.float64]]:
    """How often each group is drawn, in blocks of resamples, each (n, n_groups) with rows that sum to n_groups."""
    for start in range(0, n_resamples, 100):
        n = min(100, n_resamples - start)
        cells = rng.integers(0, n_groups, (n, n_groups)) + n_groups * np.arange(n)[:, None]
        counts = np.bincount(cells.ravel(), minlength=n * n_groups).reshape(n, n_groups)
        yield counts.astype(np.float64)


def _exact(observed: float, chance: float, *, n_items: int, level: float) -> tuple[float | None, float | None, str]:
    """Where all items agree, or none, resampling shows no spread: Clopper and Pearson's limit for n of n instead.

    C. J. Clopper and E. S. Pearson (1934), doi:10.1093/biomet/26.4.404. Chance is taken as it was found.
    """
    edge = ((1 - level) / 2) ** (1 / n_items)
    if _TOLERANCE < observed < 1 - _TOLERANCE:
        return None, None, ""
    ends = (edge, 1.0) if observed >= 1 - _TOLERANCE else (0.0, 1 - edge)
    low, high = ((end - chance) / (1 - chance) for end in ends)
    return low, high, "exact"


def _beyond_chance(observed: NDArray[np.float64], chance: NDArray[np.float64]) -> NDArray[np.float64]:
    """(observed - chance) / (1 - chance); NaN where chance alone agrees always, up to rounding."""
    room = 1.0 - chance
    known = np.isfinite(observed) & np.isfinite(chance) & (room > _TOLERANCE)
    return np.asarray(np.divide(observed - chance, room, out=np.full(len(room), np.nan), where=known))


def quotient(numbers: NDArray[np.float64], by: NDArray[np.float64]) -> NDArray[np.float64]:
    """numbers / by with NaN where `by` is 0; `by` of shape (n,) divides rows."""
    below = by if numbers.ndim == 1 else by[:, None]
    below = np.broadcast_to(below, numbers.shape)
    return np.asarray(np.divide(numbers, below, out=np.full(numbers.shape, np.nan), where=below > 0))
