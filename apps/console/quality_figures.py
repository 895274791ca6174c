"""Agreement, reviewers and confusions, computed from the latest answers when a page asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import numpy as np
from django.urls import reverse
from numpy.typing import NDArray

from apps.accounts.models import User
from apps.consensus.algorithms.agreement import gwet_ac1, krippendorff_alpha, percent_agreement
from apps.consensus.algorithms.agreement_estimate import Agreement, Bootstrap
from apps.consensus.models import Consensus, QualityFit
from apps.evaluation.algorithms.metrics import wilson
from apps.labeling.models import Annotation
from apps.labeling.suggestions import independent
from apps.projects.models import Project
from apps.queues.models import Queue

# The page answers at once however many answers there are; it says how many it read.
LATEST = 20_000
MIN_ITEMS = 20
MATRIX_LABELS = 15
CONFUSIONS_SHOWN = 8
_BOOTSTRAP = Bootstrap(n_resamples=500, max_groups=500)


@dataclass(frozen=True)
class Vote:
    """One current answer with a label, and what its item settled on ("" while it has not)."""

    item_id: UUID
    reviewer_id: UUID
    queue_id: UUID
    label: str
    settled: str
    duration_ms: int
    created_at: datetime
    source: str


def votes_latest(*, project: Project, queue: Queue | None = None, limit: int = LATEST) -> list[Vote]:
    """The newest answers that can be voted on and were given blind, newest first. One query.

    Not those to known items, on which nobody votes.
    """
    rows = Annotation.objects.filter(independent(), item__queue__project=project).exclude(item__source="honeypot")
    if queue is not None:
        rows = rows.filter(item__queue=queue)
    found = (
        rows.exclude(label="")
        .order_by("-created_at", "-pk")
        .values_list(
            "item_id",
            "reviewer_id",
            "item__queue_id",
            "label",
            "item__consensus__label",
            "duration_ms",
            "created_at",
            "source",
            "item__consensus__state",
            "item__state",
        )[:limit]
    )
    return [Vote(*row[:4], _settled(row[4], row[8], row[9]), *row[5:8]) for row in found]


def _settled(label: str | None, state: str | None, item_state: str) -> str:
    return label or "" if state in Consensus.SURE and item_state == "settled" else ""


@dataclass(frozen=True)
class AgreementRow:
    """How much the reviewers of one queue, or of all, agree."""

    queue: Queue | None  # None: all queues together
    alpha: Agreement
    ac1: Agreement
    percent: Agreement
    is_simulated: bool  # at least one of the answers is

    @property
    def n_items(self) -> int:
        return self.alpha.n_items


def agreement_of(votes: Sequence[Vote], *, queue: Queue | None = None) -> AgreementRow:
    """Over items with at least two answers."""
    counts = _counts(votes)
    return AgreementRow(
        queue,
        krippendorff_alpha(counts, bootstrap=_BOOTSTRAP),
        gwet_ac1(counts, bootstrap=_BOOTSTRAP),
        percent_agreement(counts, bootstrap=_BOOTSTRAP),
        has_simulated(votes),
    )


def items_address(*, project: Project, **wanted: str) -> str:
    """The items behind a figure; it has a query, so that more can be added with "&"."""
    query = urlencode({name: value for name, value in wanted.items() if value})
    return f"{reverse('console:items', args=[project.slug])}?{query}"


def has_simulated(votes: Sequence[Vote]) -> bool:
    return any(vote.source == Annotation.Source.SIMULATED for vote in votes)


def alpha_of(votes: Sequence[Vote]) -> Agreement:
    """Krippendorff's alpha alone, for the front page."""
    return krippendorff_alpha(_counts(votes), bootstrap=_BOOTSTRAP)


def _counts(votes: Sequence[Vote]) -> NDArray[np.int64]:
    """How many reviewers gave which class to which item, shape (n_items, n_classes)."""
    items = {item: at for at, item in enumerate(dict.fromkeys(vote.item_id for vote in votes))}
    labels = {label: at for at, label in enumerate(sorted({vote.label for vote in votes}))}
    counts = np.zeros((len(items), max(len(labels), 1)), dtype=np.int64)
    np.add.at(counts, ([items[vote.item_id] for vote in votes], [labels[vote.label] for vote in votes]), 1)
    return counts


def agreement_rows(votes: Sequence[Vote], *, queues: Sequence[Queue]) -> list[AgreementRow]:
    """One row a queue that has answers, and all together where there are several."""
    rows = []
    for queue in queues:
        mine = [vote for vote in votes if vote.queue_id == queue.pk]
        if mine:
            rows.append(agreement_of(mine, queue=queue))
    return [*rows, agreement_of(votes)] if len(rows) > 1 else rows


