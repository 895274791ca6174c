"""Dawid-Skene: true labels and each reviewer's confusion matrix, estimated together by EM.

A. P. Dawid and A. M. Skene (1979), "Maximum Likelihood Estimation of Observer Error-Rates Using the EM
Algorithm", Applied Statistics 28(1), 20-28, doi:10.2307/2346806. The M-step is their equations (2.3) and (2.4),
the E-step their equation (2.5).

On sparse data the plain algorithm gets worse with each iteration, since a matrix of K x K numbers is estimated from
a handful of votes; with many classes it even makes three different answers look certain, because each vote shapes
the cell that then explains it. So each reviewer's matrix is shrunk towards what the whole pool does (`pool_matrix`);
`smoothing=0` is the classical algorithm.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from apps.consensus.algorithms.votes import Votes, softmax_rows

DEFAULT_SMOOTHING = 4.0
# The smallest count of the unsmoothed M-step: keeps logarithms finite and changes no digit that anybody reads.
FLOOR = 1e-10
# Below every product of two floors, so that no probability of a fit is changed on its way into a logarithm.
_TINY = 1e-300
# What is believed of a pool before its first vote, in votes: without it EM can collapse on a handful of items.
STARTING_ACCURACY = 0.8
STARTING_VOTES = 20.0
# For each wrong answer to each class.
STARTING_MISTAKES = 4.0


@dataclass(frozen=True, slots=True)
class DawidSkeneFit:
    """Result of `dawid_skene`. `posterior` is the E-step of exactly the `confusion` and `prior` beside it."""

    posterior: NDArray[np.float64]  # (n_items, n_classes), rows sum to 1
    confusion: NDArray[np.float64]  # (n_reviewers, n_classes, n_classes): [reviewer, true class, answer]
    prior: NDArray[np.float64]  # (n_classes,)
    iterations: int
    converged: bool
    log_likelihoods: tuple[float, ...]  # of the observed votes, natural logarithm, one per iteration


def dawid_skene(
    item_idx: NDArray[np.int64],
    reviewer_idx: NDArray[np.int64],
    label_idx: NDArray[np.int64],
    *,
    n_items: int,
    n_reviewers: int,
    n_classes: int,
    init: NDArray[np.float64] | None = None,
    smoothing: float = DEFAULT_SMOOTHING,
    pseudo_count: float = 0.0,
    known: NDArray[np.int64] | None = None,
    max_iter: int = 200,
    tol: float = 1e-5,
    least_gain: float = 0.0,
) -> DawidSkeneFit:
    """Fit the Dawid-Skene model by EM to votes in long format.

    Args:
        item_idx, reviewer_idx, label_idx: shape (n_votes,); one row per vote, indices from 0.
        n_items, n_reviewers, n_classes: sizes; items and reviewers without a vote are allowed.
        init: posterior to start from, shape (n_items, n_classes), rows sum to 1; default the vote shares.
        smoothing: how many votes the pool is worth beside a reviewer's own, for each class and mistake; 0 is classical.
        pseudo_count: without smoothing, votes added to each cell of each matrix.
        known: golden answers as in `Votes`; they are never re-estimated.
        max_iter, tol: stop when no posterior moves by `tol` or more, at the latest after `max_iter` rounds.
        least_gain: stop as well when a round changes the log-likelihood per vote by less than this.
    Returns:
        The fit; `converged` is False where `max_iter` ended it.
    Raises:
        ValueError: an index out of range, arrays of different length, or a size, `init` or `smoothing` that cannot be.
    """
    votes = Votes(item_idx, reviewer_idx, label_idx, n_items, n_reviewers, n_classes, known)
    if smoothing < 0 or pseudo_count < 0 or max_iter < 1:
        raise ValueError("smoothing and pseudo_count must be at least 0 and max_iter at least 1")
    posterior = votes.shares() if init is None else votes.held(init)
    if posterior.shape != (n_items, n_classes):
        raise ValueError(f"init must have shape {(n_items, n_classes)}, not {posterior.shape}")
    stop = _Stop(max_iter, tol, least_gain * max(len(item_idx), 1))
    return _em(votes, posterior, smoothing=smoothing, pseudo_count=pseudo_count, stop=stop)


@dataclass(frozen=True, slots=True)
class _Stop:
    """When a fit ends; `least_gain` is of all votes together."""

    max_iter: int
    tol: float
    least_gain: float


def _em(
    votes: Votes, posterior: NDArray[np.float64], *, smoothing: float, pseudo_count: float, stop: _Stop
) -> DawidSkeneFit:
    """The two steps in turn, from the given posterior on."""
    table = votes.table()
    log_likelihoods: list[float] = []
    converged = False
    while not converged and len(log_likelihoods) < stop.max_iter:
        confusion, prior = _m_step(table, posterior, smoothing=smoothing, pseudo_count=pseudo_count)
        following, log_likelihood = _e_step(table, confusion, prior)
        following = votes.held(following)
        gain = abs(log_likelihood - log_likelihoods[-1]) if log_likelihoods else np.inf
        log_likelihoods.append(log_likelihood)
        moved = np.max(np.abs(following - posterior), initial=0.0)
        converged = bool(moved < stop.tol or gain < stop.least_gain)
        posterior = following
    return DawidSkeneFit(posterior, confusion, prior, len(log_likelihoods), converged, tuple(log_likelihoods))


def posterior_given(
    votes: Iterable[tuple[int, int]],
    *,
    confusion: NDArray[np.float64],
    prior: NDArray[np.float64],
    temperature: float = 1.0,
    weights: Sequence[float] | None = None,
) -> NDArray[np.float64]:
    """Posterior of one item from given matrices: the E-step, equation (2.5), for a single row.

    Args:
        votes: pairs (index into `confusion`, answered class), one per reviewer.
        confusion: shape (n_matrices, n_classes, n_classes), as in `DawidSkeneFit`; stack `pooled_confusion`
            for reviewers who have no matrix of their own.
        prior: shape (n_classes,).
        temperature: as in `Aggregate`, of the fit that the matrices come from.
        weights: one in [0, 1] for each vote, by which its evidence counts; all 1 unless given.
    Returns:
        Shape (n_classes,), summing to 1; at temperature 1 the prior itself where there is no vote.
    """
    pairs = np.array(list(votes), dtype=np.int64).reshape(-1, 2)
    rows = np.log(np.maximum(confusion[pairs[:, 0], :, pairs[:, 1]], _TINY))
    counted = rows if weights is None else rows * np.asarray(weights)[:, None]
    log_joint = temperature * (np.log(np.maximum(prior, FLOOR)) + counted.sum(axis=0))
    joint = np.exp(log_joint - log_joint.max())
    return np.asarray(joint / joint.sum())


def pooled_confusion(accuracy: float, n_classes: int) -> NDArray[np.float64]:
    """One-coin matrix, shape (n_classes, n_classes): right with `accuracy`, all wrong answers alike.

    For a reviewer of whom nothing is known yet. Raises ValueError for an accuracy outside [0, 1].
    """
    if not 0.0 <= accuracy <= 1.0:
        raise ValueError("accuracy must lie in [0, 1]")
    if n_classes == 1:
        return np.ones((1, 1))
    matrix = np.full((n_classes, n_classes), (1.0 - accuracy) / (n_classes - 1))
    np.fill_diagonal(matrix, accuracy)
    return matrix


def pool_matrix(counts: NDArray[np.float64], *, is_by_class: bool = False) -> NDArray[np.float64]:
    """What the pool would answer: its mean accuracy on the diagonal, its own pattern of mistakes beside it.

    Args:
        counts: shape (n_reviewers, n_classes, n_classes), expected votes [reviewer, true class, answer].
        is_by_class: an accuracy for each class, which starts as if 20 votes had shown the mean one.
    Returns:
        Shape (n_classes, n_classes), rows sum to 1, every entry above 0. The accuracy starts as if 20 votes had been
        right in 0.8 of the cases, each mistake as if it had been made 4 times.
    """
    pool = counts.sum(axis=0)
    n_classes = len(pool)
    if n_classes == 1:
        return np.ones((1, 1))
    mean = (np.trace(pool) + STARTING_VOTES * STARTING_ACCURACY) / (pool.sum() + STARTING_VOTES)
    accuracy = np.full(n_classes, mean)
    if is_by_class:
        accuracy = (np.diagonal(pool) + STARTING_VOTES * mean) / (pool.sum(axis=1) + STARTING_VOTES)
    mistakes = pool + STARTING_MISTAKES
    np.fill_diagonal(mistakes, 0.0)
    matrix = (1.0 - accuracy)[:, None] * mistakes / mistakes.sum(axis=1, keepdims=True)
    np.fill_diagonal(matrix, accuracy)
    return np.asarray(matrix)


def _m_step(
    table: csr_array, posterior: NDArray[np.float64], *, smoothing: float, pseudo_count: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Confusion matrices (2.3) and prior (2.4) from the posterior, shrunk with the weight `smoothing`."""
    n_items, n_classes = posterior.shape
    # The product has rows (reviewer, answer) and columns (true class); the matrices are [true class, answer].
    counts = (table.T @ posterior).reshape(-1, n_classes, n_classes).transpose(0, 2, 1)
    mass = posterior.sum(axis=0)
    if smoothing == 0:
        prior = np.maximum(mass, FLOOR)
        return _classical(counts, pseudo_count=pseudo_count), prior / prior.sum()
    return _shrunk(counts, smoothing=smoothing), (mass + smoothing / n_classes) / (n_items + smoothing)


