"""Agreement between reviewers on unordered classes, each coefficient with an interval over items.

Cohen's kappa: J. Cohen (1960), doi:10.1177/001316446002000104, equation (1); weighted: J. Cohen (1968),
doi:10.1037/h0026256.
Fleiss' kappa: J. L. Fleiss (1971), doi:10.1037/h0031619, equations (2) to (7); for a varying number of answers the
generalisation of K. L. Gwet (2014), Handbook of Inter-Rater Reliability, 4th edition, section 2.3.
Krippendorff's alpha, nominal, with missing answers: A. F. Hayes and K. Krippendorff (2007),
doi:10.1080/19312450709336664.
AC1: K. L. Gwet (2008), doi:10.1348/000711006X126600, for several reviewers and missing answers.

All but Cohen's kappa read counts, shape (n_items, n_classes), dense or sparse: how many reviewers gave which class to
which item, as `majority_vote.vote_counts` or `sparse_counts` makes them.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from apps.consensus.algorithms.agreement_estimate import Agreement, Bootstrap, estimate, quotient, undefined
from apps.consensus.algorithms.majority_vote import NO_ANSWER

_DEFAULT = Bootstrap()
UNEVEN = "items have different numbers of answers: Gwet's generalisation of Fleiss' kappa"


def sparse_counts(
    item_idx: NDArray[np.int64], label_idx: NDArray[np.int64], *, n_items: int, n_classes: int
) -> sparse.csr_array:
    """Counts from long format, one row per answer, without a dense table: (n_items, n_classes)."""
    ones = np.ones(len(item_idx))
    return sparse.csr_array((ones, (item_idx, label_idx)), shape=(n_items, n_classes))


def percent_agreement(counts: Any, *, bootstrap: Bootstrap = _DEFAULT) -> Agreement:
    """Mean share of agreeing pairs per item, over items with at least two answers; not corrected for chance."""
    table = pairable(counts)
    columns = np.stack([agreeing_pairs(table), np.ones(table.shape[0])], axis=1)

    def fold(sums: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return quotient(sums[:, 0], sums[:, 1]), np.zeros(len(sums))

    return _estimated("Percent agreement", table, columns, fold, bootstrap, "mean share of agreeing pairs per item")


def fleiss_kappa(counts: Any, *, bootstrap: Bootstrap = _DEFAULT) -> Agreement:
    """Fleiss' kappa; where items have different numbers of answers, Gwet's generalisation, and the note says so.

    Single answers inform the class shares only in that generalisation: the original leaves them out.
    """
    table = answered(counts)
    per_item = answers_each(table)
    is_even = len(np.unique(per_item[per_item > 1])) <= 1
    table = pairable(table) if is_even else table

    def fold(sums: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        shares = quotient(sums[:, 3:], sums[:, 2])
        return quotient(sums[:, 0], sums[:, 1]), (shares**2).sum(axis=1)

    source = "Fleiss (1971)" if is_even else "Gwet (2014), generalising Fleiss (1971)"
    note = "" if is_even else UNEVEN
    return _estimated("Fleiss' kappa", table, share_columns(table), fold, bootstrap, source, note=note)


def krippendorff_alpha(counts: Any, *, bootstrap: Bootstrap = _DEFAULT) -> Agreement:
    """Krippendorff's alpha for unordered classes; any number of answers per item, single ones left out."""
    table = pairable(counts)
    per_item = answers_each(table)
    squares = np.asarray(table.multiply(table).sum(axis=1)).ravel()
    disagreeing = quotient(per_item**2 - squares, per_item - 1)
    columns = sparse.hstack([disagreeing[:, None], table])

    def fold(sums: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        totals = sums[:, 1:]
        n = totals.sum(axis=1)
        expected = quotient(n**2 - (totals**2).sum(axis=1), n * (n - 1))
        return 1 - quotient(sums[:, 0], n), 1 - expected

    return _estimated("Krippendorff's alpha", table, columns, fold, bootstrap, "Hayes and Krippendorff (2007)")


def gwet_ac1(counts: Any, *, bootstrap: Bootstrap = _DEFAULT) -> Agreement:
    """Gwet's AC1; stays meaningful where one class is very common. Single answers inform the class shares."""
    table = answered(counts)
    n_classes = table.shape[1]

    def fold(sums: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        shares = quotient(sums[:, 3:], sums[:, 2])
        chance = (shares * (1 - shares)).sum(axis=1) / max(n_classes - 1, 1)
        return quotient(sums[:, 0], sums[:, 1]), chance if n_classes > 1 else np.ones(len(sums))

    return _estimated("Gwet's AC1", table, share_columns(table), fold, bootstrap, "Gwet (2008)")


def cohen_kappa(
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    *,
    n_classes: int,
    weights: NDArray[np.float64] | None = None,
    name: str = "Cohen's kappa",
    bootstrap: Bootstrap = _DEFAULT,
) -> Agreement:
    """Cohen's kappa of two reviewers.

    Args:
        first, second: shape (n_items,); class index in [0, n_classes), -1 for no answer. Items that either of
            them did not answer are left out.
        weights: how far two classes agree, shape (n_classes, n_classes), as `agreement_scaled.agreement_weights`
            makes it; None: not at all unless they are the same.
    Raises:
        ValueError: different lengths or an index out of range.
    """
    pairs = np.stack([first, second], axis=1)
    if pairs.size and (pairs.min() < NO_ANSWER or pairs.max() >= n_classes):
        raise ValueError(f"answers must lie in [-1, {n_classes})")
    both = pairs[(pairs != NO_ANSWER).all(axis=1)]
    n = len(both)
    source = "Cohen (1960)" if weights is None else "Cohen (1968)"
    if not n:
        return undefined(name, "the two have no item in common", source=source)
    alike = (both[:, 0] == both[:, 1]).astype(float) if weights is None else weights[both[:, 0], both[:, 1]]
    sides = [sparse_counts(np.arange(n), both[:, side], n_items=n, n_classes=n_classes) for side in (0, 1)]
    columns = sparse.hstack([alike[:, None], np.ones((n, 1)), *sides])

    def fold(sums: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        shares = quotient(sums[:, 2:], sums[:, 1])
        ones, others = shares[:, :n_classes], shares[:, n_classes:]
        met = ones if weights is None else ones @ weights
        return quotient(sums[:, 0], sums[:, 1]), (met * others).sum(axis=1)

    return estimate(name, columns, fold, n_items=n, n_ratings=2 * n, bootstrap=bootstrap, source=source)


def answered(counts: Any) -> Any:
    """The items with an answer, as a sparse table."""
    table = sparse.csr_array(counts, dtype=np.float64)
    return table[answers_each(table) > 0]


def pairable(counts: Any) -> Any:
    """The items with at least two answers, as a sparse table."""
    table = sparse.csr_array(counts, dtype=np.float64)
    return table[answers_each(table) >= 2]


def answers_each(table: Any) -> NDArray[np.float64]:
    """Number of answers per item."""
    return np.asarray(table.sum(axis=1), dtype=np.float64).ravel()


def agreeing_pairs(table: Any) -> NDArray[np.float64]:
    """Share of ordered pairs of answers that agree, per item; 0 where there are no pairs."""
    per_item = answers_each(table)
    agreeing = np.asarray(table.multiply(table).sum(axis=1)).ravel() - per_item
    return np.nan_to_num(quotient(agreeing, per_item * (per_item - 1)))


def share_columns(table: Any, *, alike: NDArray[np.float64] | None = None) -> Any:
    """Per answered item: share of agreeing pairs, whether there are pairs, 1, and the shares of the classes."""
    per_item = answers_each(table)
    pairs = agreeing_pairs(table) if alike is None else alike
    shares = sparse.diags_array(1 / per_item) @ table if len(per_item) else table
    return sparse.hstack([pairs[:, None], (per_item >= 2).astype(float)[:, None], np.ones((len(pairs), 1)), shares])


def _estimated(
    name: str, table: Any, columns: Any, fold: Any, bootstrap: Bootstrap, source: str, *, note: str = ""
) -> Agreement:
    per_item = answers_each(table)
    n_items, n_ratings = int((per_item >= 2).sum()), int(per_item.sum())
    return estimate(
        name, columns, fold, n_items=n_items, n_ratings=n_ratings, bootstrap=bootstrap, source=source, note=note
    )
