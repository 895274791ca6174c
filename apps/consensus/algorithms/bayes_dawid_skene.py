"""Bayesian Dawid-Skene: confusion matrices with priors that are learned from the pool.

Dawid and Skene (1979), doi:10.2307/2346806, with the priors of H.-C. Kim and Z. Ghahramani (2012), "Bayesian Classifier
Combination" (PMLR 22:619-627), fitted by mean-field variational Bayes as in E. Simpson et al. (2013),
doi:10.1007/978-3-642-36406-8_1. Four choices make it hold on few votes:

- How often a reviewer is right in a class is Beta distributed around the whole pool's accuracy, which mistake he then
  makes is Dirichlet distributed around the pool's pattern of mistakes, both with the weight of `strength` votes. The
  pool's accuracy is one number for all classes: it ties a class to its name, without which a class may drift to
  whatever explains the votes best.
- The class shares are free where that is sound (`sounder`), else Dirichlet distributed around the shares of the votes
  with the weight of all items: where many answer at random, one class could swallow the others.
- A lone label on an item tells nothing about who gave it.
- The posterior is that of the expected matrices, so that `posterior_given` with the stored ones gives the same.
"""

from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.special import digamma, gammaln

from apps.consensus.algorithms.dawid_skene import pool_matrix
from apps.consensus.algorithms.tempering import fitted_temperature, tempered
from apps.consensus.algorithms.votes import UNKNOWN, Aggregate, Votes, certain, softmax_rows

DEFAULT_STRENGTH = 2.0
# Of the model that only testifies: with more weight on the pool it sees what reviewers have in common in fewer votes.
WITNESS_STRENGTH = 8.0
# So much less often may reviewers be right under free class shares.
MOST_LOST = 0.02


class _HasRight(Protocol):
    @property
    def right(self) -> float: ...


Fitted = TypeVar("Fitted", bound=_HasRight)


def bayes_dawid_skene(
    votes: Votes,
    *,
    strength: float = DEFAULT_STRENGTH,
    is_tempered: bool = True,
    max_iter: int = 200,
    tol: float = 1e-5,
) -> Aggregate:
    """Fit the model by variational Bayes, starting from the vote shares.

    Args:
        strength: how many votes the pool is worth beside a reviewer's own, per true class and answer.
        is_tempered: soften the posterior where reviewers err together (`tempering`); changes no leader.
        max_iter, tol: stop when no posterior moves by `tol` or more, at the latest after `max_iter` rounds.
    Returns:
        `confusion` and `prior` are posterior means; `evidence` is the variational lower bound.
    """
    if strength <= 0 or max_iter < 1:
        raise ValueError("strength must be above 0 and max_iter at least 1")
    if votes.n_classes == 1:
        return certain(votes)
    table = votes.table()
    fit = _sound_fit(votes, table, _Prior(strength), max_iter, tol)
    confusion, prior = _expected(fit.belief), fit.mass / fit.mass.sum()
    log_joint = table @ log_answers(confusion) + np.log(prior)
    temperature = fitted_temperature(votes, log_joint, confusion, fit.belief.counts) if is_tempered else 1.0
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


def evidence_by_class(votes: Votes, *, max_iter: int = 200, tol: float = 1e-5) -> float:
    """The evidence if the pool is right in each class with a rate of its own, less what these rates cost.

    They are point estimates, so each costs half the logarithm of the number of votes (G. Schwarz (1978),
    doi:10.1214/aos/1176344136). This model testifies against one rate per reviewer where classes differ in
    difficulty; it never gives the consensus, because a rare class may drift from its name in it.
    """
    fit = _sound_fit(votes, votes.table(), _Prior(WITNESS_STRENGTH, is_by_class=True), max_iter, tol)
    return fit.evidence - 0.5 * (votes.n_classes - 1) * float(np.log(max(len(votes.item_idx), 1)))


@dataclass(frozen=True, slots=True)
class _Prior:
    """What is believed of a reviewer before his votes: to answer as the pool does, as if seen in `strength` votes."""

    strength: float
    is_by_class: bool = False  # the pool's accuracy is one for each class, not one for all


