"""One-coin Dawid-Skene (ZenCrowd, "ZC"): each reviewer is right with one probability, all mistakes alike.

G. Demartini, D. E. Difallah and P. Cudre-Mauroux (2012), "ZenCrowd", doi:10.1145/2187836.2187900; the EM form of
Y. Zhang, X. Chen, D. Zhou and M. I. Jordan (2014), "Spectral Methods Meet EM", arXiv:1406.3824, section 2.
"""

import numpy as np

from apps.consensus.algorithms.votes import Aggregate, Votes, certain, expected_accuracy, softmax_rows

# Keeps the logarithms finite; crowd-kit's value, so that the two agree.
FLOOR = 1e-10


def one_coin(votes: Votes, *, max_iter: int = 200, tol: float = 1e-5) -> Aggregate:
    """Fit by EM from the vote shares; maximum likelihood, without a prior.

    Stops when no posterior moves by `tol` or more, at the latest after `max_iter` rounds.
    """
    if votes.n_classes == 1:
        return certain(votes)
    posterior = votes.shares()
    converged, rounds = False, 0
    while not converged and rounds < max_iter:
        right = np.clip(np.nan_to_num(expected_accuracy(votes, posterior), nan=0.5), FLOOR, 1.0 - FLOOR)
        prior = np.maximum(posterior.mean(axis=0), FLOOR) if votes.n_items else np.ones(votes.n_classes)
        odds = np.log(right) - np.log((1.0 - right) / (votes.n_classes - 1))
        following = votes.held(softmax_rows(votes.weighted(odds) + np.log(prior))[0])
        converged = bool(np.max(np.abs(following - posterior), initial=0.0) < tol)
        posterior, rounds = following, rounds + 1
    return Aggregate(
        posterior,
        expected_accuracy(votes, posterior),
        is_probability=True,
        prior=prior / prior.sum(),
        iterations=rounds,
        converged=converged,
    )
