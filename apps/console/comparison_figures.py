"""What the page about comparisons shows: scores, who beats whom, how reliable each reviewer is."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from apps.accounts.models import User
from apps.consensus.services.comparisons import Scores, Sided
from apps.evaluation.algorithms.metrics import wilson

MATRIX_SIDES = 12
# Below so many comparisons a share says more about chance.
MIN_COMPARED = 10


@dataclass(frozen=True)
class ScoreRow:
    """One side with its score; the interval is at 95 %."""

    name: str
    score: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Cell:
    """How often the row was preferred to the column. `share` is None below MIN_COMPARED comparisons."""

    n: int
    share: float | None
    low: float
    high: float
    query: str  # narrows the list of items to those where the row was preferred

    @property
    def mark(self) -> str:
        """Heat class: gold where the row is ahead for sure, red where it is behind for sure."""
        if self.share is None:
            return ""
        return "hit" if self.low > 0.5 else "e2" if self.high < 0.5 else ""


@dataclass(frozen=True)
class PersonRow:
    """How a reviewer's answers go with the scores."""

    user: User
    reliability: float
    n: int


def score_rows(scores: Scores) -> list[ScoreRow]:
    """Best first."""
    fit = scores.fit
    return [
        ScoreRow(name, float(fit.score[at]), float(fit.low[at]), float(fit.high[at]), scores.n_comparisons(at))
        for at, name in enumerate(scores.names)
    ]


def axis_of(rows: Sequence[ScoreRow]) -> tuple[float, float]:
    """Whole numbers around all intervals."""
    return float(math.floor(min(row.low for row in rows))), float(math.ceil(max(row.high for row in rows)))


def win_matrix(scores: Scores) -> list[tuple[str, list[Cell | None]]]:
    """The best sides against each other, at most MATRIX_SIDES; None on the diagonal."""
    shown = range(min(len(scores.names), MATRIX_SIDES))
    return [(scores.names[at], [None if at == other else _cell(scores, at, other) for other in shown]) for at in shown]


def _cell(scores: Scores, at: int, other: int) -> Cell:
    fared = scores.against(at, other)
    low, high = wilson(fared.wins, fared.n)
    share = fared.wins / fared.n if fared.n >= MIN_COMPARED else None
    query = urlencode({"preferred": scores.names[at], "over": scores.names[other]})
    return Cell(fared.n, share, low, high, query)


def person_rows(scores: Scores, rows: Sequence[Sided]) -> list[PersonRow]:
    """The most diligent first. One query for their names."""
    counts: dict[object, int] = {}
    for row in rows:
        if row.is_named and {row.left, row.right} <= set(scores.names):
            counts[row.reviewer_id] = counts.get(row.reviewer_id, 0) + row.count
    users = User.objects.in_bulk(scores.people)
    found = [
        PersonRow(users[person], float(scores.fit.reliability[at]), counts[person])
        for at, person in enumerate(scores.people)
    ]
    return sorted(found, key=lambda row: (-row.n, str(row.user)))