def _classical(counts: NDArray[np.float64], *, pseudo_count: float) -> NDArray[np.float64]:
    """Shares of the answers in each true class. Without any pseudo-count a reviewer's row ranges over the answers that
    he ever gave, so that a class he has never met tells nothing for or against them."""
    if pseudo_count > 0:
        kept = counts + pseudo_count
    else:
        is_given = counts.sum(axis=1, keepdims=True) > 0
        kept = np.where(is_given, np.maximum(counts, FLOOR), 0.0)
    totals = kept.sum(axis=2, keepdims=True)
    return np.asarray(np.divide(kept, totals, out=np.full(kept.shape, 1.0 / len(kept[0])), where=totals > 0))


def _shrunk(counts: NDArray[np.float64], *, smoothing: float) -> NDArray[np.float64]:
    """Confusion matrices drawn towards the pool: how often right, and apart from it which mistakes."""
    pool = pool_matrix(counts)
    accuracy, n_classes = pool[0, 0], len(pool)
    if n_classes == 1:
        return np.ones(counts.shape)
    diagonal = np.arange(n_classes)
    right = (counts[:, diagonal, diagonal] + smoothing * accuracy) / (counts.sum(axis=2) + smoothing)
    mistakes = counts + smoothing * (n_classes - 1) * pool / (1.0 - accuracy)
    mistakes[:, diagonal, diagonal] = 0.0
    matrices = mistakes * ((1.0 - right) / mistakes.sum(axis=2))[:, :, None]
    matrices[:, diagonal, diagonal] = right
    return np.asarray(matrices)


def _e_step(
    table: csr_array, confusion: NDArray[np.float64], prior: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Posterior (2.5) and the log-likelihood of the votes under the given matrices."""
    log_answers = np.log(np.maximum(confusion, _TINY)).transpose(0, 2, 1).reshape(-1, len(prior))
    posterior, log_totals = softmax_rows(table @ log_answers + np.log(np.maximum(prior, FLOOR)))
    return posterior, float(log_totals.sum())
