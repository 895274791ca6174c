"""How far a posterior is to be trusted: one temperature, fitted by predicting each reviewer from the others.

The models here take reviewers' mistakes for independent. Where people err together (a hard item, an unclear guideline)
the posterior is then too sure, and so are its predictions: given the others' answers to an item, a reviewer agrees less
often than the model says. The posterior's logarithms are therefore multiplied by the temperature in (0, 1] under which
held-out answers are predicted best: C. Guo et al. (2017), "On Calibration of Modern Neural Networks", arXiv:1706.04599,
section 4.2, with other reviewers' answers in the place of a labelled validation set. One factor for all items changes
no leader.

What it cannot see: an error that nearly everybody makes looks like the truth from inside. Golden answers show it; where
there are enough, the temperature is the one that fits those.
"""

import numpy as np
from numpy.typing import NDArray

from apps.consensus.algorithms.dawid_skene import pool_matrix
from apps.consensus.algorithms.votes import UNKNOWN, Aggregate, Votes, expected_accuracy, softmax_rows

GRID = np.linspace(0.05, 1.0, 39)
# With fewer golden answers than this, chance would set the temperature.
MIN_GOLDEN = 50
_POOL_VOTES = 2.0
# So many votes tell the temperature to a step of the grid; of more, a sample is predicted.
_MOST_VOTES = 200_000


def fitted_temperature(
    votes: Votes,
    log_joint: NDArray[np.float64],
    confusion: NDArray[np.float64],
    counts: NDArray[np.float64],
) -> float:
    """The temperature of the grid that predicts best; 1 where no item has two answers.

    Args:
        log_joint: shape (n_items, n_classes), unnormalised log-posterior of the untempered model.
        confusion: shape (n_reviewers, n_classes, n_classes), the model's matrices.
        counts: same shape, the expected votes behind them.
    """
    golden = np.flatnonzero(votes.known != UNKNOWN) if votes.known is not None else np.array([], dtype=np.int64)
    if len(golden) >= MIN_GOLDEN and votes.known is not None:
        return _best(_golden_score(log_joint[golden], votes.known[golden]))
    paired = np.flatnonzero(np.bincount(votes.item_idx, minlength=votes.n_items)[votes.item_idx] >= 2)
    if not len(paired):
        return 1.0
    if len(paired) > _MOST_VOTES:
        paired = np.random.default_rng(0).choice(paired, _MOST_VOTES, replace=False)
    return _best(_held_out_score(votes, paired, log_joint, confusion, counts))


def tempered(
    votes: Votes,
    log_joint: NDArray[np.float64],
    *,
    prior: NDArray[np.float64],
    confusion: NDArray[np.float64] | None,
    temperature: float,
    rounds: int,
    converged: bool,
    evidence: float | None = None,
) -> Aggregate:
    """What a fit came to, its posterior softened; `log_joint` as in `fitted_temperature`."""
    posterior = votes.held(softmax_rows(temperature * log_joint)[0])
    return Aggregate(
        posterior,
        expected_accuracy(votes, posterior),
        is_probability=True,
        confusion=confusion,
        prior=prior,
        temperature=temperature,
        iterations=rounds,
        converged=converged,
        evidence=evidence,
    )


def _best(score: NDArray[np.float64]) -> float:
    """The highest temperature among equals: without evidence nothing is softened."""
    return float(GRID[np.flatnonzero(score >= score.max() - 1e-9).max()])


def _golden_score(log_joint: NDArray[np.float64], known: NDArray[np.int64]) -> NDArray[np.float64]:
    rows = np.arange(len(known))
    return np.array([np.log(softmax_rows(each * log_joint)[0][rows, known] + 1e-300).sum() for each in GRID])


def _held_out_score(
    votes: Votes,
    chosen: NDArray[np.int64],
    log_joint: NDArray[np.float64],
    confusion: NDArray[np.float64],
    counts: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Log-probability of the chosen votes, each from the other votes on its item, per temperature."""
    item, reviewer, label = votes.item_idx[chosen], votes.reviewer_idx[chosen], votes.label_idx[chosen]
    others = log_joint[item] - np.log(confusion[reviewer, :, label])
    answers = _without_own_vote(softmax_rows(log_joint[item])[0], reviewer, label, counts)
    return np.array([np.log((softmax_rows(each * others)[0] * answers).sum(axis=1)).sum() for each in GRID])


def _without_own_vote(
    posterior: NDArray[np.float64],
    reviewer: NDArray[np.int64],
    label: NDArray[np.int64],
    counts: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Probability of each answer by true class, shape (n_votes, n_classes), from the reviewer's other votes.

    A vote that shaped the matrix would be predicted too well by it. The rest is drawn towards the pool.
    """
    pool = pool_matrix(counts)
    total = np.maximum(counts.sum(axis=2)[reviewer] - posterior, 0.0)
    cell = np.maximum(counts[reviewer, :, label] - posterior, 0.0)
    return np.asarray((cell + _POOL_VOTES * pool[:, label].T) / (total + _POOL_VOTES))