@dataclass(frozen=True, slots=True)
class _Fit:
    belief: "_Belief"
    mass: NDArray[np.float64]  # (n_classes,), Dirichlet parameters of the class shares
    right: float  # expected share of right answers
    evidence: float
    rounds: int
    converged: bool


def _sound_fit(votes: Votes, table: csr_array, prior: _Prior, max_iter: int, tol: float) -> _Fit:
    return sounder([_fitted(votes, table, shares, prior, max_iter, tol) for shares in class_share_priors(votes)])


def _fitted(
    votes: Votes, table: csr_array, shares: NDArray[np.float64], prior: _Prior, max_iter: int, tol: float
) -> _Fit:
    posterior = votes.shares()
    converged, rounds = False, 0
    while not converged and rounds < max_iter:
        belief = _believed(table, votes.telling(posterior), prior)
        mass = shares + posterior.sum(axis=0)
        log_joint = table @ _log_answers(belief) + expected_log(mass)
        following, log_totals = softmax_rows(log_joint)
        following = votes.held(following)
        converged = bool(np.max(np.abs(following - posterior), initial=0.0) < tol)
        posterior, rounds = following, rounds + 1
    evidence = data_term(votes, log_joint, log_totals) - _surprise(belief) - dirichlet_divergence(mass, shares)
    return _Fit(belief, mass, share_right(votes, posterior), evidence, rounds, converged)


@dataclass(frozen=True, slots=True)
class _Belief:
    """Parameters of the Beta and Dirichlet distributions, before (`prior_*`) and after the votes."""

    counts: NDArray[np.float64]  # (n_reviewers, n_classes, n_classes), expected votes [reviewer, true class, answer]
    right: NDArray[np.float64]  # (n_reviewers, n_classes)
    wrong: NDArray[np.float64]  # (n_reviewers, n_classes)
    mistakes: NDArray[np.float64]  # (n_reviewers, n_classes, n_classes), 1 on the diagonal, which stands for nothing
    prior_right: NDArray[np.float64]  # (n_classes,)
    prior_wrong: NDArray[np.float64]  # (n_classes,)
    prior_mistakes: NDArray[np.float64]  # (n_classes, n_classes), 1 on the diagonal


def _believed(table: csr_array, posterior: NDArray[np.float64], prior: _Prior) -> _Belief:
    counts = expected_counts(table, posterior)
    n_classes, strength = posterior.shape[1], prior.strength
    pool = pool_matrix(counts, is_by_class=prior.is_by_class)
    accuracy, diagonal = np.diagonal(pool), np.arange(n_classes)
    prior_mistakes = strength * (n_classes - 1) * pool / (1.0 - accuracy)[:, None]
    right = counts[:, diagonal, diagonal]
    wrong = np.maximum(counts.sum(axis=2) - right, 0.0)
    mistakes = counts + prior_mistakes
    mistakes[:, diagonal, diagonal] = 1.0
    np.fill_diagonal(prior_mistakes, 1.0)
    before = strength * accuracy, strength * (1.0 - accuracy)
    return _Belief(counts, right + before[0], wrong + before[1], mistakes, *before, prior_mistakes)


def _log_answers(belief: _Belief) -> NDArray[np.float64]:
    """Expected logarithms of the matrices, rows (reviewer, answer), columns the true class."""
    n_classes = belief.mistakes.shape[1]
    diagonal, total = np.arange(n_classes), digamma(belief.right + belief.wrong)
    logs = digamma(belief.mistakes) - digamma(belief.mistakes.sum(axis=2) - 1.0)[:, :, None]
    logs += (digamma(belief.wrong) - total)[:, :, None]
    logs[:, diagonal, diagonal] = digamma(belief.right) - total
    return np.asarray(logs.transpose(0, 2, 1).reshape(-1, n_classes))


def _expected(belief: _Belief) -> NDArray[np.float64]:
    """Mean matrices: right times its share, and each mistake its share of the rest."""
    diagonal = np.arange(belief.mistakes.shape[1])
    right = belief.right / (belief.right + belief.wrong)
    confusion = belief.mistakes * ((1.0 - right) / (belief.mistakes.sum(axis=2) - 1.0))[:, :, None]
    confusion[:, diagonal, diagonal] = right
    return np.asarray(confusion)


