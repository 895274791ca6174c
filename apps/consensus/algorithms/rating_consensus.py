"""Consensus on an ordered scale: reviewers' leaning and spread removed, with an interval.

Each rating is the item's value plus the reviewer's bias plus noise of the reviewer's own spread, all normal, with the
items' values drawn from one distribution: the two-way random-effects model of P. E. Shrout and J. L. Fleiss (1979),
doi:10.1037/0033-2909.86.2.420, with unequal noise, fitted by expectation-conditional maximisation (X.-L. Meng and
D. B. Rubin 1993, doi:10.1093/biomet/80.2.267).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# What is believed of a reviewer before any rating: as many ratings with the pool's spread, and as many without bias.
PRIOR_RATINGS = 4.0
# Reviewers who always agree would otherwise end without any noise, and outvote everybody.
LEAST_VARIANCE = 1e-4
_NORMAL_95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class RatingConsensus:
    """Values on the scale of the ratings; `low` and `high` are 95 % intervals under the model."""

    value: NDArray[np.float64]  # (n_items,); the mean of all where an item has no rating
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    bias: NDArray[np.float64]  # (n_reviewers,), how far above the others he rates; 0 without a rating
    spread: NDArray[np.float64]  # (n_reviewers,), standard deviation of his noise
    iterations: int
    converged: bool


def rating_consensus(
    item_idx: NDArray[np.int64],
    reviewer_idx: NDArray[np.int64],
    rating: NDArray[np.float64],
    *,
    n_items: int,
    n_reviewers: int,
    max_iter: int = 200,
    tol: float = 1e-6,
) -> RatingConsensus:
    """Fit the model to ratings in long format, arrays of shape (n_ratings,), one rating per item and reviewer.

    Raises ValueError for a rating that is no finite number and for arrays of different length.
    """
    if not len(item_idx) == len(reviewer_idx) == len(rating):
        raise ValueError("item_idx, reviewer_idx and rating must have the same length")
    if not np.isfinite(rating).all():
        raise ValueError("every rating must be a finite number")
    if not len(rating):
        nothing, nobody = np.zeros(n_items), np.zeros(n_reviewers)
        return RatingConsensus(nothing, nothing - np.inf, nothing + np.inf, nobody, nobody, 0, True)
    pool = max(float(rating.var()), LEAST_VARIANCE)
    value: NDArray[np.float64] = np.full(n_items, rating.mean())
    variance: NDArray[np.float64] = np.full(n_items, pool / 2)
    bias: NDArray[np.float64] = np.zeros(n_reviewers)
    noise: NDArray[np.float64] = np.full(n_reviewers, pool / 2)
    mean, between = float(rating.mean()), pool / 2
    converged, rounds = False, 0
    while not converged and rounds < max_iter:
        weight = 1.0 / noise[reviewer_idx]
        precision = np.asarray(1.0 / between + np.bincount(item_idx, weights=weight, minlength=n_items), np.float64)
        pull = np.bincount(item_idx, weights=weight * (rating - bias[reviewer_idx]), minlength=n_items)
        following, variance = (mean / between + pull) / precision, 1.0 / precision
        bias, noise = _reviewers(rating - following[item_idx], variance[item_idx], reviewer_idx, n_reviewers)
        noise = np.maximum(noise, LEAST_VARIANCE * pool)
        mean = float(following.mean())
        between = max(float(((following - mean) ** 2 + variance).mean()), LEAST_VARIANCE * pool)
        converged = bool(np.max(np.abs(following - value)) < tol * np.sqrt(pool))
        value, rounds = following, rounds + 1
    reach = _NORMAL_95 * np.sqrt(variance)
    return RatingConsensus(value, value - reach, value + reach, bias, np.sqrt(noise), rounds, converged)


def _reviewers(
    residual: NDArray[np.float64], variance: NDArray[np.float64], reviewer_idx: NDArray[np.int64], n_reviewers: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Each reviewer's bias, drawn towards none, and the variance of his noise, drawn towards the pool's."""
    n_ratings = np.bincount(reviewer_idx, minlength=n_reviewers)
    bias = np.bincount(reviewer_idx, weights=residual, minlength=n_reviewers) / (n_ratings + PRIOR_RATINGS)
    squares = (residual - bias[reviewer_idx]) ** 2 + variance
    own = np.bincount(reviewer_idx, weights=squares, minlength=n_reviewers) + PRIOR_RATINGS * float(squares.mean())
    return np.asarray(bias), np.asarray(own / (n_ratings + PRIOR_RATINGS))
