"""Agreement between reviewers, each coefficient with a bootstrap interval over items.

Cohen's kappa: J. Cohen (1960), doi:10.1177/001316446002000104, equation (1).
Fleiss' kappa: J. L. Fleiss (1971), doi:10.1037/h0031619, equations (2) to (7).
Krippendorff's alpha, nominal, with missing answers: A. F. Hayes and K. Krippendorff (2007),
doi:10.1080/19312450709336664.
AC1: K. L. Gwet (2008), doi:10.1348/000711006X126600, for several reviewers and missing answers.

All but Cohen's kappa read counts, shape (n_items, n_classes): how many reviewers gave which class to which item, as
`majority_vote.vote_counts` or `label_counts` makes them.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.consensus.algorithms.majority_vote import NO_ANSWER
from apps.consensus.algorithms.resampling import distinct_rows, percentile_interval, resampled_counts

# A coefficient reads distinct rows, shape (n_patterns, ...), and weights, shape (n_resamples, n_patterns); it gives
# one value per resample, NaN where it is undefined.
Coefficient = Callable[[NDArray[np.int64], NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Agreement:
    """An agreement coefficient with its interval; None where it is undefined.

    Undefined means: no item with two answers, or a coefficient corrected for chance and only one class in use.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    n_items: int  # items that count towards the coefficient
    n_ratings: int  # answers on those items


def percent_agreement(
    counts: NDArray[np.int64], *, rng: np.random.Generator, n_resamples: int = 1000, level: float = 0.95
) -> Agreement:
    """Mean share of agreeing pairs per item, over items with at least two answers; not corrected for chance."""
    return _bootstrapped("Percent agreement", _pairable(counts), _percent, rng, n_resamples, level)


def fleiss_kappa(
    counts: NDArray[np.int64], *, rng: np.random.Generator, n_resamples: int = 1000, level: float = 0.95
) -> Agreement:
    """Fleiss' kappa. Items without answers are left out.

    Raises:
        ValueError: the answered items differ in their number of answers, for which the coefficient is not defined;
            Krippendorff's alpha is.
    """
    answered = counts[counts.sum(axis=1) > 0]
    if len(np.unique(answered.sum(axis=1))) > 1:
        raise ValueError("Fleiss' kappa needs the same number of answers on every item; use Krippendorff's alpha")
    return _bootstrapped("Fleiss' kappa", _pairable(counts), _fleiss, rng, n_resamples, level)


def krippendorff_alpha(
    counts: NDArray[np.int64], *, rng: np.random.Generator, n_resamples: int = 1000, level: float = 0.95
) -> Agreement:
    """Krippendorff's alpha for nominal classes; any number of answers per item, those with fewer than two left out."""
    return _bootstrapped("Krippendorff's alpha", _pairable(counts), _krippendorff, rng, n_resamples, level)


def gwet_ac1(
    counts: NDArray[np.int64], *, rng: np.random.Generator, n_resamples: int = 1000, level: float = 0.95
) -> Agreement:
    """Gwet's AC1; stays meaningful where one class is very common. Single answers inform the class shares."""
    answered = counts[counts.sum(axis=1) > 0]
    return _bootstrapped("Gwet's AC1", answered, _gwet, rng, n_resamples, level)


def cohen_kappa(
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    *,
    n_classes: int,
    rng: np.random.Generator,
    n_resamples: int = 1000,
    level: float = 0.95,
) -> Agreement:
    """Cohen's kappa of two reviewers.

    Args:
        first, second: shape (n_items,); class index in [0, n_classes), -1 for no answer. Items that either of
            them did not answer are left out.
    Raises:
        ValueError: different lengths or an index out of range.
    """
    pairs = np.stack([first, second], axis=1)
    if pairs.size and (pairs.min() < NO_ANSWER or pairs.max() >= n_classes):
        raise ValueError(f"answers must lie in [-1, {n_classes})")
    both = pairs[(pairs != NO_ANSWER).all(axis=1)]
    return _bootstrapped("Cohen's kappa", both, _cohen, rng, n_resamples, level, n_ratings=2 * len(both))


