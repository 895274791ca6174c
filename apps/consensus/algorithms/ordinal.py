"""Ratings on a scale: Dawid-Skene whose confusion matrices know that the levels are ordered.

A reviewer answers near his own reading of the true level: bias + slope * level, with noise of his own spread, and now
and then anything at all. So four numbers stand for a whole matrix, and somebody who rates a level too high, uses only
the middle of the scale or wavers is read accordingly. EM as in Dawid and Skene (1979), doi:10.2307/2346806, with the
rating model of V. C. Raykar et al. (2010), "Learning From Crowds", JMLR 11, section 5.1 (ordinal regression with
reviewers), in the place of the free matrix. The posterior is over levels, so it compares with that of a single choice.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from apps.consensus.algorithms.bayes_dawid_skene import expected_counts, log_answers
from apps.consensus.algorithms.tempering import fitted_temperature, tempered
from apps.consensus.algorithms.votes import Aggregate, Votes, certain, softmax_rows

# Share of answers that have nothing to do with the level, as in `number_consensus`.
LAPSE = 0.1
# What the pool is worth beside a reviewer's own ratings: in ratings for bias and spread, in squared levels for slope.
PRIOR_RATINGS = 4.0
PRIOR_SLOPE = 8.0
LEAST_SPREAD = 0.2
_PRIOR_ITEMS = 4.0
_SLOPES = (0.25, 3.0)


def ordinal_dawid_skene(votes: Votes, *, max_iter: int = 200, tol: float = 1e-5) -> Aggregate:
    """Fit the model; classes are the levels in their order. `confusion` holds the matrices that the numbers stand for.

    Stops when no posterior moves by `tol` or more, at the latest after `max_iter` rounds.
    """
    if votes.n_classes == 1:
        return certain(votes)
    table, posterior = votes.table(), votes.shares()
    converged, rounds = False, 0
    while not converged and rounds < max_iter:
        confusion = _matrices(votes, votes.telling(posterior))
        # As in `bayes_dawid_skene`: near the shares of the votes, so that no level swallows its neighbours.
        mass = posterior.sum(axis=0) + votes.shares().sum(axis=0) + _PRIOR_ITEMS / votes.n_classes
        log_joint = table @ log_answers(confusion) + np.log(mass / mass.sum())
        following = votes.held(softmax_rows(log_joint)[0])
        converged = bool(np.max(np.abs(following - posterior), initial=0.0) < tol)
        posterior, rounds = following, rounds + 1
    counts = expected_counts(table, votes.telling(posterior))
    temperature = fitted_temperature(votes, log_joint, confusion, counts)
    return tempered(
        votes,
        log_joint,
        prior=mass / mass.sum(),
        confusion=confusion,
        temperature=temperature,
        rounds=rounds,
        converged=converged,
    )


def _matrices(votes: Votes, posterior: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each reviewer's line through (level, answer), drawn towards answering the level itself, and its spread."""
    levels = np.arange(votes.n_classes) - (votes.n_classes - 1) / 2
    weight, level, square = posterior.sum(axis=1), posterior @ levels, posterior @ levels**2
    item, answer = votes.item_idx, levels[votes.label_idx]
    n, x, y = (votes.per_reviewer(each) for each in (weight[item], level[item], weight[item] * answer))
    xx, xy = votes.per_reviewer(square[item]), votes.per_reviewer(level[item] * answer)
    yy = votes.per_reviewer(weight[item] * answer**2)
    # Ridge regression: two unknowns each, solved by Cramer's rule.
    slope_from, bias_from = xx + PRIOR_SLOPE, n + PRIOR_RATINGS
    determinant = slope_from * bias_from - x**2
    bias: NDArray[np.float64] = np.zeros(votes.n_reviewers)
    slope = np.clip(((xy + PRIOR_SLOPE) * bias_from - x * y) / determinant, *_SLOPES)
    if n.any():
        # Nobody tells where the scale lies and how wide it is but all reviewers together: on average they neither lean
        # nor stretch. Left free, the levels drift to the ends.
        slope = slope / np.average(slope, weights=n)
        bias = (y - slope * x) / bias_from
        bias = bias - np.average(bias, weights=n)
    errors = yy + slope**2 * xx + n * bias**2 - 2 * slope * xy - 2 * bias * y + 2 * slope * bias * x
    pool = max(float(errors.sum()) / max(float(n.sum()), 1.0), LEAST_SPREAD**2)
    spread = np.sqrt(np.maximum((errors + PRIOR_RATINGS * pool) / (n + PRIOR_RATINGS), LEAST_SPREAD**2))
    return ordinal_confusion(bias, slope, spread, votes.n_classes)


def ordinal_confusion(
    bias: NDArray[np.float64], slope: NDArray[np.float64], spread: NDArray[np.float64], n_levels: int
) -> NDArray[np.float64]:
    """Matrices [reviewer, true level, answer] of reviewers with these numbers; levels count from the scale's middle."""
    levels = np.arange(n_levels) - (n_levels - 1) / 2
    middle = bias[:, None] + slope[:, None] * levels
    far = (levels - middle[:, :, None]) / spread[:, None, None]
    near = -0.5 * far**2
    near -= near.max(axis=2, keepdims=True)
    shares = np.exp(near)
    shares /= shares.sum(axis=2, keepdims=True)
    return np.asarray((1 - LAPSE) * shares + LAPSE / n_levels)


@lru_cache(maxsize=256)
def ordinal_pool(accuracy: float, n_levels: int) -> NDArray[np.float64]:
    """Matrix, shape (n_levels, n_levels), of somebody without bias who names the level itself with `accuracy`."""
    if n_levels == 1:
        return np.ones((1, 1))
    none, one = np.zeros(1), np.ones(1)
    low, high = LEAST_SPREAD, 10.0 * n_levels
    for _ in range(60):
        middle = (low + high) / 2
        matrix = ordinal_confusion(none, one, np.array([middle]), n_levels)[0]
        low, high = (middle, high) if matrix.diagonal().mean() > accuracy else (low, middle)
    matrix.setflags(write=False)
    return np.asarray(matrix)


def level_interval(posterior: NDArray[np.float64], *, outside: float = 0.05) -> tuple[int, int]:
    """The lowest and the highest level (from 0) that are left when at most half of `outside` is cut off at each end."""
    cumulated = np.cumsum(posterior)
    low = int(np.searchsorted(cumulated, outside / 2, side="right"))
    high = int(np.searchsorted(cumulated, 1 - outside / 2, side="left"))
    return min(low, len(posterior) - 1), min(high, len(posterior) - 1)