@dataclass(frozen=True)
class ReviewerRow:
    """One person's answers. The share is of those on items that settled since."""

    user: User
    n_answers: int
    median_ms: float
    n_settled: int
    share: float | None  # None: fewer than MIN_ITEMS settled
    low: float
    high: float
    others: float | None  # the share of all others together
    last_at: datetime

    @property
    def is_below(self) -> bool:
        """The whole interval lies under what the others reach."""
        return self.share is not None and self.others is not None and self.high < self.others


def reviewer_rows(votes: Sequence[Vote]) -> list[ReviewerRow]:
    """The most diligent first. One query for their names."""
    by_person: dict[UUID, list[Vote]] = {}
    for vote in votes:
        by_person.setdefault(vote.reviewer_id, []).append(vote)
    people = User.objects.in_bulk(by_person)
    judged = [vote.label == vote.settled for vote in votes if vote.settled]
    rows = [_reviewer(people[pk], mine, sum(judged), len(judged)) for pk, mine in by_person.items()]
    return sorted(rows, key=lambda row: (-row.n_answers, str(row.user)))


def _reviewer(user: User, mine: Sequence[Vote], all_right: int, n_all: int) -> ReviewerRow:
    judged = [vote.label == vote.settled for vote in mine if vote.settled]
    n_others = n_all - len(judged)
    low, high = wilson(sum(judged), len(judged))
    return ReviewerRow(
        user=user,
        n_answers=len(mine),
        median_ms=float(np.median([vote.duration_ms for vote in mine])),
        n_settled=len(judged),
        share=sum(judged) / len(judged) if len(judged) >= MIN_ITEMS else None,
        low=low,
        high=high,
        others=(all_right - sum(judged)) / n_others if n_others >= MIN_ITEMS else None,
        last_at=max(vote.created_at for vote in mine),
    )


@dataclass(frozen=True)
class Mixed:
    """Answers of one label on items that settled on another."""

    settled: str
    answered: str
    count: int
    of: int  # answers on items that settled on it

    @property
    def share(self) -> float:
        return self.count / self.of


@dataclass(frozen=True)
class Confusion:
    """Answers against what the items settled on."""

    labels: list[str]
    matrix: list[list[int]]  # rows: settled label, columns: answer
    mixed: list[Mixed]  # the commonest first
    n_labels: int  # of which `labels` are the most confused


def confusion_of(votes: Sequence[Vote]) -> Confusion:
    """The labels that are most often taken for another, at most MATRIX_LABELS, in the order of the alphabet."""
    judged = [vote for vote in votes if vote.settled]
    every = sorted({vote.settled for vote in judged} | {vote.label for vote in judged})
    place = {label: at for at, label in enumerate(every)}
    full = np.zeros((len(every), len(every)), dtype=np.int64)
    np.add.at(full, ([place[vote.settled] for vote in judged], [place[vote.label] for vote in judged]), 1)
    off = full - np.diag(np.diag(full))
    worst = np.argsort(-(off.sum(axis=0) + off.sum(axis=1)), kind="stable")[:MATRIX_LABELS]
    shown = sorted(int(at) for at in worst)
    return Confusion(
        labels=[every[at] for at in shown],
        matrix=full[np.ix_(shown, shown)].tolist(),
        mixed=_mixed(off, full.sum(axis=1), every),
        n_labels=len(every),
    )


def _mixed(off: NDArray[np.int64], totals: NDArray[np.int64], labels: Sequence[str]) -> list[Mixed]:
    pairs = [(int(row), int(column)) for row, column in np.argwhere(off > 0)]
    pairs.sort(key=lambda pair: (-off[pair], pair))
    return [
        Mixed(labels[row], labels[column], int(off[row, column]), int(totals[row]))
        for row, column in pairs[:CONFUSIONS_SHOWN]
    ]


@dataclass(frozen=True)
class FitRow:
    """A queue and its latest fit."""

    queue: Queue
    fit: QualityFit | None


def fit_rows(*, queues: Sequence[Queue]) -> list[FitRow]:
    """One query for the latest fits."""
    latest: Any = QualityFit.objects.filter(queue__in=queues).order_by("queue_id", "-created_at").distinct("queue_id")
    by_queue = {fit.queue_id: fit for fit in latest}
    return [FitRow(queue, by_queue.get(queue.pk)) for queue in queues]
