"""Agreement by label, week and pair of reviewers, computed from the project's latest answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
from django.utils.formats import date_format

from apps.accounts.models import User
from apps.consensus.algorithms.agreement_estimate import Agreement, Bootstrap
from apps.consensus.algorithms.agreement_table import Ratings, by_label, by_pair
from apps.console.quality_figures import Vote, alpha_of
from apps.console.reviewer_figures import week_of, week_query

LABELS = 40
PAIRS = 60
WEEKS = 26
MATRIX_PEOPLE = 12
MIN_SHARED = 10
# Fewer groups than the command's: a page answers at once, and the intervals hardly differ.
_BOOTSTRAP = Bootstrap(n_resamples=400, max_groups=400)


@dataclass(frozen=True)
class LabelRow:
    """One label against all others."""

    label: str
    n_answers: int
    alpha: Agreement
    ac1: Agreement
    percent: Agreement


@dataclass(frozen=True)
class PairRow:
    """Two reviewers on the items that both answered."""

    first: User
    second: User
    kappa: Agreement
    percent: Agreement

    @property
    def n_differing(self) -> int | None:
        """None below MIN_SHARED common items: of few it would tell who answers there what another one answered."""
        if self.percent.value is None or self.percent.n_items < MIN_SHARED:
            return None
        return round((1.0 - self.percent.value) * self.percent.n_items)


@dataclass(frozen=True)
class PairCell:
    """How far two people agree. `share` is None below MIN_SHARED common items; `mark` is darker the less it is."""

    other: User
    share: float | None

    @property
    def mark(self) -> str:
        """Class of a heat cell: nothing, e1, e2 or e3."""
        if self.share is None or self.share >= 0.9:
            return ""
        return "e1" if self.share >= 0.8 else "e2" if self.share >= 0.65 else "e3"


@dataclass(frozen=True)
class PairMatrix:
    """Share of common items on which two people agree."""

    people: list[User]
    rows: list[tuple[User, list[PairCell]]]


def ratings_of(votes: Sequence[Vote]) -> tuple[Ratings, list[str], list[UUID]]:
    """The votes as arrays, with the labels and people that the indices name."""
    labels = sorted({vote.label for vote in votes})
    people = list(dict.fromkeys(vote.reviewer_id for vote in votes))
    place, who = ({name: at for at, name in enumerate(names)} for names in (labels, people))
    items = {item: at for at, item in enumerate(dict.fromkeys(vote.item_id for vote in votes))}
    ratings = Ratings(
        item_idx=np.array([items[vote.item_id] for vote in votes], dtype=np.int64),
        reviewer_idx=np.array([who[vote.reviewer_id] for vote in votes], dtype=np.int64),
        label_idx=np.array([place[vote.label] for vote in votes], dtype=np.int64),
        n_items=len(items),
        n_reviewers=len(people),
        n_classes=len(labels),
    )
    return ratings, labels, people


def label_rows(votes: Sequence[Vote]) -> list[LabelRow]:
    """The commonest labels first, at most LABELS."""
    ratings, labels, _people = ratings_of(votes)
    return [
        LabelRow(labels[row.label], row.n_answers, row.alpha, row.ac1, row.percent)
        for row in by_label(ratings, bootstrap=_BOOTSTRAP, most=LABELS)
    ]


def pair_rows(votes: Sequence[Vote]) -> list[PairRow]:
    """The pairs with the most common items first, at most PAIRS. One query for their names."""
    ratings, _labels, people = ratings_of(votes)
    users = User.objects.in_bulk(people)
    return [
        PairRow(users[people[row.first]], users[people[row.second]], row.kappa, row.percent)
        for row in by_pair(ratings, bootstrap=_BOOTSTRAP, most=PAIRS)
    ]


def pair_matrix(rows: Sequence[PairRow]) -> PairMatrix:
    """The people with the most common items, at most MATRIX_PEOPLE, by name."""
    weight: dict[User, int] = {}
    shares: dict[tuple[User, User], float] = {}
    for row in rows:
        for person in (row.first, row.second):
            weight[person] = weight.get(person, 0) + row.kappa.n_items
        if row.percent.value is not None and row.kappa.n_items >= MIN_SHARED:
            shares[row.first, row.second] = shares[row.second, row.first] = row.percent.value
    people = sorted(sorted(weight, key=lambda one: -weight[one])[:MATRIX_PEOPLE], key=str)
    return PairMatrix(
        people, [(one, [PairCell(other, shares.get((one, other))) for other in people]) for one in people]
    )


def week_points(votes: Sequence[Vote], *, cells: str) -> list[dict[str, Any]]:
    """Krippendorff's alpha of the items first answered in a week, oldest first, the latest WEEKS.

    `cells`: where the items are (`items_address`).
    """
    first: dict[UUID, date] = {}
    for vote in votes:
        first[vote.item_id] = min(first.get(vote.item_id, date.max), week_of(vote))
    weeks: dict[date, list[Vote]] = {}
    for vote in votes:
        weeks.setdefault(first[vote.item_id], []).append(vote)
    points = []
    for week, mine in sorted(weeks.items())[-WEEKS:]:
        alpha = alpha_of(mine)
        points.append(
            {
                "x": date_format(week, "j M Y"),
                "y": alpha.value,
                "low": alpha.low,
                "high": alpha.high,
                "n": alpha.n_items,
                "url": f"{cells}&{week_query(week)}",
            }
        )
    return points
