"""Every coefficient that applies to a set of answers: of all together, of each label, of each pair of reviewers."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from apps.consensus.algorithms.agreement import (
    answers_each,
    cohen_kappa,
    fleiss_kappa,
    gwet_ac1,
    krippendorff_alpha,
    pairable,
    percent_agreement,
    sparse_counts,
)
from apps.consensus.algorithms.agreement_conger import SOURCE as CONGER
from apps.consensus.algorithms.agreement_conger import conger_kappa
from apps.consensus.algorithms.agreement_estimate import Agreement, Bootstrap, undefined
from apps.consensus.algorithms.agreement_icc import intraclass_correlations
from apps.consensus.algorithms.agreement_scaled import (
    MAX_VALUES,
    agreement_weights,
    gwet_ac2,
    krippendorff_alpha_scaled,
    too_many,
)

_DEFAULT = Bootstrap()
_COHEN = {"": "Cohen's kappa", "linear": "Cohen's kappa, linear", "quadratic": "Cohen's kappa, quadratic"}
_LEVELS = ("ordinal", "interval", "ratio")
_KINDS = ("linear", "quadratic", "ordinal")
_CORRELATIONS = ("ICC(1,1)", "ICC(1,k)", "ICC(2,1)", "ICC(2,k)", "ICC(3,1)", "ICC(3,k)")
# The coefficients that need numbers, by key, in the order of `coefficients`.
NUMERIC = {
    "cohen_kappa_linear": _COHEN["linear"],
    "cohen_kappa_quadratic": _COHEN["quadratic"],
    **{f"krippendorff_alpha_{level}": f"Krippendorff's alpha, {level}" for level in _LEVELS},
    **{f"gwet_ac2_{kind}": f"Gwet's AC2, {kind} weights" for kind in _KINDS},
    **{f"icc_{name[4]}_{name[6]}": name for name in _CORRELATIONS},
}


@dataclass(frozen=True, slots=True)
class Ratings:
    """Answers in long format, at most one per item and reviewer.

    `values` holds the number of each class, shape (n_classes,), and is None where the labels are no numbers.
    """

    item_idx: NDArray[np.int64]
    reviewer_idx: NDArray[np.int64]
    label_idx: NDArray[np.int64]
    n_items: int
    n_reviewers: int
    n_classes: int
    values: NDArray[np.float64] | None = None

    @property
    def counts(self) -> sparse.csr_array:
        return sparse_counts(self.item_idx, self.label_idx, n_items=self.n_items, n_classes=self.n_classes)


def coefficients(ratings: Ratings, *, bootstrap: Bootstrap = _DEFAULT) -> dict[str, Agreement]:
    """Every coefficient by a stable key; those for numbers only where the classes have values."""
    counts = ratings.counts
    found = {
        "percent": percent_agreement(counts, bootstrap=bootstrap),
        "cohen_kappa": _cohen(ratings, "", bootstrap),
        "fleiss_kappa": fleiss_kappa(counts, bootstrap=bootstrap),
        "krippendorff_alpha": krippendorff_alpha(counts, bootstrap=bootstrap),
        "gwet_ac1": gwet_ac1(counts, bootstrap=bootstrap),
    }
    if ratings.values is not None:
        found |= _numeric(ratings, ratings.values, counts, bootstrap)
    return found


def _numeric(
    ratings: Ratings, values: NDArray[np.float64], counts: sparse.csr_array, bootstrap: Bootstrap
) -> dict[str, Agreement]:
    found = [_cohen(ratings, kind, bootstrap) for kind in ("linear", "quadratic")]
    for level in _LEVELS:
        found.append(krippendorff_alpha_scaled(counts, values=values, level=level, bootstrap=bootstrap))
    for kind in _KINDS:
        found.append(gwet_ac2(counts, values=values, kind=kind, bootstrap=bootstrap))
    answers = values[ratings.label_idx]
    found += intraclass_correlations(ratings.item_idx, ratings.reviewer_idx, answers, level=bootstrap.level)
    return dict(zip(NUMERIC, found, strict=True))


def _cohen(ratings: Ratings, kind: str, bootstrap: Bootstrap) -> Agreement:
    """Of the two reviewers there are; of more, Conger's generalisation."""
    if ratings.n_reviewers == 2:
        answers = np.full((2, ratings.n_items), -1, dtype=np.int64)
        answers[ratings.reviewer_idx, ratings.item_idx] = ratings.label_idx
        return _cohen_of(answers[0], answers[1], ratings, kind, bootstrap)
    if kind and ratings.n_classes > MAX_VALUES:
        return undefined(_COHEN[kind], too_many(ratings.n_classes), source=CONGER)
    return conger_kappa(
        ratings.item_idx,
        ratings.reviewer_idx,
        ratings.label_idx,
        n_items=ratings.n_items,
        n_reviewers=ratings.n_reviewers,
        n_classes=ratings.n_classes,
        name=_COHEN[kind],
        weights=_weights(ratings, kind),
        bootstrap=bootstrap,
    )


