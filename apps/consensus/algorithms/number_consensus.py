"""One number from several: reviewers' leaning removed, blunders recognised, with an interval.

Each answer is either the true number plus its reviewer's bias and noise, or a blunder from anywhere: the contaminated
normal model of J. W. Tukey (1960), "A survey of sampling from contaminated distributions". The posterior is then a
mixture with one normal part for each choice of the answers that are no blunders. Only choices of neighbours are taken,
since what is no blunder lies together; that keeps their number at n(n + 1)/2. Bias and noise come from
`rating_consensus`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import median

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from apps.consensus.algorithms.kinds import NOTHING, TIE, Asked, Decided, Given, Params, Skills
from apps.consensus.algorithms.rating_consensus import rating_consensus

# Before a fit: one answer in ten is a blunder, and nine in ten of the others lie within the tolerance. So an answer is
# right in .81 of the cases, as everywhere before a fit.
BLUNDER = 0.1
_TOLERANCES_90 = 1.6448536269514722
# How much further than the tolerance blunders range, where nothing else says so.
_RANGE = 20.0
_PRIOR_ANSWERS = 10.0
# So many usual deviations from the others' middle make a blunder, while the usual ones are learned.
_FAR = 6.0
_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Number:
    """Answers are numbers. The confidence is the probability that the truth lies within the tolerance of the value.

    Args:
        step: what numbers go in, as the config says; 0: it does not.
        low: where the steps begin.
        by_share: the share of the answers within the tolerance instead of a posterior.
    """

    step: float = 0.0
    low: float = 0.0
    by_share: bool = False

    def tolerance(self, answers: Sequence[float]) -> float:
        """Half a step; half where all are whole numbers; else a twentieth of the middle one's size."""
        if self.step > 0:
            return self.step / 2
        if all(float(each).is_integer() for each in answers):
            return 0.5
        return max(abs(median(answers)) / 20, 1e-9)

    def decided(self, given: Sequence[Given], *, pool: Params | None = None) -> Decided:
        if not given:
            return NOTHING
        answers = [float(each.answer) for each in given]
        tolerance = self.tolerance(answers)
        if self.by_share:
            return self._by_share(answers, tolerance)
        skills = [each.skill or pool or {} for each in given]
        usual = tolerance / _TOLERANCES_90
        mixture = _mixture(
            np.array(answers) - [skill.get("bias", 0.0) for skill in skills],
            np.maximum([skill.get("spread", usual) for skill in skills], usual / 3),
            np.array([skill.get("blunder", BLUNDER) for skill in skills]),
            reach=max((pool or {}).get("range", 0.0), _RANGE * tolerance, max(answers) - min(answers)),
        )
        return self._of(mixture, answers, tolerance)

    def _of(self, mixture: "Mixture", answers: list[float], tolerance: float) -> Decided:
        whole = all(each.is_integer() for each in answers)
        found = {self._rounded(mean, whole): 0.0 for mean in mixture.means}
        for value in found:
            # A hair wider, so that a neighbour at exactly the tolerance is within it on both sides.
            found[value] = mixture.between(value - tolerance, value + tolerance)
        return self._best(found, answers, detail=dict(zip(("low", "high"), mixture.interval(), strict=True)))

    def _by_share(self, answers: list[float], tolerance: float) -> Decided:
        near = {
            value: sum(abs(value - each) <= tolerance + TIE for each in answers) / len(answers) for value in answers
        }
        return self._best(near, answers, detail={"low": min(answers), "high": max(answers)})

    def _best(self, found: dict[float, float], answers: list[float], *, detail: Params) -> Decided:
        most = max(found.values())
        leaders = sorted(value for value, p in found.items() if p >= most - TIE)
        # Values that are as good and lie together are no tie: the one in the middle of the answers is taken.
        apart = leaders[-1] - leaders[0] > self.tolerance(answers)
        value = min(leaders, key=lambda each: (abs(each - median(answers)), each))
        return Decided(value, min(most, 1.0), is_decided=not apart, posterior=found, detail=detail)

    def _rounded(self, value: float, whole: bool) -> float:
        if self.step > 0:
            return round(self.low + round((value - self.low) / self.step) * self.step, 12)
        return float(round(value)) if whole else float(f"{value:.12g}")

    def fitted(self, items: Sequence[Asked], *, n_reviewers: int) -> Skills:
        """Bias and spread from what is no blunder; a number that an adjudicator decided counts as one more answer that
        nobody leans in."""
        rows = [(n, who, float(y)) for n, item in enumerate(items) for who, y in item.answers]
        table = np.array(rows, dtype=np.float64).reshape(-1, 3)
        item, reviewer = table[:, 0].astype(np.int64), table[:, 1].astype(np.int64)
        middle = np.array([median([float(y) for _, y in each.answers]) if each.answers else 0.0 for each in items])
        known = [each.known for each in items]
        middle = np.where([each is not None for each in known], [float(each or 0.0) for each in known], middle)
        leaning = table[:, 2] - middle[item]
        # Who is always off by the same leans, and blunders no more often than others.
        away = np.abs(leaning - _medians(leaning, reviewer, n_reviewers)[reviewer])
        tolerance = self.tolerance(table[:, 2].tolist() or [0.0])
        is_paired = np.bincount(item, minlength=len(items))[item] > 1
        usual = max(1.4826 * float(np.median(away[is_paired])) if is_paired.any() else 0.0, tolerance)
        is_near = away <= _FAR * usual
        return self._skills(item, reviewer, table[:, 2], is_near, n_items=len(items), n_reviewers=n_reviewers)

    def _skills(
        self,
        item: NDArray[np.int64],
        reviewer: NDArray[np.int64],
        answer: NDArray[np.float64],
        is_near: NDArray[np.bool_],
        *,
        n_items: int,
        n_reviewers: int,
    ) -> Skills:
        near = item[is_near], reviewer[is_near], answer[is_near]
        found = rating_consensus(*near, n_items=n_items, n_reviewers=n_reviewers)
        counts = np.bincount(reviewer, minlength=n_reviewers)
        blunders = np.bincount(reviewer, weights=~is_near, minlength=n_reviewers)
        share = (blunders.sum() + BLUNDER * _PRIOR_ANSWERS) / (len(answer) + _PRIOR_ANSWERS)
        blunder = (blunders + share * _PRIOR_ANSWERS) / (counts + _PRIOR_ANSWERS)
        tolerance = self.tolerance(answer.tolist() or [0.0])
        off = np.abs(answer - found.bias[reviewer] - found.value[item])
        right = np.bincount(reviewer, weights=off <= tolerance + TIE, minlength=n_reviewers)
        spread = np.sqrt(np.mean(found.spread[near[1]] ** 2)) if is_near.any() else tolerance / _TOLERANCES_90
        pool = {"bias": 0.0, "spread": _kept(spread), "blunder": _kept(share)}
        pool["range"] = _kept(np.ptp(answer)) if len(answer) else 0.0
        present = np.flatnonzero(counts).tolist()
        own = {
            index: {"bias": _kept(found.bias[index]), "spread": _kept(found.spread[index])}
            | {"blunder": _kept(blunder[index])}
            for index in present
        }
        return Skills(
            pool, own, {index: float(right[index]) for index in present}, {each: int(counts[each]) for each in present}
        )


