"""Votes for and against: what labels among several, regions of a text and links between them come down to.

Dawid and Skene (1979), doi:10.2307/2346806, with two classes: each reviewer says yes where yes is right with one
probability, and no where no is right with another.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from apps.consensus.algorithms.aggregation import automatic
from apps.consensus.algorithms.kinds import STARTING_ACCURACY, Params
from apps.consensus.algorithms.votes import Votes

# No rate is 0 or 1: a single vote could then rule something out for ever.
LEAST = 1e-6
_DIGITS = 9
# What the pool's rates start from, in votes.
_PRIOR_VOTES = 10.0


@dataclass(frozen=True, slots=True)
class Rates:
    """How somebody votes: `yes` where yes is right (sensitivity), `no` where no is right (specificity)."""

    yes: float = STARTING_ACCURACY
    no: float = STARTING_ACCURACY

    @property
    def weight(self) -> float:
        """What a vote of his is worth where only its being right matters, in nats; never below a little."""
        right = min(max((self.yes + self.no) / 2, LEAST), 1 - LEAST)
        return max(log(right / (1 - right)), 0.05)


class Said(NamedTuple):
    """One vote. `rates`: his own; None: the pool's. `weight`: by which it counts as evidence."""

    yes: bool
    rates: Rates | None = None
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class YesNo:
    """What is believed before anybody votes, and of whoever has no rates of his own."""

    prior: float = 0.5
    temperature: float = 1.0
    rates: Rates = Rates()
    by_share: bool = False  # everybody is worth the same, and the probability is a share of the votes

    def probability(self, votes: Sequence[Said]) -> float:
        """That yes is right. By share: the share of yes; one half without a vote."""
        if self.by_share:
            total = sum(each.weight for each in votes)
            return sum(each.weight for each in votes if each.yes) / total if total else 0.5
        odds = log(_inside(self.prior)) - log(_inside(1 - self.prior))
        for each in votes:
            rates = each.rates or self.rates
            yes, no = (rates.yes, 1 - rates.no) if each.yes else (1 - rates.yes, rates.no)
            odds += each.weight * (log(_inside(yes)) - log(_inside(no)))
        odds *= self.temperature
        return 1 / (1 + exp(-odds)) if odds > -700 else 0.0


def _inside(share: float) -> float:
    return min(max(share, LEAST), 1 - LEAST)


def yes_no_of(pool: Params | None, *, by_share: bool = False) -> YesNo:
    """From stored parameters; what is believed before the first fit where there are none."""
    if not pool or by_share:
        return YesNo(by_share=by_share)
    return YesNo(pool["prior"], pool["temperature"], Rates(*pool["rates"]))


def rates_of(stored: Sequence[float] | None) -> Rates | None:
    return None if stored is None else Rates(*stored)


@dataclass(frozen=True, slots=True)
class YesNoFit:
    """Stored forms, and what the votes themselves came to."""

    pool: dict[str, Any]
    own: Mapping[int, list[float]]
    right: NDArray[np.float64]  # (n_reviewers,), expected number of right votes
    votes: NDArray[np.int64]  # (n_reviewers,)
    posterior: NDArray[np.float64]  # (n_questions,), of yes


def yes_no_fit(
    question: NDArray[np.int64],
    reviewer: NDArray[np.int64],
    said: NDArray[np.int64],
    *,
    n_questions: int,
    n_reviewers: int,
    known: NDArray[np.int64] | None = None,
) -> YesNoFit:
    """Fit the model that the votes themselves make more probable (`automatic`).

    Args:
        question, reviewer, said: shape (n_votes,); `said` is 1 for yes, 0 for no; at most one vote each.
        known: shape (n_questions,); what was decided, -1 elsewhere.
    """
    votes = Votes(question, reviewer, said, n_questions, n_reviewers, 2, known)
    found = automatic(votes).aggregate
    assert found.confusion is not None
    prior = 0.5 if found.prior is None else float(found.prior[1])
    yes = found.posterior[question, 1]
    counts = np.bincount(reviewer, minlength=n_reviewers)
    right = votes.per_reviewer(np.where(said == 1, yes, 1 - yes))
    own = {
        int(index): [round(float(found.confusion[index, each, each]), _DIGITS) for each in (1, 0)]
        for index in np.flatnonzero(counts)
    }
    pool = {
        "prior": round(prior, _DIGITS),
        "temperature": round(found.temperature, _DIGITS),
        "rates": [_pooled(yes, said), _pooled(1 - yes, 1 - said)],
    }
    return YesNoFit(pool, own, right, counts, found.posterior[:, 1])


def _pooled(weight: NDArray[np.float64], said: NDArray[np.int64]) -> float:
    share = (float(weight @ said) + _PRIOR_VOTES * STARTING_ACCURACY) / (float(weight.sum()) + _PRIOR_VOTES)
    return round(share, _DIGITS)


def columns(rows: Iterable[tuple[int, int, int]]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """(question, reviewer, said) of votes listed one by one."""
    table = np.array(list(rows), dtype=np.int64).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2]
