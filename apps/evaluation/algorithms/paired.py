"""Candidate against champion on the same items.

Only items on which exactly one of them is right tell them apart. McNemar's test asks whether they differ; Tango's
score interval and test (T. Tango 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<891::AID-SIM780>3.0.CO;2-B,
equations (5) to (7)) say by how much, and hold where a bootstrap has no width because no item is discordant.
The mid-p variant: M. W. Fagerland, S. Lydersen and P. Laake (2013), doi:10.1186/1471-2288-13-91.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import binom, norm
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar

from apps.consensus.algorithms.resampling import distinct_rows, percentile_interval, resampled_counts
from apps.evaluation.algorithms.metrics import Estimate, macro_f1_of

MORE_THAN_ANYBODY_LABELS = 10_000_000


@dataclass(frozen=True, slots=True)
class PairedCounts:
    """`only_candidate`: items that only the candidate has right; `only_champion`: only the champion."""

    only_candidate: int
    only_champion: int
    n: int

    @property
    def difference(self) -> float:
        """Accuracy of the candidate minus that of the champion."""
        return (self.only_candidate - self.only_champion) / self.n if self.n else 0.0


@dataclass(frozen=True, slots=True)
class McNemar:
    """Two-sided p-values of "both are right equally often"."""

    exact: float
    mid_p: float


def paired_counts(candidate_right: NDArray[np.bool_], champion_right: NDArray[np.bool_]) -> PairedCounts:
    """Count the discordant items. Raises ValueError for arrays of different length."""
    if len(candidate_right) != len(champion_right):
        raise ValueError("candidate and champion must answer the same items")
    return PairedCounts(
        only_candidate=int(np.sum(candidate_right & ~champion_right)),
        only_champion=int(np.sum(~candidate_right & champion_right)),
        n=len(candidate_right),
    )


def mcnemar(counts: PairedCounts) -> McNemar:
    """McNemar's test, exact (conservative) and mid-p; both are 1 without discordant items."""
    b, c = counts.only_candidate, counts.only_champion
    if b + c == 0:
        return McNemar(1.0, 1.0)
    exact = float(statsmodels_mcnemar([[0, b], [c, 0]], exact=True).pvalue)
    both_tails = 2 * float(binom.cdf(min(b, c), b + c, 0.5)) - float(binom.pmf(b, b + c, 0.5))
    return McNemar(min(1.0, exact), min(1.0, both_tails))


def difference_interval(counts: PairedCounts, *, level: float = 0.95) -> tuple[float, float]:
    """Tango's score interval of the accuracy difference; (-1, 1) without items."""
    if counts.n == 0:
        return -1.0, 1.0
    z = float(norm.ppf((1 + level) / 2))

    def beyond(difference: float, sign: float) -> float:
        return sign * tango_z(counts, difference) - z

    edge, value = 1.0 - 1e-12, counts.difference
    low = brentq(beyond, -edge, value, args=(1.0,)) if beyond(-edge, 1.0) > 0 > beyond(value, 1.0) else -1.0
    high = brentq(beyond, value, edge, args=(-1.0,)) if beyond(edge, -1.0) > 0 > beyond(value, -1.0) else 1.0
    return float(low), float(high)


def tango_z(counts: PairedCounts, difference: float) -> float:
    """Tango's score statistic of "the true difference is `difference`"; positive where the data lie above it."""
    n, b, c = counts.n, counts.only_candidate, counts.only_champion
    linear = -b - c + (2 * n - b + c) * difference
    constant = -c * difference * (1 - difference)
    # The share of items that only the champion has right, at its most likely under the hypothesis.
    only_champion = (math.sqrt(max(0.0, linear**2 - 8 * n * constant)) - linear) / (4 * n)
    variance = n * (2 * only_champion + difference * (1 - difference))
    distance = b - c - n * difference
    if variance <= 1e-12:
        return 0.0 if abs(distance) < 1e-9 else math.copysign(math.inf, distance)
    return distance / math.sqrt(variance)


