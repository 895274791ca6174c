"""Is a reviewer good enough? A sequential probability ratio test over answers whose truth is known.

A. Wald (1945), "Sequential Tests of Statistical Hypotheses", Annals of Mathematical Statistics 16(2), 117-186,
doi:10.1214/aoms/1177731118. The evidence is the logarithm of the likelihood of the answers at the floor over that at
the good level. For a reviewer of the good level the ratio is a martingale, so by Ville's inequality it ever reaches
1/alpha with a probability of at most alpha, however often one looks.

The evidence stops falling at log(beta), which a reviewer of the floor ever reaches with a probability of at most beta.
So nobody banks so many right answers that a later decline would stay unseen for long; it costs a good reviewer little,
and `pause_curve` says how much.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class SequentialTest:
    """The levels that are told apart and the two error rates.

    Args:
        good: accuracy at or above which a reviewer shall be left alone.
        floor: accuracy at or below which he shall be paused.
        alpha: probability of pausing a reviewer of the good level.
        beta: probability of trusting a reviewer of the floor fully.
    Raises:
        ValueError: a level or a rate outside (0, 1), or a floor that is not below the good level.
    """

    good: float = 0.92
    floor: float = 0.75
    alpha: float = 0.05
    beta: float = 0.01

    def __post_init__(self) -> None:
        if not 0 < self.floor < self.good < 1:
            raise ValueError("the floor must lie above 0 and below the good level, and that below 1")
        if not (0 < self.alpha < 1 and 0 < self.beta < 1):
            raise ValueError("alpha and beta must lie between 0 and 1")

    @property
    def step_right(self) -> float:
        """What one right answer adds; below 0."""
        return log(self.floor / self.good)

    @property
    def step_wrong(self) -> float:
        """What one wrong answer adds; above 0."""
        return log((1 - self.floor) / (1 - self.good))

    @property
    def limit(self) -> float:
        """The evidence from which a reviewer is paused."""
        return log(1 / self.alpha)

    @property
    def bottom(self) -> float:
        """The evidence below which it does not fall."""
        return log(self.beta)

    def after(self, evidence: float, *, is_right: bool) -> float:
        """The evidence after one more answer."""
        return max(evidence + (self.step_right if is_right else self.step_wrong), self.bottom)

    def pauses(self, evidence: float) -> bool:
        """Whether that much evidence pauses a reviewer."""
        return evidence >= self.limit


def evidence_of(answers: Iterable[bool], *, test: SequentialTest) -> list[float]:
    """The evidence after each answer, True where it was right; it goes on past the limit."""
    path, evidence = [], 0.0
    for is_right in answers:
        evidence = test.after(evidence, is_right=is_right)
        path.append(evidence)
    return path


def paused_after(
    accuracy: float, *, test: SequentialTest, n_answers: int, n_runs: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """At which answer simulated reviewers of that accuracy are paused.

    Returns:
        Shape (n_runs,): the number of the answer, from 1; 0 where `n_answers` did not pause him.
    """
    evidence = np.zeros(n_runs)
    paused = np.zeros(n_runs, dtype=np.int64)
    for number in range(1, n_answers + 1):
        is_right = rng.random(n_runs) < accuracy
        evidence = np.maximum(evidence + np.where(is_right, test.step_right, test.step_wrong), test.bottom)
        paused[(paused == 0) & (evidence >= test.limit)] = number
    return paused


@dataclass(frozen=True, slots=True)
class PausePoint:
    """How a reviewer of one accuracy fares. `median` is None where fewer than half were paused."""

    accuracy: float
    share_paused: float
    median: int | None


def pause_curve(
    accuracies: Iterable[float], *, test: SequentialTest, n_answers: int, n_runs: int, rng: np.random.Generator
) -> list[PausePoint]:
    """For each accuracy, the share that is paused within `n_answers` honeypots and the median honeypot at which."""
    points = []
    for accuracy in accuracies:
        paused = paused_after(accuracy, test=test, n_answers=n_answers, n_runs=n_runs, rng=rng)
        # Whoever is never paused counts as later than everybody else.
        middle = float(np.median(np.where(paused == 0, np.iinfo(np.int64).max, paused)))
        median = int(middle) if middle <= n_answers else None
        points.append(PausePoint(accuracy, float(np.mean(paused > 0)), median))
    return points
