"""Agreement on regions, spans of text or boxes in a picture: pairwise F1 and mean intersection over union.

Where "nothing here" cannot be counted, kappa approaches F1: G. Hripcsak and A. S. Rothschild (2005),
"Agreement, the F-measure, and reliability in information retrieval", doi:10.1197/jamia.M1733. Regions of two
reviewers are matched one to one by the largest total overlap: H. W. Kuhn (1955), doi:10.1002/nav.3800020109.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from apps.consensus.algorithms.agreement_estimate import Agreement, Bootstrap, estimate, quotient

_DEFAULT = Bootstrap()


@dataclass(frozen=True, slots=True)
class Region:
    """A labelled box of any number of dimensions, with low < high in each: (start,), (end,) for a span of text."""

    label: str
    low: tuple[float, ...]
    high: tuple[float, ...]


# The regions of one reviewer on one item; an empty one says that there is nothing.
Answer = Sequence[Region]


def span_f1(
    items: Sequence[Sequence[Answer]], *, at_least: float | None = None, bootstrap: Bootstrap = _DEFAULT
) -> Agreement:
    """F1 over all pairs of reviewers: twice the matched regions by all regions of both.

    Args:
        items: for each item the answers of its reviewers; those with fewer than two are left out.
        at_least: None: a match has the same label and the same boundaries. Else the same label and an intersection
            over union of at least this; 0 for any overlap at all.
    """
    rows, n_items, n_ratings = [], 0, 0
    for answers in items:
        if len(answers) > 1:
            n_items, n_ratings = n_items + 1, n_ratings + len(answers)
            rows.append(_sums([_f1_parts(a, b, at_least) for a, b in combinations(answers, 2)]))
    way = "exact boundaries" if at_least is None else "any overlap" if at_least == 0 else f"IoU ≥ {at_least:g}"
    return _ratio(f"Span F1, {way}", rows, n_items, n_ratings, bootstrap, "no reviewer marked anything")


def mean_iou(items: Sequence[Sequence[Answer]], *, bootstrap: Bootstrap = _DEFAULT) -> Agreement:
    """Mean intersection over union of all pairs of reviewers; a region without a partner of its label counts as 0."""
    rows, n_items, n_ratings = [], 0, 0
    for answers in items:
        if len(answers) > 1:
            n_items, n_ratings = n_items + 1, n_ratings + len(answers)
            rows.append(_sums([_iou_parts(a, b) for a, b in combinations(answers, 2)]))
    return _ratio("Mean IoU", rows, n_items, n_ratings, bootstrap, "no reviewer marked anything")


def share_of_all(
    name: str, items: Sequence[Sequence[tuple[float, float]]], *, bootstrap: Bootstrap = _DEFAULT
) -> Agreement:
    """The same ratio for whatever else can be more or less equal.

    Args:
        items: for each item its pairs of reviewers: twice how equal their answers are, and how many answers both gave.
    """
    rows = [_sums(pairs) for pairs in items if pairs]
    n_ratings = sum(round((1 + (1 + 8 * len(pairs)) ** 0.5) / 2) for pairs in items if pairs)
    return _ratio(name, rows, len(rows), n_ratings, bootstrap, "nobody answered")


def iou(one: Region, other: Region) -> float:
    """Intersection over union of two regions, whatever their labels."""
    common = _volume(
        [max(a, b) for a, b in zip(one.low, other.low, strict=True)],
        [min(a, b) for a, b in zip(one.high, other.high, strict=True)],
    )
    return common / (_volume(one.low, one.high) + _volume(other.low, other.high) - common) if common else 0.0


def _volume(low: Sequence[float], high: Sequence[float]) -> float:
    sides = [b - a for a, b in zip(low, high, strict=True)]
    return float(np.prod(sides)) if min(sides) > 0 else 0.0


def matched(ones: Answer, others: Answer) -> list[tuple[int, int, float]]:
    """Pairs of the same label that overlap, one to one, with the largest total intersection over union."""
    gain = np.array([[iou(a, b) if a.label == b.label else 0.0 for b in others] for a in ones])
    if not gain.size:
        return []
    rows, columns = linear_sum_assignment(gain, maximize=True)
    return [(int(a), int(b), float(gain[a, b])) for a, b in zip(rows, columns, strict=True) if gain[a, b] > 0]


def _f1_parts(ones: Answer, others: Answer, at_least: float | None) -> tuple[float, float]:
    least = 1 - 1e-12 if at_least is None else at_least
    return 2.0 * most_matches(ones, others, least), float(len(ones) + len(others))


def most_matches(ones: Answer, others: Answer, least: float) -> int:
    """As many one-to-one matches of at least `least` as there can be."""
    return len(matches(ones, others, least))


def matches(ones: Answer, others: Answer, least: float) -> list[tuple[int, int]]:
    """The places of regions of the same label that overlap by at least `least`, one to one: as many pairs as there can
    be, and of those the closest."""
    overlap = np.array([[iou(a, b) if a.label == b.label else 0.0 for b in others] for a in ones])
    if not overlap.size:
        return []
    fits = (overlap > 0) & (overlap >= least)
    # One pair more outweighs whatever all the others could overlap.
    gain = fits * (1.0 + overlap / (1.0 + min(overlap.shape)))
    rows, columns = linear_sum_assignment(gain, maximize=True)
    return [(int(a), int(b)) for a, b in zip(rows, columns, strict=True) if fits[a, b]]


def _iou_parts(ones: Answer, others: Answer) -> tuple[float, float]:
    found = matched(ones, others)
    return sum(overlap for _, _, overlap in found), float(len(ones) + len(others) - len(found))


def _sums(parts: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Pairs of one item are averaged, so that an item with many reviewers weighs no more than others."""
    return sum(part[0] for part in parts) / len(parts), sum(part[1] for part in parts) / len(parts)


def _ratio(
    name: str, rows: list[tuple[float, float]], n_items: int, n_ratings: int, bootstrap: Bootstrap, nothing: str
) -> Agreement:
    def fold(sums: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return quotient(sums[:, 0], sums[:, 1]), np.zeros(len(sums))

    source = "Jaccard's index of matched regions" if "IoU" in name.split(",")[0] else "Hripcsak and Rothschild (2005)"
    return estimate(
        name,
        np.array(rows).reshape(-1, 2),
        fold,
        n_items=n_items,
        n_ratings=n_ratings,
        bootstrap=bootstrap,
        source=source,
        nothing=nothing,
    )
