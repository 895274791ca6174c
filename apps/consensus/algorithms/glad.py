"""GLAD: a reviewer's ability times an item's easiness gives the odds of a right answer.

J. Whitehill, P. Ruvolo, T. Wu, J. Bergsma and J. Movellan (2009), "Whose Vote Should Count More", NIPS 22, 2035-2043;
several classes as in its supplement, uniform class shares, normal priors of deviation 1 around 1. The M-step climbs
the expected log-likelihood, equation (2), by conjugate gradients.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, log_expit

from apps.consensus.algorithms.votes import Aggregate, Votes, certain, expected_accuracy, softmax_rows

PRIOR_MEAN = 1.0


def glad(
    votes: Votes, *, max_iter: int = 100, tol: float = 1e-5, m_step_iterations: int = 25, m_step_tol: float = 1e-2
) -> Aggregate:
    """Fit by EM. Stops when the objective per vote and class gains less than `tol`.

    The posterior is the one that the last M-step climbed from, as in crowd-kit.

    Args:
        m_step_iterations, m_step_tol: limits of the conjugate gradients within one M-step.
    """
    if votes.n_classes == 1:
        return certain(votes)
    point = np.full(votes.n_reviewers + votes.n_items, PRIOR_MEAN)
    size = max(len(votes.item_idx) * votes.n_classes, 1)
    best, converged, rounds = -np.inf, False, 0
    while not converged and rounds < max_iter:
        posterior = _posterior(votes, point)
        right = posterior[votes.item_idx, votes.label_idx]
        found = minimize(
            lambda x, right=right: _objective(votes, x, right),
            point,
            method="CG",
            jac=True,
            tol=m_step_tol,
            options={"maxiter": m_step_iterations},
        )
        point, rounds, value = found.x, rounds + 1, -float(found.fun) / size
        converged = value - best < tol
        best = value
    return Aggregate(
        posterior,
        expected_accuracy(votes, posterior),
        is_probability=True,
        iterations=rounds,
        converged=converged,
    )


def _parts(votes: Votes, point: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Ability and easiness of each vote's reviewer and item; easiness is stored as its logarithm."""
    ability = point[: votes.n_reviewers][votes.reviewer_idx]
    return ability, np.exp(point[votes.n_reviewers :][votes.item_idx])


def _posterior(votes: Votes, point: NDArray[np.float64]) -> NDArray[np.float64]:
    ability, easiness = _parts(votes, point)
    # log(a) - log((1 - a) / (K - 1)) with a the logistic function of the product.
    gain = ability * easiness + np.log(votes.n_classes - 1)
    return votes.held(softmax_rows(votes.summed(gain))[0])


def _objective(
    votes: Votes, point: NDArray[np.float64], right: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    """Minus the expected log-likelihood with the priors, and its gradient; `right`: each vote's posterior."""
    ability, easiness = _parts(votes, point)
    product = ability * easiness
    likelihood = right * log_expit(product) + (1.0 - right) * (log_expit(-product) - np.log(votes.n_classes - 1))
    away = point - PRIOR_MEAN
    value = likelihood.sum() - 0.5 * (away**2).sum() - len(point) * 0.5 * np.log(2.0 * np.pi)
    surplus = right - expit(product)
    by_ability = np.bincount(votes.reviewer_idx, weights=surplus * easiness, minlength=votes.n_reviewers)
    by_easiness = np.bincount(votes.item_idx, weights=surplus * product, minlength=votes.n_items)
    return -float(value), away - np.concatenate([by_ability, by_easiness])
