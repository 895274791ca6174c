"""Intraclass correlations: how much of the variance of ratings lies between the items.

P. E. Shrout and J. L. Fleiss (1979), doi:10.1037/0033-2909.86.2.420, for all six and their F intervals; for a varying
number of answers per item, the one-way form with the mean size of A. Donner and J. J. Koval (1980),
doi:10.2307/2530491. Here "single" is how reliable one answer is, "mean" the mean of the k answers of an item.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import f as f_distribution

from apps.consensus.algorithms.agreement_estimate import Agreement, undefined

_SOURCE = "Shrout and Fleiss (1979)"
_NAMES = ("ICC(1,1)", "ICC(1,k)", "ICC(2,1)", "ICC(2,k)", "ICC(3,1)", "ICC(3,k)")
INCOMPLETE = "needs at least two items that every reviewer answered"
NO_VARIANCE = "the answers do not vary"
TOO_FEW = "needs at least two items, and an item with two answers"


@dataclass(frozen=True, slots=True)
class _Squares:
    """Mean squares of a complete table of n items and k reviewers."""

    n: int
    k: int
    items: float
    within: float
    reviewers: float
    rest: float


def intraclass_correlations(
    item_idx: NDArray[np.int64], reviewer_idx: NDArray[np.int64], values: NDArray[np.float64], *, level: float = 0.95
) -> list[Agreement]:
    """All six, from one answer per item and reviewer in long format.

    ICC(1, ·) takes reviewers as changing from item to item and any item with an answer; ICC(2, ·) (reviewers drawn
    from many) and ICC(3, ·) (these reviewers) take the items that every reviewer answered.
    """
    return [*_one_way(item_idx, values, level), *_two_way(item_idx, reviewer_idx, values, level)]


def _one_way(item_idx: NDArray[np.int64], values: NDArray[np.float64], level: float) -> list[Agreement]:
    _, group, sizes = np.unique(item_idx, return_inverse=True, return_counts=True)
    n, total = len(sizes), len(values)
    if n < 2 or total == n:
        return [undefined(name, TOO_FEW, source=_SOURCE) for name in _NAMES[:2]]
    means = np.bincount(group, weights=values) / sizes
    between = float((sizes * (means - values.mean()) ** 2).sum()) / (n - 1)
    within = float(((values - means[group]) ** 2).sum()) / (total - n)
    size = (total - float((sizes**2).sum()) / total) / (n - 1)
    is_even = bool((sizes == sizes[0]).all())
    note = "" if is_even else f"items have different numbers of answers; their adjusted mean is {size:.4g}"
    source = _SOURCE if is_even else "Donner and Koval (1980)"
    if _is_flat(between, within, values):
        return [undefined(name, NO_VARIANCE, n_items=n, n_ratings=total, source=source) for name in _NAMES[:2]]
    found = _from_ratio(between, within, size, (n - 1, total - n), level)
    return [
        _icc(name, ends, n=n, n_ratings=total, source=source, note=note)
        for name, ends in zip(_NAMES, found, strict=False)
    ]


def _from_ratio(
    between: float, within: float, size: float, freedom: tuple[int, int], level: float
) -> list[tuple[float, float, float]]:
    """The single and the mean form from a ratio of mean squares, each as (value, low, high)."""
    if within <= 0:
        return [(1.0, 1.0, 1.0), (1.0, 1.0, 1.0)]
    tail = (1 + level) / 2
    ratio = between / within
    ratios = (
        ratio,
        ratio / float(f_distribution.ppf(tail, *freedom)),
        ratio * float(f_distribution.ppf(tail, freedom[1], freedom[0])),
    )
    single = [(each - 1) / (each + size - 1) for each in ratios]
    mean = [1 - 1 / each if each > 0 else float("-inf") for each in ratios]
    return [(single[0], single[1], single[2]), (mean[0], mean[1], mean[2])]


def _two_way(
    item_idx: NDArray[np.int64], reviewer_idx: NDArray[np.int64], values: NDArray[np.float64], level: float
) -> list[Agreement]:
    names = _NAMES[2:]
    table = _complete_table(item_idx, reviewer_idx, values)
    if table is None:
        return [undefined(name, INCOMPLETE, source=_SOURCE) for name in names]
    squares = _mean_squares(table)
    n, k = table.shape
    if _is_flat(squares.items, squares.rest + squares.reviewers, table):
        return [undefined(name, NO_VARIANCE, n_items=n, n_ratings=n * k, source=_SOURCE) for name in names]
    fixed = _from_ratio(squares.items, squares.rest, k, (n - 1, (n - 1) * (k - 1)), level)
    found = [*_random_reviewers(squares, level), *fixed]
    n_all = len(np.unique(item_idx))
    note = f"from the {n} of {n_all} items that every reviewer answered" if n < n_all else ""
    return [
        _icc(name, ends, n=n, n_ratings=n * k, source=_SOURCE, note=note)
        for name, ends in zip(names, found, strict=True)
    ]


def _complete_table(
    item_idx: NDArray[np.int64], reviewer_idx: NDArray[np.int64], values: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """Items that every reviewer answered, shape (n, k); None where n or k is below 2."""
    k = len(np.unique(reviewer_idx))
    _, group, sizes = np.unique(item_idx, return_inverse=True, return_counts=True)
    whole = sizes[group] == k
    if k < 2 or whole.sum() < 2 * k:
        return None
    order = np.lexsort((reviewer_idx[whole], item_idx[whole]))
    return np.asarray(values[whole][order].reshape(-1, k))


def _mean_squares(table: NDArray[np.float64]) -> _Squares:
    n, k = table.shape
    grand, of_item, of_reviewer = table.mean(), table.mean(axis=1), table.mean(axis=0)
    rest = table - of_item[:, None] - of_reviewer[None, :] + grand
    return _Squares(
        n=n,
        k=k,
        items=k * float(((of_item - grand) ** 2).sum()) / (n - 1),
        within=float(((table - of_item[:, None]) ** 2).sum()) / (n * (k - 1)),
        reviewers=n * float(((of_reviewer - grand) ** 2).sum()) / (k - 1),
        rest=float((rest**2).sum()) / ((n - 1) * (k - 1)),
    )


def _random_reviewers(squares: _Squares, level: float) -> list[tuple[float, float, float]]:
    """ICC(2,1) and ICC(2,k); Shrout and Fleiss, p. 424, after Satterthwaite."""
    n, k, rest, between, items = squares.n, squares.k, squares.rest, squares.reviewers, squares.items
    single = (items - rest) / (items + (k - 1) * rest + k * (between - rest) / n)
    if rest <= 0 and between <= 0:
        return [(1.0, 1.0, 1.0), (1.0, 1.0, 1.0)]
    ratio = between / rest if rest > 0 else float("inf")
    share = k * single * ratio
    above = (k - 1) * (n - 1) * (share + n * (1 + (k - 1) * single) - k * single) ** 2
    below = (n - 1) * (k * single * ratio) ** 2 + (n * (1 + (k - 1) * single) - k * single) ** 2
    freedom = above / below if np.isfinite(ratio) else float((k - 1) * 1)
    tail = (1 + level) / 2
    upper, lower = (float(f_distribution.ppf(tail, *pair)) for pair in ((n - 1, freedom), (freedom, n - 1)))
    spread = k * between + (k * n - k - n) * rest
    low = n * (items - upper * rest) / (upper * spread + n * items)
    high = n * (lower * items - rest) / (spread + n * lower * items)
    mean = (items - rest) / (items + (between - rest) / n)
    stepped = [k * end / (1 + (k - 1) * end) for end in (low, high)]
    return [(single, low, high), (mean, stepped[0], stepped[1])]


def _is_flat(between: float, within: float, values: NDArray[np.float64]) -> bool:
    """No variance beyond rounding."""
    return between + within <= 1e-24 * max(1.0, float(np.abs(values).max()) ** 2)


def _icc(name: str, ends: tuple[float, float, float], *, n: int, n_ratings: int, source: str, note: str) -> Agreement:
    if not np.isfinite(ends[0]):
        return undefined(name, "the items do not differ at all", n_items=n, n_ratings=n_ratings, source=source)
    low, high = (float(end) if np.isfinite(end) else None for end in ends[1:])
    if high is not None and low is not None and high - low < 1e-12:
        reason = "every item agrees, so that there is no variance to tell the interval from"
        return Agreement(name, float(ends[0]), None, None, n, n_ratings, reason, "", source, note)
    return Agreement(name, float(ends[0]), low, high, n, n_ratings, "", "F distribution", source, note)
