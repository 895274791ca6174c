"""MACE: each reviewer either knows the answer or spams, and spams in his own way.

D. Hovy, T. Berg-Kirkpatrick, A. Vaswani and E. Hovy (2013), "Learning Whom to Trust with MACE", NAACL-HLT, 1120-1130,
aclanthology.org/N13-1132, with its variational updates and its priors. The original restarts at random and keeps the
best; here the fit starts once, from everybody spamming half the time and evenly, so that it is repeatable.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma

from apps.consensus.algorithms.votes import Aggregate, Votes, certain, expected_accuracy, softmax_rows

# Beta prior of spamming and knowing, and Dirichlet prior of what a spammer answers: the paper's and crowd-kit's values.
KNOWING_PRIOR = 0.5
STRATEGY_PRIOR = 10.0


@dataclass(frozen=True, slots=True)
class Spamming:
    """Parameters of the reviewers; after a variational step they are weights that sum to a little less than 1."""

    knows: NDArray[np.float64]  # (n_reviewers,)
    spams: NDArray[np.float64]  # (n_reviewers,)
    strategy: NDArray[np.float64]  # (n_reviewers, n_classes), what he answers when he spams


def mace(votes: Votes, *, start: Spamming | None = None, max_iter: int = 50, tol: float = 1e-6) -> Aggregate:
    """Fit by variational EM; class shares are uniform, as in the paper.

    Args:
        start: parameters to start from.
        max_iter, tol: stop when no posterior moves by `tol` or more, at the latest after `max_iter` rounds.
    """
    if votes.n_classes == 1:
        return certain(votes)
    spamming = start or _even(votes)
    posterior, knows = _e_step(votes, spamming)
    converged, rounds = False, 0
    while not converged and rounds < max_iter:
        spamming = _m_step(votes, knows)
        following, knows = _e_step(votes, spamming)
        converged = bool(np.max(np.abs(following - posterior), initial=0.0) < tol)
        posterior, rounds = following, rounds + 1
    return Aggregate(
        posterior,
        expected_accuracy(votes, posterior),
        is_probability=True,
        iterations=rounds,
        converged=converged,
    )


def _even(votes: Votes) -> Spamming:
    half = np.full(votes.n_reviewers, 0.5)
    return Spamming(half, half, np.full((votes.n_reviewers, votes.n_classes), 1.0 / votes.n_classes))


def _e_step(votes: Votes, spamming: Spamming) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The posterior of the items, and the probability that each vote came from knowing, shape (n_votes,)."""
    by_spam = spamming.spams[votes.reviewer_idx] * spamming.strategy[votes.reviewer_idx, votes.label_idx]
    by_both = by_spam + spamming.knows[votes.reviewer_idx]
    # Only for its own class can a vote come from knowing; the factor of all classes alike cancels.
    posterior = votes.held(softmax_rows(votes.summed(np.log(by_both / by_spam)))[0])
    knows = posterior[votes.item_idx, votes.label_idx] * spamming.knows[votes.reviewer_idx] / by_both
    return posterior, knows


def _m_step(votes: Votes, knows: NDArray[np.float64]) -> Spamming:
    """Variational: exp of expected logarithms under the Beta and Dirichlet posteriors."""
    known = votes.per_reviewer(knows) + KNOWING_PRIOR
    spammed = votes.per_reviewer(1.0 - knows) + KNOWING_PRIOR
    cells = votes.reviewer_idx * votes.n_classes + votes.label_idx
    answers = np.bincount(cells, weights=1.0 - knows, minlength=votes.n_reviewers * votes.n_classes)
    strategy = answers.reshape(votes.n_reviewers, votes.n_classes) + STRATEGY_PRIOR
    total = digamma(known + spammed)
    return Spamming(
        np.exp(digamma(known) - total),
        np.exp(digamma(spammed) - total),
        np.exp(digamma(strategy) - digamma(strategy.sum(axis=1, keepdims=True))),
    )