def _surprise(belief: _Belief) -> float:
    """Kullback-Leibler divergence of all matrices' distributions from their priors, in nats."""
    rates = beta_divergence(belief.right, belief.wrong, belief.prior_right, belief.prior_wrong)
    after, before = belief.mistakes, belief.prior_mistakes
    total, total_before = after.sum(axis=2) - 1.0, before.sum(axis=1) - 1.0
    patterns = gammaln(total).sum() - gammaln(after).sum()
    patterns -= len(after) * (gammaln(total_before).sum() - gammaln(before).sum())
    patterns += ((after - before) * (digamma(after) - digamma(total)[:, :, None])).sum()
    return rates + float(patterns)


def expected_counts(table: csr_array, posterior: NDArray[np.float64]) -> NDArray[np.float64]:
    """Expected votes, shape (n_reviewers, n_classes, n_classes): [reviewer, true class, answer]."""
    n_classes = posterior.shape[1]
    # The product has rows (reviewer, answer) and columns (true class).
    return np.asarray((table.T @ posterior).reshape(-1, n_classes, n_classes).transpose(0, 2, 1))


def log_answers(confusion: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithms of the matrices, rows (reviewer, answer), columns the true class, as the vote table wants them."""
    return np.log(confusion).transpose(0, 2, 1).reshape(-1, confusion.shape[1])


def class_share_priors(votes: Votes) -> list[NDArray[np.float64]]:
    """Dirichlet parameters of the class shares to try: one item for each class, and the votes' shares worth as many
    items as there are. With less than an item, a class that has only one or two would lose them to its neighbours."""
    given = np.bincount(votes.label_idx, minlength=votes.n_classes) + 1.0
    free = np.ones(votes.n_classes)
    return [free, np.asarray(given / given.sum() * max(votes.n_items, 1))]


def share_right(votes: Votes, posterior: NDArray[np.float64]) -> float:
    """How often the answers are right under a posterior."""
    return float(posterior[votes.item_idx, votes.label_idx].sum() / max(len(votes.item_idx), 1))


def sounder(fits: list[Fitted]) -> Fitted:
    """The fit with free class shares, unless under it reviewers would be right noticeably less often.

    That is the mark of one class swallowing the others: the votes of those who answer at random are then explained as
    mistakes about it. The evidence does not show it, since such a fit may well explain the votes better.
    """
    free, anchored = fits
    return anchored if free.right < anchored.right - MOST_LOST else free


def expected_log(parameters: NDArray[np.float64]) -> NDArray[np.float64]:
    """Expected logarithms of shares that are Dirichlet distributed."""
    return np.asarray(digamma(parameters) - digamma(parameters.sum()))


def beta_divergence(
    right: NDArray[np.float64],
    wrong: NDArray[np.float64],
    prior_right: NDArray[np.float64] | float,
    prior_wrong: NDArray[np.float64] | float,
) -> float:
    """Kullback-Leibler divergence of Beta(right, wrong) from Beta(prior_right, prior_wrong), summed, in nats.

    The priors are one for all, or one for each entry of the last axis.
    """
    total = right + wrong
    apart = gammaln(total) - gammaln(right) - gammaln(wrong)
    apart -= gammaln(prior_right + prior_wrong) - gammaln(prior_right) - gammaln(prior_wrong)
    apart += (right - prior_right) * (digamma(right) - digamma(total))
    apart += (wrong - prior_wrong) * (digamma(wrong) - digamma(total))
    return float(apart.sum())


def dirichlet_divergence(after: NDArray[np.float64], before: NDArray[np.float64]) -> float:
    """Kullback-Leibler divergence of two Dirichlet distributions given by their parameters, in nats."""
    apart = gammaln(after.sum()) - gammaln(after).sum() - gammaln(before.sum()) + gammaln(before).sum()
    return float(apart + ((after - before) * expected_log(after)).sum())


def data_term(votes: Votes, log_joint: NDArray[np.float64], log_totals: NDArray[np.float64]) -> float:
    """Expected log-probability of the votes and the labels; a golden answer's is that of its own class."""
    if votes.known is None:
        return float(log_totals.sum())
    golden = votes.known != UNKNOWN
    return float(log_totals[~golden].sum() + log_joint[golden, votes.known[golden]].sum())
