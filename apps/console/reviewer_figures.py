"""One reviewer for managers: right how often, learning, pace, drift. Computed from the project's latest answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import numpy as np
from django.utils.formats import date_format
from scipy.stats import fisher_exact

from apps.accounts.models import User
from apps.consensus.algorithms.carelessness import Answers, Sign, signs
from apps.consensus.models import ReviewerQuality
from apps.console.quality_figures import Vote
from apps.evaluation.algorithms.metrics import wilson

# Points of a learning curve, and settled answers that each needs.
CURVE_POINTS = 12
MIN_STEP = 10
MIN_HALF = 20
SIGN_LEVEL = 0.05
_MOST_PEOPLE = 200


@dataclass(frozen=True)
class Drift:
    """The first against the second half of the settled answers, in the order in which they were given."""

    early: tuple[int, int]  # right, of
    late: tuple[int, int]
    p_value: float  # Fisher's exact test, two-sided

    @property
    def early_share(self) -> float:
        return self.early[0] / self.early[1]

    @property
    def late_share(self) -> float:
        return self.late[0] / self.late[1]

    @property
    def p_words(self) -> str:
        return chance_words(self.p_value)

    @property
    def is_change(self) -> bool:
        return self.p_value < SIGN_LEVEL


@dataclass(frozen=True)
class SignRow:
    """A sign with its people and label in words."""

    sign: Sign
    reviewer: User
    other: User | None
    label: str

    @property
    def q_words(self) -> str:
        return chance_words(self.sign.q_value)

    @property
    def is_telling(self) -> bool:
        return self.sign.q_value < SIGN_LEVEL


def chance_words(value: float) -> str:
    """A probability to three places; a smaller one is never called nought."""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def fits_of(*, reviewer: User, queue_ids: Sequence[UUID]) -> list[ReviewerQuality]:
    """The person's figures in the latest fit of each queue that has one with him. One query."""
    rows = (
        ReviewerQuality.objects.filter(reviewer=reviewer, fit__queue__in=queue_ids)
        .select_related("fit__queue")
        .order_by("fit__queue_id", "-fit__created_at")
        .distinct("fit__queue_id")
    )
    return sorted(rows, key=lambda row: str(row.fit.queue))


def learning_curve(votes: Sequence[Vote]) -> list[dict[str, Any]]:
    """Share of answers that equal what the item settled on, in steps of as many answers, with Wilson's interval."""
    right = _judged(votes)
    step = max(MIN_STEP, -(-len(right) // CURVE_POINTS))
    points = []
    for start in range(0, len(right) - MIN_STEP + 1, step):
        part = right[start : start + step]
        low, high = wilson(sum(part), len(part))
        where = f"{start + 1}\u2013{start + len(part)}"
        points.append({"x": where, "y": sum(part) / len(part), "low": low, "high": high, "n": len(part)})
    return points


def drift_of(votes: Sequence[Vote]) -> Drift | None:
    """None with fewer than MIN_HALF settled answers in either half."""
    right = _judged(votes)
    half = len(right) // 2
    if half < MIN_HALF:
        return None
    early, late = right[:half], right[half:]
    table = [[sum(part), len(part) - sum(part)] for part in (early, late)]
    return Drift((sum(early), len(early)), (sum(late), len(late)), float(fisher_exact(table)[1]))


def _judged(votes: Sequence[Vote]) -> list[bool]:
    """Whether each settled answer was right, oldest first."""
    ordered = sorted((vote for vote in votes if vote.settled), key=lambda vote: vote.created_at)
    return [vote.label == vote.settled for vote in ordered]


def pace(votes: Sequence[Vote], *, cells: str) -> list[dict[str, Any]]:
    """Median seconds an answer by week, oldest first. `cells`: where the person's items are (`items_address`)."""
    weeks: dict[date, list[int]] = {}
    for vote in votes:
        weeks.setdefault(week_of(vote), []).append(vote.duration_ms)
    return [
        {
            "x": date_format(week, "j M Y"),
            "y": float(np.median(times)) / 1000,
            "n": len(times),
            "url": f"{cells}&{week_query(week)}",
        }
        for week, times in sorted(weeks.items())
    ]


def week_of(vote: Vote) -> date:
    """The Monday of the week in which it was given, in UTC."""
    day = vote.created_at.date()
    return day - timedelta(days=day.weekday())


def week_query(week: date) -> str:
    """Narrows the list of items to those first answered in the week that begins on that Monday."""
    return urlencode({"first_from": week.isoformat(), "first_to": (week + timedelta(days=6)).isoformat()})


def sign_rows(votes: Sequence[Vote]) -> list[SignRow]:
    """Every sign of carelessness that could be tested in the project, the least likely by chance first. One query."""
    people = list(dict.fromkeys(vote.reviewer_id for vote in votes))[:_MOST_PEOPLE]
    labels = sorted({vote.label for vote in votes} | {vote.settled for vote in votes if vote.settled})
    found = signs(_answers(votes, people, labels))
    users = User.objects.in_bulk(people)
    return [
        SignRow(
            sign,
            users[people[sign.reviewer]],
            users[people[sign.other]] if sign.other >= 0 else None,
            labels[sign.label] if sign.label >= 0 else "",
        )
        for sign in found
    ]


def _answers(votes: Sequence[Vote], people: Sequence[UUID], labels: Sequence[str]) -> Answers:
    who = {person: at for at, person in enumerate(people)}
    place = {label: at for at, label in enumerate(labels)}
    kept = [vote for vote in votes if vote.reviewer_id in who]
    items = {item: at for at, item in enumerate(dict.fromkeys(vote.item_id for vote in kept))}
    return Answers(
        item_idx=np.array([items[vote.item_id] for vote in kept], dtype=np.int64),
        reviewer_idx=np.array([who[vote.reviewer_id] for vote in kept], dtype=np.int64),
        label_idx=np.array([place[vote.label] for vote in kept], dtype=np.int64),
        settled_idx=np.array([place.get(vote.settled, -1) for vote in kept], dtype=np.int64),
        duration_ms=np.array([vote.duration_ms for vote in kept], dtype=np.float64),
        n_reviewers=len(people),
        n_classes=len(labels),
    )
