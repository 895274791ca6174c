"""What the workbench shows beside the item: what is left, what one did, and, to adjudicators only, the votes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.consensus.models import Adjudication, ReviewerQuality
from apps.labeling.models import Annotation
from apps.labeling.widgets import answer_words
from apps.projects.labelling import config_of
from apps.queues.models import Item, Queue, Review
from apps.queues.people import held_in, honeypots_ahead, newcomer_in
from apps.queues.selectors import (
    WHOLE_QUEUE,
    Narrowing,
    items_to_adjudicate,
    queues_adjudicable_by,
    queues_workable_by,
)
from apps.queues.selectors_budget import labels_left

# Counting stops here: the figure is for the eye, and the count runs beside every answer.
COUNTED = 1000
SOON = timedelta(hours=1)
HISTORY = 30
# Below this many answers a reviewer's accuracy says more about chance.
MIN_ANSWERS = 20


@dataclass(frozen=True)
class Tally:
    """What is left for a person in a queue, at most COUNTED, and what he did there today."""

    left: int
    today: int

    @property
    def is_capped(self) -> bool:
        return self.left >= COUNTED

    @property
    def total(self) -> int:
        return max(self.left + self.today, 1)


@dataclass(frozen=True)
class MyQueue:
    """One line of a person's start page."""

    queue: Queue
    left: int
    soon: int  # of those, how many are due within the hour or late
    today: int
    disputed: int | None  # None: he does not adjudicate here
    is_workable: bool
    is_held: bool = False  # until a manager has looked
    is_newcomer: bool = False  # has to qualify first


def lease_of(*, queue: Queue, user: User, now: datetime) -> Review | None:
    """The lease that the person holds in the queue and that still runs."""
    mine = Review.objects.filter(item__queue=queue, reviewer=user, state=Review.State.LEASED, expires_at__gt=now)
    return mine.select_related("item__queue__project", "item__schema", "item__trace").order_by("-leased_at").first()


def items_left(*, user: User) -> QuerySet[Item]:
    """Open items that ask for an answer which this person could still give, in all queues."""
    had = Review.objects.filter(item=OuterRef("pk"), reviewer=user).exclude(state=Review.State.EXPIRED)
    free = Item.objects.filter(state=Item.State.OPEN, open_slots__gt=0).exclude(Exists(had))
    return free.filter(Q(reserved_for__isnull=True) | Q(reserved_for=user))


def tally(*, queue: Queue, user: User, now: datetime) -> Tally:
    """Left (with the item he holds) and answered today. Three queries, and one each for known items and a budget."""
    holds = lease_of(queue=queue, user=user, now=now) is not None
    left = _within_budget(queue, items_left(user=user).filter(queue=queue)[:COUNTED].count())
    left += honeypots_ahead(queue=queue, user=user, n_left=left) + holds
    return Tally(left=min(left, COUNTED), today=_answers_today(user=user, now=now).filter(item__queue=queue).count())


def _within_budget(queue: Queue, n: int) -> int:
    left = labels_left(queue=queue)
    return n if left is None else min(n, left)


def _midnight(now: datetime) -> datetime:
    return timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)


def _answers_today(*, user: User, now: datetime) -> QuerySet[Annotation]:
    return Annotation.objects.filter(reviewer=user, status=Annotation.Status.CURRENT, created_at__gte=_midnight(now))


def my_queues(*, user: User, now: datetime) -> list[MyQueue]:
    """Queues where the person works or adjudicates, what is urgent first.

    Seven queries, however many queues; one more for each that mixes in known items or has a label budget, and one if
    any asks to qualify.
    """
    workable = list(queues_workable_by(user=user).exclude(state=Queue.State.CLOSED))
    deciding = list(queues_adjudicable_by(user=user))
    left = {
        row["queue"]: row
        for row in items_left(user=user)
        .filter(queue__in=workable)
        .values("queue")
        .annotate(n=Count("pk"), soon=Count("pk", filter=Q(due_at__lt=now + SOON)))
    }
    held = _counted(Review.objects.filter(reviewer=user, state=Review.State.LEASED, expires_at__gt=now), "item__queue")
    today = _counted(_answers_today(user=user, now=now), "item__queue")
    disputed = _counted(items_to_adjudicate_in(queues=deciding, user=user), "queue")
    known = {queue.pk: queue for queue in [*workable, *deciding]}
    is_held, is_new = held_in(user=user, queues=workable), newcomer_in(user=user, queues=workable)
    unseen = {
        queue.pk: honeypots_ahead(queue=queue, user=user, n_left=left[queue.pk]["n"])
        for queue in workable
        if queue.pk in left
    }
    rows = [
        MyQueue(
            queue=queue,
            left=_within_budget(queue, left.get(pk, {"n": 0})["n"]) + unseen.get(pk, 0) + held.get(pk, 0),
            soon=left.get(pk, {"soon": 0})["soon"],
            today=today.get(pk, 0),
            disputed=disputed.get(pk, 0) if queue in deciding else None,
            is_workable=queue in workable,
            is_held=pk in is_held,
            is_newcomer=pk in is_new,
        )
        for pk, queue in known.items()
    ]
    shown = [row for row in rows if row.is_workable or row.disputed]
    return sorted(shown, key=lambda row: (-row.soon, -(row.left or row.disputed or 0), row.queue.name))