def _bootstrapped(
    name: str,
    rows: NDArray[np.int64],
    coefficient: Coefficient,
    rng: np.random.Generator,
    n_resamples: int,
    level: float,
    *,
    n_ratings: int | None = None,
) -> Agreement:
    if n_ratings is None:
        n_ratings = int(rows.sum())
    if not len(rows):
        return Agreement(name, None, None, None, 0, 0)
    patterns, multiplicity = distinct_rows(rows)
    value = float(coefficient(patterns, multiplicity[None, :].astype(np.float64))[0])
    if np.isnan(value):
        return Agreement(name, None, None, None, len(rows), n_ratings)
    weights = resampled_counts(multiplicity, n_resamples=n_resamples, rng=rng)
    interval = percentile_interval(coefficient(patterns, weights), level=level)
    low, high = interval if interval else (None, None)
    return Agreement(name, value, low, high, len(rows), n_ratings)


def _pairable(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.asarray(counts[counts.sum(axis=1) >= 2])


def _agreeing_pairs(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Share of ordered pairs of answers that agree, per item; 0 where there are no pairs."""
    totals = counts.sum(axis=1)
    pairs = totals * (totals - 1)
    agreeing = (counts * (counts - 1)).sum(axis=1)
    return np.asarray(np.divide(agreeing, pairs, out=np.zeros(len(counts)), where=pairs > 0))


def _percent(counts: NDArray[np.int64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(weights @ _agreeing_pairs(counts) / weights.sum(axis=1))


def _fleiss(counts: NDArray[np.int64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    class_totals = weights @ counts
    shares = class_totals / class_totals.sum(axis=1, keepdims=True)
    return _beyond_chance(_percent(counts, weights), (shares**2).sum(axis=1))


def _krippendorff(counts: NDArray[np.int64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    class_totals = weights @ counts
    n = class_totals.sum(axis=1)
    per_item = counts.sum(axis=1)
    disagreeing = (counts * (per_item[:, None] - counts)).sum(axis=1) / (per_item - 1)
    expected = n**2 - (class_totals**2).sum(axis=1)
    ratio = np.divide((n - 1) * (weights @ disagreeing), expected, out=np.full(len(n), np.nan), where=expected > 0)
    return np.asarray(1.0 - ratio)


def _gwet(counts: NDArray[np.int64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    n_classes = counts.shape[1]
    per_item = counts.sum(axis=1)
    paired = weights[:, per_item >= 2]
    n_paired = paired.sum(axis=1)
    observed = np.divide(
        paired @ _agreeing_pairs(_pairable(counts)), n_paired, out=np.full(len(weights), np.nan), where=n_paired > 0
    )
    shares = weights @ (counts / per_item[:, None]) / weights.sum(axis=1, keepdims=True)
    by_chance = (shares * (1.0 - shares)).sum(axis=1) / max(n_classes - 1, 1)
    return _beyond_chance(observed, by_chance if n_classes > 1 else np.ones(len(weights)))


def _cohen(pairs: NDArray[np.int64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    n = weights.sum(axis=1)
    observed = weights @ (pairs[:, 0] == pairs[:, 1]) / n
    classes = np.arange(pairs.max() + 1)
    marginals = [weights @ (pairs[:, [side]] == classes) / n[:, None] for side in (0, 1)]
    return _beyond_chance(observed, (marginals[0] * marginals[1]).sum(axis=1))


def _beyond_chance(observed: NDArray[np.float64], by_chance: NDArray[np.float64]) -> NDArray[np.float64]:
    """(observed - chance) / (1 - chance); NaN where chance alone agrees always, up to rounding."""
    room = 1.0 - by_chance
    return np.asarray(np.divide(observed - by_chance, room, out=np.full(len(room), np.nan), where=room > 1e-12))
