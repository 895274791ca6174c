"""One number from several: reviewers' leaning removed, blunders recognised, with an interval.

Each answer is either the true number plus its reviewer's bias and noise, or a blunder from anywhere: the contaminated
normal model of J. W. Tukey (1960), "A survey of sampling from contaminated distributions". The posterior is then a
mixture with one normal part for each choice of the answers that are no blunders. Only choices of neighbours are taken,
since what is no blunder lies together; that keeps their number at n(n + 1)/2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import median

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from apps.consensus.algorithms.kinds import NOTHING, TIE, Asked, Decided, Given, Params, Skills

# Before a fit: one answer in ten is a blunder, and nine in ten of the others lie within the tolerance. So an answer is
# right in .81 of the cases, as everywhere before a fit.
BLUNDER = 0.1
_TOLERANCES_90 = 1.6448536269514722
# How much further than the tolerance blunders range, where nothing else says so.
_RANGE = 20.0
# What the pool is worth beside a reviewer's own answers, and what is believed beforehand beside the pool's.
PRIOR_ANSWERS, _PRIOR_POOL = 4.0, 10.0
_ROUNDS = 5
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
            return self._by_share(answers, [each.weight for each in given], tolerance)
        skills = [each.skill or pool or {} for each in given]
        usual = tolerance / _TOLERANCES_90
        mixture = _mixture(
            np.array(answers) - [skill.get("bias", 0.0) for skill in skills],
            # Half a vote is one of twice the variance.
            np.maximum([skill.get("spread", usual) for skill in skills], usual / 3)
            / np.sqrt([each.weight for each in given]),
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

    def _by_share(self, answers: list[float], weights: list[float], tolerance: float) -> Decided:
        total = sum(weights)
        near = {
            value: sum(w for each, w in zip(answers, weights, strict=True) if abs(value - each) <= tolerance + TIE)
            / total
            for value in answers
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
        """Each reviewer's bias (median), spread and share of blunders, against the others' middle.

        Medians throughout, so that neither blunders nor somebody who wavers move what is believed of the others.
        """
        rows = [(n, who, float(y)) for n, item in enumerate(items) for who, y in item.answers]
        table = np.array(rows, dtype=np.float64).reshape(-1, 3)
        item, reviewer, answer = table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), table[:, 2]
        counts = np.bincount(reviewer, minlength=n_reviewers)
        usual = self.tolerance(answer.tolist() or [0.0]) / _TOLERANCES_90
        bias: NDArray[np.float64] = np.zeros(n_reviewers)
        off: NDArray[np.float64] = np.zeros(len(answer))
        for _ in range(_ROUNDS):
            middle = _middles(items, bias)
            off = answer - middle[item]
            bias = _medians(off, reviewer, n_reviewers) * counts / (counts + PRIOR_ANSWERS)
        off = off - bias[reviewer]
        is_paired = np.bincount(item, minlength=len(items))[item] > 1
        wide = max(1.4826 * float(np.median(np.abs(off[is_paired]))) if is_paired.any() else 0.0, usual)
        return self._skills(reviewer, off, bias, is_near=np.abs(off) <= _FAR * wide, wide=wide, reach=_ptp(answer))

    def _skills(
        self,
        reviewer: NDArray[np.int64],
        off: NDArray[np.float64],
        bias: NDArray[np.float64],
        *,
        is_near: NDArray[np.bool_],
        wide: float,
        reach: float,
    ) -> Skills:
        counts = np.bincount(reviewer, minlength=len(bias))
        near = np.bincount(reviewer, weights=is_near, minlength=len(bias))
        squares = np.bincount(reviewer, weights=np.where(is_near, off**2, 0.0), minlength=len(bias))
        spread = np.sqrt((squares + PRIOR_ANSWERS * wide**2) / (near + PRIOR_ANSWERS))
        share = (len(off) - near.sum() + BLUNDER * _PRIOR_POOL) / (len(off) + _PRIOR_POOL)
        blunder = (counts - near + share * PRIOR_ANSWERS) / (counts + PRIOR_ANSWERS)
        tolerance = wide * _TOLERANCES_90
        right = np.bincount(reviewer, weights=np.abs(off + bias[reviewer]) <= tolerance + TIE, minlength=len(bias))
        present = np.flatnonzero(counts).tolist()
        own = {
            who: {"bias": _kept(bias[who]), "spread": _kept(spread[who]), "blunder": _kept(blunder[who])}
            for who in present
        }
        pool = {"bias": 0.0, "spread": _kept(wide), "blunder": _kept(share), "range": _kept(reach)}
        return Skills(
            pool, own, {who: float(right[who]) for who in present}, {who: int(counts[who]) for who in present}
        )


def _middles(items: Sequence[Asked], bias: NDArray[np.float64]) -> NDArray[np.float64]:
    """What was decided, else the median of the answers without their leaning; what two say counts half each."""
    found = [
        float(item.known)
        if item.known is not None
        else median([float(y) - bias[who] for who, y in item.answers])
        if item.answers
        else 0.0
        for item in items
    ]
    return np.array(found, dtype=np.float64)


def _ptp(answer: NDArray[np.float64]) -> float:
    return float(np.ptp(answer)) if len(answer) else 0.0


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
