"""Bayesian one-coin model: one rate per reviewer, drawn towards the pool's, all mistakes alike.

The model of `one_coin` with a Beta prior around the pool's accuracy and the class shares of `bayes_dawid_skene`, fitted
by mean-field variational Bayes. It has the fewest parameters that still tell reviewers apart, so it is the better one
where each of them gave only a few votes and their mistakes follow no pattern.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma

from apps.consensus.algorithms.bayes_dawid_skene import (
    beta_divergence,
    class_share_priors,
    data_term,
    dirichlet_divergence,
    expected_counts,
    expected_log,
    share_right,
    sounder,
)
from apps.consensus.algorithms.dawid_skene import STARTING_ACCURACY, STARTING_VOTES, pooled_confusion
from apps.consensus.algorithms.tempering import fitted_temperature, tempered
from apps.consensus.algorithms.votes import MOST_CELLS, Aggregate, Votes, certain, softmax_rows

DEFAULT_STRENGTH = 5.0


def bayes_one_coin(
    votes: Votes, *, strength: float = DEFAULT_STRENGTH, max_iter: int = 200, tol: float = 1e-5
) -> Aggregate:
    """Fit the model from the vote shares; `strength` is how many votes the pool is worth beside a reviewer's own.

    As in `bayes_dawid_skene` the posterior is that of the expected rates, tempered; where the matrices would not fit
    into memory they are left out, and so is the tempering.
    """
    if strength <= 0 or max_iter < 1:
        raise ValueError("strength must be above 0 and max_iter at least 1")
    if votes.n_classes == 1:
        return certain(votes)
    fits = [_fitted(votes, shares, strength, max_iter, tol) for shares in class_share_priors(votes)]
    fit = sounder(fits)
    prior = fit.mass / fit.mass.sum()
    others = np.log(votes.n_classes - 1)
    log_joint = votes.weighted(np.log(fit.rates) - np.log1p(-fit.rates) + others) + np.log(prior)
    confusion, temperature = None, 1.0
    if votes.n_cells <= MOST_CELLS:
        confusion = np.stack([pooled_confusion(rate, votes.n_classes) for rate in fit.rates])
        counts = expected_counts(votes.table(), votes.telling(fit.posterior))
        temperature = fitted_temperature(votes, log_joint, confusion, counts)
    return tempered(
        votes,
        log_joint,
        prior=prior,
        confusion=confusion,
        temperature=temperature,
        rounds=fit.rounds,
        converged=fit.converged,
        evidence=fit.evidence,
    )


@dataclass(frozen=True, slots=True)
class _Fit:
    posterior: NDArray[np.float64]  # (n_items, n_classes)
    rates: NDArray[np.float64]  # (n_reviewers,), posterior mean of being right
    mass: NDArray[np.float64]  # (n_classes,), Dirichlet parameters of the class shares
    right: float  # expected share of right answers
    evidence: float
    rounds: int
    converged: bool


def _fitted(votes: Votes, shares: NDArray[np.float64], strength: float, max_iter: int, tol: float) -> _Fit:
    posterior = votes.shares()
    is_telling = votes.telling(np.ones_like(posterior))[votes.item_idx, 0]
    total, others = votes.per_reviewer(is_telling), np.log(votes.n_classes - 1)
    converged, rounds = False, 0
    while not converged and rounds < max_iter:
        right = votes.per_reviewer(is_telling * posterior[votes.item_idx, votes.label_idx])
        pool = (right.sum() + STARTING_VOTES * STARTING_ACCURACY) / (total.sum() + STARTING_VOTES)
        after = right + strength * pool, np.maximum(total - right, 0.0) + strength * (1.0 - pool)
        log_right, log_wrong = (digamma(each) - digamma(after[0] + after[1]) for each in after)
        mass = shares + posterior.sum(axis=0)
        log_joint = votes.weighted(log_right - log_wrong + others) + expected_log(mass)
        following, log_totals = softmax_rows(log_joint)
        following = votes.held(following)
        converged = bool(np.max(np.abs(following - posterior), initial=0.0) < tol)
        posterior, rounds = following, rounds + 1
    # What every vote costs, right or wrong; the votes above hold only what being right adds.
    common = float((votes.per_reviewer() * (log_wrong - others)).sum())
    apart = beta_divergence(*after, strength * pool, strength * (1.0 - pool)) + dirichlet_divergence(mass, shares)
    evidence = data_term(votes, log_joint, log_totals) + common - apart
    rates = after[0] / (after[0] + after[1])
    return _Fit(posterior, rates, mass, share_right(votes, posterior), evidence, rounds, converged)