def _cohen_of(
    first: NDArray[np.int64], second: NDArray[np.int64], ratings: Ratings, kind: str, bootstrap: Bootstrap
) -> Agreement:
    if kind and ratings.n_classes > MAX_VALUES:
        return undefined(_COHEN[kind], too_many(ratings.n_classes), source="Cohen (1968)")
    return cohen_kappa(
        first,
        second,
        n_classes=ratings.n_classes,
        weights=_weights(ratings, kind),
        name=_COHEN[kind],
        bootstrap=bootstrap,
    )


def _weights(ratings: Ratings, kind: str) -> NDArray[np.float64] | None:
    return agreement_weights(ratings.values, kind) if kind and ratings.values is not None else None


@dataclass(frozen=True, slots=True)
class LabelAgreement:
    """How well one label can be told from all others: the coefficients of "this label or not"."""

    label: int
    n_answers: int
    percent: Agreement
    alpha: Agreement
    ac1: Agreement


def by_label(ratings: Ratings, *, bootstrap: Bootstrap = _DEFAULT, most: int | None = None) -> list[LabelAgreement]:
    """One row a label, the commonest first; at most `most`. Percent is over items where somebody gave the label."""
    counts = ratings.counts
    totals = np.bincount(ratings.label_idx, minlength=ratings.n_classes)
    order = np.argsort(-totals, kind="stable")[:most]
    per_item = answers_each(counts)
    columns = counts.tocsc()
    rows = []
    for label in order[totals[order] > 0]:
        given = np.asarray(columns[:, [int(label)]].todense()).ravel()
        collapsed = np.stack([given, per_item - given], axis=1)
        rows.append(
            LabelAgreement(
                label=int(label),
                n_answers=int(totals[label]),
                percent=percent_agreement(collapsed[given > 0], bootstrap=bootstrap),
                alpha=krippendorff_alpha(collapsed, bootstrap=bootstrap),
                ac1=gwet_ac1(collapsed, bootstrap=bootstrap),
            )
        )
    return rows


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """Two reviewers on the items that both answered."""

    first: int
    second: int
    kappa: Agreement
    percent: Agreement
    weighted: dict[str, Agreement]  # linear and quadratic, where the labels are numbers

    @property
    def n_items(self) -> int:
        return self.kappa.n_items


def by_pair(
    ratings: Ratings, *, bootstrap: Bootstrap = _DEFAULT, most: int | None = None, at_least: int = 1
) -> list[PairAgreement]:
    """One row a pair with at least `at_least` items in common, the most items first; at most `most`."""
    common = items_in_common(ratings)
    pairs = [(int(n), a, b) for a, b, n in zip(common.row, common.col, common.data, strict=True) if n >= at_least]
    pairs.sort(key=lambda pair: (-pair[0], pair[1], pair[2]))
    return [
        _pair(ratings, int(a), int(b), first, second, bootstrap) for a, b, first, second in _met(ratings, pairs[:most])
    ]


def items_in_common(ratings: Ratings) -> sparse.coo_array:
    """How many items both of two reviewers answered, for first < second; only where there are any."""
    ones = np.ones(len(ratings.item_idx))
    shape = (ratings.n_reviewers, ratings.n_items)
    did = sparse.csr_array((ones, (ratings.reviewer_idx, ratings.item_idx)), shape=shape)
    return sparse.triu(did @ did.T, k=1).tocoo()


def _met(
    ratings: Ratings, pairs: list[tuple[int, int, int]]
) -> Iterator[tuple[int, int, NDArray[np.int64], NDArray[np.int64]]]:
    """For each pair the answers of both on their common items."""
    order = np.lexsort((ratings.item_idx, ratings.reviewer_idx))
    items, labels = ratings.item_idx[order], ratings.label_idx[order]
    starts = np.searchsorted(ratings.reviewer_idx[order], np.arange(ratings.n_reviewers + 1))
    for _, a, b in pairs:
        mine, yours = slice(starts[a], starts[a + 1]), slice(starts[b], starts[b + 1])
        _, here, there = np.intersect1d(items[mine], items[yours], assume_unique=True, return_indices=True)
        yield a, b, labels[mine][here], labels[yours][there]


def _pair(
    ratings: Ratings,
    first: int,
    second: int,
    ones: NDArray[np.int64],
    others: NDArray[np.int64],
    bootstrap: Bootstrap,
) -> PairAgreement:
    """The classes that neither of them used change nothing but the work."""
    used, places = np.unique(np.concatenate([ones, others]), return_inverse=True)
    mine, yours = places[: len(ones)], places[len(ones) :]
    values = None if ratings.values is None else ratings.values[used]
    few = replace(ratings, n_classes=len(used), values=values)
    alike = np.stack([mine == yours, mine != yours], axis=1).astype(float)
    # An item on which two agree has two like answers, one on which they do not has one of each.
    table = np.stack([2 * alike[:, 0] + alike[:, 1], alike[:, 1]], axis=1)
    kinds = ("linear", "quadratic") if values is not None else ()
    return PairAgreement(
        first,
        second,
        _cohen_of(mine, yours, few, "", bootstrap),
        percent_agreement(table, bootstrap=bootstrap),
        {kind: _cohen_of(mine, yours, few, kind, bootstrap) for kind in kinds},
    )


def n_pairable(ratings: Ratings) -> int:
    """Items with at least two answers."""
    return int(pairable(ratings.counts).shape[0])
