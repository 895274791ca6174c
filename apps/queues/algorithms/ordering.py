"""The order of a queue: a score of named terms, and ageing without ever rescanning."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

UNCERTAINTY_POINTS = 4.0
SEVERITY_POINTS = 4.0  # for the worst of five severities
POLICY_POINTS = 2.0
CONFUSION_POINTS = 1.0
DISAGREEMENT_POINTS = 1.0


@dataclass(frozen=True)
class Term:
    """One summand of a score. `words` are for managers and adjudicators, never for reviewers."""

    name: str
    value: float
    words: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def score_of(terms: Iterable[Term]) -> float:
    return sum(term.value for term in terms)


def sort_key(*, score: float, cap: float, rate: float, enqueued_at: datetime, epoch: datetime) -> float:
    """clamp(score, 0, cap) - rate * hours since the epoch; larger comes first.

    `enqueued_at` never changes, so an item is overtaken only by those that arrive within cap / rate hours after it.
    """
    hours = (enqueued_at - epoch).total_seconds() / 3600
    return min(max(score, 0.0), cap) - rate * hours
