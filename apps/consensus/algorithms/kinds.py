"""Every kind of answer behind one interface: answers in; a value, how sure it is, and how good each reviewer is out.

A kind of answer has two functions. `fitted` reads the answers to many items and says what all reviewers together (the
pool) and each of them are like. `decided` reads the answers to one item and says what they add up to. What the first
says is plain JSON, so that it can be stored and the second can follow inside the transaction of a submit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

Params = Mapping[str, Any]

# Above one half by no more than this is a tie: two equal votes each way must not be told apart by rounding.
TIE = 1e-9
STARTING_ACCURACY = 0.8


@dataclass(frozen=True, slots=True)
class Given:
    """One person's answer in the form that its kind wants. `skill`: his own parameters; None: the pool's."""

    answer: Any
    skill: Params | None = None
    weight: float = 1.0  # by which it counts as evidence, above 0 and at most 1


@dataclass(frozen=True, slots=True)
class Decided:
    """What the answers to one question add up to.

    Args:
        value: in the form of an answer; where nothing is decided the best proposal, None where there is none.
        confidence: in [0, 1], of `value`.
        is_decided: False for a tie, and where nobody has answered.
        posterior: probability of each candidate. They exclude each other unless the kind says otherwise.
        detail: what there is to tell besides, as JSON: an interval, the confidence of each region.
    """

    value: Any
    confidence: float
    is_decided: bool
    posterior: Mapping[Any, float] = field(default_factory=dict)
    detail: Params = field(default_factory=dict)


NOTHING = Decided(None, 0.0, is_decided=False)


@dataclass(frozen=True, slots=True)
class Asked:
    """One item with the answers to it, each with the index of who gave it. `known`: what an adjudicator decided."""

    answers: Sequence[tuple[int, Any]]
    known: Any = None


@dataclass(frozen=True, slots=True)
class Skills:
    """What a fit says: the pool's parameters, each reviewer's, and how often he is expected to be right."""

    pool: Params
    own: Mapping[int, Params]
    right: Mapping[int, float]  # expected number of right votes
    votes: Mapping[int, int]  # number of votes that these are of; one answer may hold many


class KindOfAnswer(Protocol):
    """The interface. Whoever is asked about is told by the instance: the labels, the step, the kind of regions."""

    def decided(self, given: Sequence[Given], *, pool: Params | None = None) -> Decided:
        """The order of the answers changes nothing. `pool`: None before the first fit."""

    def fitted(self, items: Sequence[Asked], *, n_reviewers: int) -> Skills:
        """A reviewer without an answer changes nothing, and is left out."""