def p_inferior(counts: PairedCounts, *, margin: float) -> float:
    """One-sided p-value for "the candidate is worse by more than `margin`" (small: it is worse)."""
    return float(norm.cdf(tango_z(counts, -margin))) if counts.n else 1.0


def items_needed(counts: PairedCounts, *, margin: float = 0.005, level: float = 0.95, power: float = 0.8) -> int | None:
    """How many more paired items until the interval would lie on one side of -margin, if things stay as observed.

    Args:
        margin: non-inferiority margin of the accuracy difference, in [0, 1].
        power: how probable the decision should then be.
    Returns:
        0 where the interval decides already; None where the observed difference lies (nearly) on the margin, so
        that no number of items anybody labels would do.
    """
    low, high = difference_interval(counts, level=level)
    if low > -margin or high < -margin:
        return 0
    # Half an item in each cell: few discordant items, or none, do not mean that there never are any.
    b, c, n = counts.only_candidate + 0.5, counts.only_champion + 0.5, counts.n + 2.0
    difference = (b - c) / n
    variance = (b + c) / n - difference**2
    return more_items(variance, difference + margin, counts.n, level=level, power=power)


def more_items(variance: float, distance: float, n: int, *, level: float, power: float) -> int | None:
    """Items beyond `n` until a mean with that variance per item, `distance` off a limit, is told from the limit."""
    if distance == 0.0:
        return None
    total = float((norm.ppf((1 + level) / 2) + norm.ppf(power)) ** 2 * variance / distance**2)
    if total > MORE_THAN_ANYBODY_LABELS:
        return None
    return max(1, math.ceil(total) - n)


def accuracy_difference(
    counts: PairedCounts, *, rng: np.random.Generator, n_resamples: int = 2000, level: float = 0.95
) -> Estimate:
    """Accuracy difference with a paired bootstrap interval."""
    if counts.n == 0:
        return Estimate(None, None, None, 0)
    same = counts.n - counts.only_candidate - counts.only_champion
    cells = np.array([counts.only_candidate, counts.only_champion, same])
    draws = resampled_counts(cells, n_resamples=n_resamples, rng=rng)
    interval = percentile_interval((draws[:, 0] - draws[:, 1]) / counts.n, level=level)
    low, high = interval or (None, None)
    return Estimate(counts.difference, low, high, counts.n)


def macro_f1_difference(
    truth: NDArray[np.int64],
    candidate: NDArray[np.int64],
    champion: NDArray[np.int64],
    *,
    n_classes: int,
    rng: np.random.Generator,
    n_resamples: int = 2000,
    level: float = 0.95,
) -> Estimate:
    """Macro-F1 of the candidate minus the champion's, with a paired bootstrap interval over items."""
    if len(truth) == 0:
        return Estimate(None, None, None, 0)
    patterns, multiplicity = distinct_rows(np.stack([truth, candidate, champion], axis=1))
    observed = multiplicity[None, :].astype(np.float64)
    draws = resampled_counts(multiplicity, n_resamples=n_resamples, rng=rng)
    value, resampled = (_f1_gap(patterns, weights, n_classes) for weights in (observed, draws))
    low, high = percentile_interval(resampled, level=level) or (None, None)
    return Estimate(float(value[0]), low, high, len(truth))


def _f1_gap(patterns: NDArray[np.int64], weights: NDArray[np.float64], n_classes: int) -> NDArray[np.float64]:
    is_class = [(patterns[:, [column]] == np.arange(n_classes)).astype(np.float64) for column in range(3)]
    in_truth = weights @ is_class[0]
    scores = [
        macro_f1_of(weights @ (is_class[0] * answered), in_truth, weights @ answered) for answered in is_class[1:]
    ]
    return np.asarray(scores[0] - scores[1])