def items_to_adjudicate_in(*, queues: list[Queue], user: User) -> QuerySet[Item]:
    """Disputed items of several queues that the person has not answered himself."""
    answered = Review.objects.filter(item=OuterRef("pk"), reviewer=user, state=Review.State.SUBMITTED)
    disputed = Item.objects.filter(queue__in=queues, state=Item.State.ADJUDICATION)
    return disputed.exclude(Exists(answered))


def _counted(rows: QuerySet[Any], field: str) -> dict[UUID, int]:
    return dict(rows.order_by().values_list(field).annotate(n=Count("pk")))


def last_answer(*, queue: Queue, user: User) -> Annotation | None:
    """What an undo would take back."""
    return my_answers(queue=queue, user=user).filter(status=Annotation.Status.CURRENT).first()


def my_answers(*, queue: Queue, user: User) -> QuerySet[Annotation]:
    """The person's own answers in the queue, newest first; nobody else's."""
    mine = Annotation.objects.filter(reviewer=user, item__queue=queue)
    return mine.select_related("item", "schema").order_by("-created_at", "-pk")


def words_of(annotation: Annotation) -> str:
    """An answer as a person reads it."""
    return answer_words(config_of(annotation.schema), annotation.result)


def taken_back(*, review_id: UUID) -> Annotation | None:
    """The answer that the person gave under this review and took back last."""
    mine = Annotation.objects.filter(review_id=review_id, status=Annotation.Status.WITHDRAWN)
    return mine.select_related("schema").order_by("-created_at", "-pk").first()


@dataclass(frozen=True)
class Vote:
    """One answer to a disputed item, as an adjudicator sees it."""

    annotation: Annotation
    words: str
    quality: ReviewerQuality | None  # None: no fit yet, or too few answers

    @property
    def is_simulated(self) -> bool:
        return self.annotation.source == Annotation.Source.SIMULATED


def votes_on(*, item: Item) -> list[Vote]:
    """The current answers in the order they were given. For adjudicators of the item's queue only. Three queries."""
    annotations = list(
        item.annotations.filter(status=Annotation.Status.CURRENT)
        .select_related("reviewer", "schema", "suggestion")
        .order_by("created_at", "pk")
    )
    fit = item.queue.quality_fits.order_by("-created_at").first()
    known = {
        quality.reviewer_id: quality
        for quality in ReviewerQuality.objects.filter(
            fit=fit, reviewer__in=[each.reviewer_id for each in annotations], n_annotations__gte=MIN_ANSWERS
        )
    }
    return [Vote(each, words_of(each), known.get(each.reviewer_id)) for each in annotations]


def items_decidable(*, queue: Queue, user: User) -> QuerySet[Item]:
    """All items of the queue that the person has not answered himself. The only way an adjudicator reaches an item."""
    answered = Review.objects.filter(item=OuterRef("pk"), reviewer=user, state=Review.State.SUBMITTED)
    return (
        Item.objects.filter(queue=queue)
        .exclude(Exists(answered))
        .select_related("queue__project", "schema", "trace__payload")
    )


def item_after(*, queue: Queue, user: User, item: Item, narrowed: Narrowing = WHOLE_QUEUE) -> Item | None:
    """The disputed item that follows in the adjudicator's order; the first one again after the last."""
    found = items_to_adjudicate(queue=queue, user=user, narrowed=narrowed)
    order = list(found.values_list("pk", flat=True)[:COUNTED])
    if not order or order == [item.pk]:
        return None
    place = order.index(item.pk) + 1 if item.pk in order else 0
    return items_decidable(queue=queue, user=user).get(pk=order[place % len(order)])


def my_decisions(*, queue: Queue, user: User) -> QuerySet[Adjudication]:
    """The adjudicator's own decisions in the queue, newest first."""
    mine = Adjudication.objects.filter(adjudicator=user, item__queue=queue)
    return mine.select_related("item__schema").order_by("-created_at", "-pk")


def adjudication_tally(*, queue: Queue, user: User, now: datetime) -> Tally:
    """Disputed items left, and decided today. Two queries."""
    left = items_to_adjudicate(queue=queue, user=user)[:COUNTED].count()
    done = my_decisions(queue=queue, user=user).filter(
        status=Adjudication.Status.CURRENT, created_at__gte=_midnight(now)
    )
    return Tally(left=left, today=done.count())


def decision_words(adjudication: Adjudication) -> str:
    """A decision as a person reads it."""
    if adjudication.decision == Adjudication.Decision.AMBIGUOUS:
        return _("ambiguous")
    if adjudication.decision == Adjudication.Decision.SENT_BACK:
        return _("sent back for more answers")
    return answer_words(config_of(adjudication.item.schema), adjudication.result or [])


def decision_taken_back(*, item: Item, user: User) -> Adjudication | None:
    """The decision on the item that the adjudicator took back last."""
    undone = item.adjudications.filter(adjudicator=user, status=Adjudication.Status.WITHDRAWN)
    return undone.select_related("item__schema").order_by("-created_at", "-pk").first()


def last_decision(*, queue: Queue, user: User) -> Adjudication | None:
    """What an adjudicator's undo would take back."""
    mine = my_decisions(queue=queue, user=user).filter(
        status=Adjudication.Status.CURRENT, item__state=Item.State.SETTLED
    )
    return mine.exclude(decision=Adjudication.Decision.SENT_BACK).first()
