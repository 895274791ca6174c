"""Scores from comparisons of two, with each reviewer's reliability and an interval on each score.

R. A. Bradley and M. E. Terry (1952), doi:10.2307/2334029; with reviewers as X. Chen, P. N. Bennett, K. Collins-Thompson
and E. Horvitz (2013), "Pairwise Ranking Aggregation in a Crowdsourced Setting" (Crowd-BT), doi:10.1145/2433396.2433420:
with his reliability a reviewer says what the scores say, else the opposite. A normal prior on the scores keeps them
finite where one side always won; the scores climb by Newton steps. The intervals are those of differences from the
mean, from the expected information about scores and reliability together: what somebody says who may answer at random
tells little, and how reliable he is has to be learned from the same comparisons.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

SCORE_DEVIATION = 3.0
# Beta prior on a reviewer's reliability: right in four of five, worth ten comparisons.
PRIOR_RIGHT, PRIOR_WRONG = 8.0, 2.0
_NORMAL_95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class PairwiseConsensus:
    """Scores on the logistic scale, mean 0: a difference of 1 means winning in 73 %. Intervals are at 95 %."""

    score: NDArray[np.float64]  # (n_candidates,)
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    reliability: NDArray[np.float64]  # (n_reviewers,)
    iterations: int
    converged: bool


def pairwise_consensus(
    winner_idx: NDArray[np.int64],
    loser_idx: NDArray[np.int64],
    reviewer_idx: NDArray[np.int64],
    *,
    n_candidates: int,
    n_reviewers: int,
    max_iter: int = 200,
    tol: float = 1e-6,
) -> PairwiseConsensus:
    """Fit the model to comparisons, arrays of shape (n_comparisons,).

    A tie is for the caller to leave out, or to enter as one comparison each way. Raises ValueError for arrays of
    different length and a candidate compared with itself.
    """
    if not len(winner_idx) == len(loser_idx) == len(reviewer_idx):
        raise ValueError("winner_idx, loser_idx and reviewer_idx must have the same length")
    if (winner_idx == loser_idx).any():
        raise ValueError("a candidate cannot be compared with itself")
    score: NDArray[np.float64] = np.zeros(n_candidates)
    reliability: NDArray[np.float64] = np.full(n_reviewers, PRIOR_RIGHT / (PRIOR_RIGHT + PRIOR_WRONG))
    n_said = np.bincount(reviewer_idx, minlength=n_reviewers)
    share = np.zeros(len(winner_idx))
    converged, rounds = False, 0
    while not converged and rounds < max_iter:
        wins = expit(score[winner_idx] - score[loser_idx])
        honest = reliability[reviewer_idx] * wins
        share = honest / (honest + (1.0 - reliability[reviewer_idx]) * (1.0 - wins))
        step = _newton(score, winner_idx, loser_idx, share)
        said_right = np.bincount(reviewer_idx, weights=share, minlength=n_reviewers)
        # The mode of the Beta posterior.
        reliability = (said_right + PRIOR_RIGHT - 1.0) / (n_said + PRIOR_RIGHT + PRIOR_WRONG - 2.0)
        score = score + step
        converged = bool(np.max(np.abs(step), initial=0.0) < tol)
        rounds += 1
    reach = _NORMAL_95 * _deviation(score, reliability, winner_idx, loser_idx, reviewer_idx)
    score = score - score.mean() if n_candidates else score
    return PairwiseConsensus(score, score - reach, score + reach, reliability, rounds, converged)


def _newton(
    score: NDArray[np.float64], winner: NDArray[np.int64], loser: NDArray[np.int64], share: NDArray[np.float64]
) -> NDArray[np.float64]:
    """One step uphill; `share`: how far each comparison is believed as it was said."""
    wins = expit(score[winner] - score[loser])
    surplus, bend = share - wins, wins * (1.0 - wins)
    size = len(score)
    gained, lost = (np.bincount(side, weights=surplus, minlength=size) for side in (winner, loser))
    gradient = gained - lost - score / SCORE_DEVIATION**2
    return np.asarray(np.linalg.solve(_curvature(winner, loser, bend, size=size), gradient))


def _deviation(
    score: NDArray[np.float64],
    reliability: NDArray[np.float64],
    winner: NDArray[np.int64],
    loser: NDArray[np.int64],
    reviewer: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Standard deviation of each score from the mean of all."""
    size, people = len(score), len(reliability)
    if not size:
        return np.zeros(0)
    right, wins = reliability[reviewer], expit(score[winner] - score[loser])
    said = right * wins + (1.0 - right) * (1.0 - wins)
    weight = 1.0 / np.maximum(said * (1.0 - said), 1e-12)
    by_score, by_right = (2.0 * right - 1.0) * wins * (1.0 - wins), 2.0 * wins - 1.0
    prior = (PRIOR_RIGHT - 1.0) / reliability**2 + (PRIOR_WRONG - 1.0) / np.maximum(1.0 - reliability, 1e-6) ** 2
    own = prior + np.bincount(reviewer, weights=by_right**2 * weight, minlength=people)
    shared: NDArray[np.float64] = np.zeros((size, people))
    np.add.at(shared, (winner, reviewer), by_score * by_right * weight)
    np.add.at(shared, (loser, reviewer), -by_score * by_right * weight)
    # What is left of the scores' information once reliability is not taken for known (Schur complement).
    left = _curvature(winner, loser, by_score**2 * weight, size=size) - (shared / own) @ shared.T
    centred = np.eye(size) - 1.0 / size
    covariance = centred @ np.linalg.inv(left) @ centred
    return np.asarray(np.sqrt(np.maximum(np.diag(covariance), 0.0)))


def _curvature(
    winner: NDArray[np.int64], loser: NDArray[np.int64], bend: NDArray[np.float64], *, size: int
) -> NDArray[np.float64]:
    """That of the comparisons, each with its own weight, and of the prior."""
    pairs: NDArray[np.float64] = np.zeros((size, size))
    np.add.at(pairs, (winner, loser), bend)
    pairs += pairs.T
    return np.asarray(np.diag(pairs.sum(axis=1) + 1.0 / SCORE_DEVIATION**2) - pairs)
