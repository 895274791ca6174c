"""Every method behind one interface: votes in, a label distribution per item and each reviewer's quality out."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from apps.consensus.algorithms.bayes_dawid_skene import (
    DEFAULT_STRENGTH,
    WITNESS_STRENGTH,
    bayes_dawid_skene,
    evidence_by_class,
)
from apps.consensus.algorithms.bayes_one_coin import bayes_one_coin
from apps.consensus.algorithms.dawid_skene import dawid_skene
from apps.consensus.algorithms.glad import glad
from apps.consensus.algorithms.mace import mace
from apps.consensus.algorithms.one_coin import one_coin
from apps.consensus.algorithms.votes import MOST_CELLS, Aggregate, Votes, expected_accuracy
from apps.consensus.algorithms.worker_weighted import majority, wawa

# Without it a mistake that was never seen counts as impossible; with more, the pool's sparse matrices turn uniform.
PSEUDO_COUNT = 0.01
# Where each reviewer has mistakes of his own, the pool is worth so many votes beside his.
OWN_STRENGTH = 1.0
# On sparse data each further round takes plain Dawid-Skene further from the truth, so it matters when it stops: here as
# in crowd-kit, after at most so many rounds, or when a round adds nearly nothing to the log-likelihood per vote.
MOST_ROUNDS, LEAST_GAIN = 100, 1e-5


def classical_dawid_skene(votes: Votes) -> Aggregate:
    """`dawid_skene` as published, with a hundredth of a vote in each cell."""
    _refuse_too_many_cells(votes)
    fit = dawid_skene(
        votes.item_idx,
        votes.reviewer_idx,
        votes.label_idx,
        n_items=votes.n_items,
        n_reviewers=votes.n_reviewers,
        n_classes=votes.n_classes,
        smoothing=0.0,
        pseudo_count=PSEUDO_COUNT,
        known=votes.known,
        max_iter=MOST_ROUNDS,
        least_gain=LEAST_GAIN,
    )
    return Aggregate(
        fit.posterior,
        expected_accuracy(votes, fit.posterior),
        is_probability=True,
        confusion=fit.confusion,
        prior=fit.prior,
        iterations=fit.iterations,
        converged=fit.converged,
    )


def bayesian(votes: Votes) -> Aggregate:
    """`bayes_dawid_skene` with its defaults, where its matrices fit into memory."""
    _refuse_too_many_cells(votes)
    return bayes_dawid_skene(votes)


METHODS: dict[str, Callable[[Votes], Aggregate]] = {
    "majority": majority,
    "wawa": wawa,
    "dawid-skene": classical_dawid_skene,
    "one-coin": one_coin,
    "glad": glad,
    "mace": mace,
    "bayes-ds": bayesian,
    "bayes-one-coin": bayes_one_coin,
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What the automatic choice took, why in a sentence, and its result."""

    chosen: str  # a key of METHODS
    why: str
    aggregate: Aggregate


def automatic(votes: Votes) -> Choice:
    """Take the model under which the votes themselves are most probable; no truth is looked at.

    The two candidates differ in how much they tell reviewers apart: one rate each, or a matrix each. The evidence (the
    variational bound on the log-probability of all votes) charges for every parameter, so matrices win only where the
    votes pay for them. Both draw a reviewer with few votes towards the pool, which is what plain Dawid-Skene lacks.

    Few votes each may not pay for matrices although everybody finds the same class hard. One rate is then wrong for all
    alike, so it is also refused where a pool with a rate for each class explains the votes better.
    """
    simple = bayes_one_coin(votes)
    if votes.n_cells > MOST_CELLS:
        why = f"one rate per reviewer, since {votes.n_classes} classes need matrices beyond the memory allowed"
        return Choice("bayes-one-coin", why, simple)
    if not (np.bincount(votes.item_idx, minlength=1) > 1).any():
        why = "no item has two labels, so nothing tells the reviewers apart and every label counts alike"
        return Choice("bayes-one-coin", why, simple)
    full, pull = _matrices(votes)
    n = max(len(votes.label_idx), 1)
    by_matrix, by_rate = ((each.evidence or 0.0) / n for each in (full, simple))
    if by_matrix >= by_rate:
        why = f"a confusion matrix per reviewer explains the labels better than one rate ({by_matrix:.4f} against "
        return Choice("bayes-ds", f"{why}{by_rate:.4f} nats a label){pull}", full)
    by_class = evidence_by_class(votes) / n
    if by_class >= by_rate:
        why = f"classes differ in difficulty, which one rate per reviewer cannot say ({by_class:.4f} against "
        return Choice("bayes-ds", f"{why}{by_rate:.4f} nats a label)", full)
    why = f"one rate per reviewer explains the labels better than a confusion matrix each ({by_rate:.4f} against "
    return Choice("bayes-one-coin", f"{why}{by_matrix:.4f} nats a label)", simple)


def _matrices(votes: Votes) -> tuple[Aggregate, str]:
    """The model with a matrix each, and words about how strongly it draws each to all.

    How alike people are is asked of the votes, too: the strength is taken under which the votes are most probable. The
    strongest not where classes differ in difficulty: the pool has one accuracy, which would then pull all astray
    alike, and only under a weak pull can each reviewer's own votes say otherwise.
    """
    own, usual, strong = (
        bayes_dawid_skene(votes, strength=each) for each in (OWN_STRENGTH, DEFAULT_STRENGTH, WITNESS_STRENGTH)
    )
    weak = own if (own.evidence or 0.0) > (usual.evidence or 0.0) else usual
    evidence = strong.evidence or 0.0
    if evidence > (weak.evidence or 0.0) and evidence >= evidence_by_class(votes):
        return strong, f"; people are alike, so each is drawn to all with the weight of {WITNESS_STRENGTH:g} votes"
    if weak is own:
        return own, f"; people differ much, so each is drawn to all with the weight of {OWN_STRENGTH:g} vote only"
    return usual, ""


def _refuse_too_many_cells(votes: Votes) -> None:
    if votes.n_cells > MOST_CELLS:
        raise ValueError(
            f"confusion matrices of {votes.n_reviewers} reviewers and {votes.n_classes} classes do not fit into "
            "memory; take one-coin or bayes-one-coin"
        )