def _medians(values: NDArray[np.float64], group: NDArray[np.int64], n_groups: int) -> NDArray[np.float64]:
    order = np.argsort(group, kind="stable")
    parts = np.split(values[order], np.cumsum(np.bincount(group, minlength=n_groups))[:-1])
    return np.array([float(np.median(part)) if len(part) else 0.0 for part in parts])


def _kept(value: float) -> float:
    return round(float(value), _DIGITS)


@dataclass(frozen=True, slots=True)
class Mixture:
    """Normal parts with their weights, which sum to less than 1: the rest says nothing about where the truth lies."""

    means: NDArray[np.float64]
    deviations: NDArray[np.float64]
    weights: NDArray[np.float64]

    def between(self, low: float, high: float) -> float:
        parts = ndtr((high - self.means) / self.deviations) - ndtr((low - self.means) / self.deviations)
        return float(self.weights @ parts)

    def interval(self) -> tuple[float, float]:
        """At 95 %, of the parts that say where the truth lies."""
        total = float(self.weights.sum())
        return self._quantile(0.025 * total), self._quantile(0.975 * total)

    def _quantile(self, mass: float) -> float:
        low = float((self.means - 9 * self.deviations).min())
        high = float((self.means + 9 * self.deviations).max())

        def below(at: float) -> float:
            return float(self.weights @ ndtr((at - self.means) / self.deviations))

        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if below(middle) < mass else (low, middle)
        return float(f"{(low + high) / 2:.6g}")


def _mixture(
    answers: NDArray[np.float64], spread: NDArray[np.float64], blunder: NDArray[np.float64], *, reach: float
) -> Mixture:
    order = np.lexsort((blunder, spread, answers))
    answers, spread, blunder = answers[order], spread[order], np.clip(blunder[order], 1e-6, 1 - 1e-6)
    log_far, log_near = np.log(blunder / reach), np.log1p(-blunder)
    everything, n = float(log_far.sum()), len(answers)
    logs, means, deviations = [], [], []
    for first in range(n):
        for last in range(first + 1, n + 1):
            part = slice(first, last)
            precision = spread[part] ** -2.0
            total = float(precision.sum())
            mean = float(precision @ answers[part]) / total
            apart = float(precision @ (answers[part] - mean) ** 2)
            fit = -0.5 * apart - float(np.log(spread[part] * sqrt(2 * np.pi)).sum()) + 0.5 * np.log(2 * np.pi / total)
            logs.append(everything + float((log_near[part] - log_far[part]).sum()) + fit - np.log(reach))
            means.append(mean)
            deviations.append(total**-0.5)
    top = max(*logs, everything)
    weights = np.exp(np.array(logs) - top)
    return Mixture(np.array(means), np.array(deviations), weights / (weights.sum() + np.exp(everything - top)))
