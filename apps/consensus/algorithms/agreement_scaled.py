"""Agreement on labels that are numbers: near misses count less than far ones.

Krippendorff's alpha, ordinal, interval, ratio: K. Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability",
section E, the difference functions; the ordinal one is the interval one on mid-ranks.
AC2: K. L. Gwet (2014), Handbook of Inter-Rater Reliability, 4th edition, section 5.3; weights of its section 3.5.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.stats import rankdata

from apps.consensus.algorithms.agreement import answered, answers_each, pairable, share_columns
from apps.consensus.algorithms.agreement_estimate import Agreement, Bootstrap, estimate, quotient, undefined

_DEFAULT = Bootstrap()
# A table of all pairs of values is made by the coefficients that need one.
MAX_VALUES = 1000
_ALPHA_SOURCE = "Krippendorff (2011), section E"


def agreement_weights(values: NDArray[np.float64], kind: str) -> NDArray[np.float64]:
    """How far two values agree, in [0, 1], shape (n_classes, n_classes).

    Args:
        values: shape (n_classes,), the place of each class on the scale.
        kind: "linear" and "quadratic" by the distance of the values, "ordinal" by how many values lie between.
    """
    if kind not in ("linear", "quadratic", "ordinal"):
        raise ValueError("weights are linear, quadratic or ordinal")
    places = rankdata(values, method="dense") if kind == "ordinal" else values
    apart = np.abs(places[:, None] - places[None, :]).astype(np.float64)
    if kind == "ordinal":
        apart = apart * (apart + 1) / 2  # pairs that can be made of the values from one to the other
    elif kind == "quadratic":
        apart = apart**2
    widest = float(apart.max()) if apart.size else 0.0
    return np.asarray(1 - apart / widest if widest > 0 else np.ones_like(apart))


def gwet_ac2(
    counts: Any, *, values: NDArray[np.float64], kind: str = "quadratic", bootstrap: Bootstrap = _DEFAULT
) -> Agreement:
    """Gwet's AC2: AC1 with near misses counted in part; `kind` and `values` as in `agreement_weights`."""
    name, source = f"Gwet's AC2, {kind} weights", "Gwet (2014)"
    if len(values) > MAX_VALUES:
        return undefined(name, too_many(len(values)), source=source)
    table, n_classes = answered(counts), len(values)
    weights = agreement_weights(values, kind)
    per_item = answers_each(table)
    columns = share_columns(table, alike=weighted_pairs(table, weights))

    def fold(sums: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        shares = quotient(sums[:, 3:], sums[:, 2])
        chance = weights.sum() / max(n_classes * (n_classes - 1), 1) * (shares * (1 - shares)).sum(axis=1)
        return quotient(sums[:, 0], sums[:, 1]), chance if n_classes > 1 else np.ones(len(sums))

    n_items, n_ratings = int((per_item >= 2).sum()), int(per_item.sum())
    return estimate(name, columns, fold, n_items=n_items, n_ratings=n_ratings, bootstrap=bootstrap, source=source)


def krippendorff_alpha_scaled(
    counts: Any, *, values: NDArray[np.float64], level: str, bootstrap: Bootstrap = _DEFAULT
) -> Agreement:
    """Krippendorff's alpha for numbers; any number of answers per item, single ones left out.

    Args:
        values: shape (n_classes,), the number of each class.
        level: "ordinal" (only the order of the numbers counts), "interval" (their differences do) or "ratio" (their
            differences in proportion to their size; all numbers at least 0). The interval of the ordinal alpha takes
            the ranks as they are.
    """
    table = pairable(counts)
    name = f"Krippendorff's alpha, {level}"
    if level == "ratio":
        return _by_ratio(name, table, values, bootstrap)
    places = _mid_ranks(table, values) if level == "ordinal" else values
    return _by_moments(name, table, places, bootstrap)


def _mid_ranks(table: Any, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean rank of each value among all answers that can be paired; equal numbers share one."""
    totals = np.asarray(table.sum(axis=0), dtype=np.float64).ravel()
    _, group = np.unique(values, return_inverse=True)
    sizes = np.bincount(group, weights=totals)
    return np.asarray((np.cumsum(sizes) - sizes / 2)[group])


def _by_moments(name: str, table: Any, places: NDArray[np.float64], bootstrap: Bootstrap) -> Agreement:
    """Squared differences over all pairs come from sums and sums of squares, without a table of pairs."""
    totals = np.asarray(table.sum(axis=0), dtype=np.float64).ravel()
    used = places[totals > 0]
    wide = float(np.ptp(used)) if len(used) else 0.0
    # Centred and scaled, so that large numbers lose no digits; alpha does not change.
    centred = (places - (used.mean() if len(used) else 0.0)) / (wide or 1.0)
    per_item = answers_each(table)
    first, second = table @ centred, table @ centred**2
    apart = 2 * quotient(per_item * second - first**2, per_item - 1)
    columns = np.stack([apart, per_item, first, second], axis=1)

    def fold(sums: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        n = sums[:, 1]
        expected = 2 * quotient(n * sums[:, 3] - sums[:, 2] ** 2, n * (n - 1))
        return 1 - quotient(sums[:, 0], n), 1 - expected

    return _alpha(name, table, columns, fold, bootstrap)


def _by_ratio(name: str, table: Any, values: NDArray[np.float64], bootstrap: Bootstrap) -> Agreement:
    if len(values) > MAX_VALUES:
        return undefined(name, too_many(len(values)), source=_ALPHA_SOURCE)
    if len(values) and values.min() < 0:
        return undefined(name, "a label is below 0, which has no ratio", source=_ALPHA_SOURCE)
    added = values[:, None] + values[None, :]
    apart = np.divide(values[:, None] - values[None, :], added, out=np.zeros(added.shape), where=added > 0) ** 2
    per_item = answers_each(table)
    columns = sparse.hstack([quotient(_products(table, apart), per_item - 1)[:, None], table])

    def fold(sums: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        totals = sums[:, 1:]
        n = totals.sum(axis=1)
        expected = quotient(((totals @ apart) * totals).sum(axis=1), n * (n - 1))
        return 1 - quotient(sums[:, 0], n), 1 - expected

    return _alpha(name, table, columns, fold, bootstrap)


def _alpha(name: str, table: Any, columns: Any, fold: Any, bootstrap: Bootstrap) -> Agreement:
    n_ratings = int(table.sum())
    return estimate(
        name,
        columns,
        fold,
        n_items=table.shape[0],
        n_ratings=n_ratings,
        bootstrap=bootstrap,
        source=_ALPHA_SOURCE,
        is_share=False,
    )


def weighted_pairs(table: Any, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of `agreement_weights` over the ordered pairs of an item's answers; 0 where there are no pairs."""
    per_item = answers_each(table)
    met = _products(table, weights) - per_item
    return np.nan_to_num(quotient(met, per_item * (per_item - 1)))


def _products(table: Any, between: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum over the ordered pairs of an item's answers, each with itself too, of `between` their classes."""
    step = max(1, 4_000_000 // max(table.shape[1], 1))
    found = [
        np.asarray(part.multiply(part @ between).sum(axis=1)).ravel()
        for part in (table[start : start + step] for start in range(0, table.shape[0], step))
    ]
    return np.concatenate(found) if found else np.zeros(0)


def too_many(n_values: int) -> str:
    return f"{n_values} different numbers; this coefficient compares every two of at most {MAX_VALUES}"
