"""What the pages show of queues: how much waits, how old it is against the promise, who works there, how fast."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.db.models import Count, DateTimeField, DurationField, ExpressionWrapper, F, Q, QuerySet, Sum, Value
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core import figures
from apps.labeling.models import Annotation
from apps.projects.models import Membership, Project
from apps.projects.rights import ROLE_RIGHTS, Right
from apps.queues.models import Item, Queue, QueueMember, Review
from apps.queues.selectors import QueueCounts, queue_counts

DAY = timedelta(days=1)
UNDECIDED = Q(state__in=[Item.State.OPEN, Item.State.ADJUDICATION])
# Ages are told against the queue's promise, so that one picture fits a queue of minutes and one of weeks.
_AGE_SHARES = (0.25, 0.5, 1.0)


@dataclass(frozen=True)
class QueueRow:
    """One queue as a table shows it."""

    queue: Queue
    counts: QueueCounts
    ages: list[tuple[str, int]]  # words and number of undecided items, youngest first
    n_people: int
    n_slots: int  # answers still asked for
    n_answers_day: int  # given in the last 24 hours

    @property
    def n_undecided(self) -> int:
        return sum(count for _words, count in self.ages)

    @property
    def promise(self) -> str:
        return figures.span(3600 * self.queue.sla_hours)

    @property
    def time_to_clear(self) -> str:
        """At the last day's pace; empty where nothing waits or nobody answered."""
        if not self.n_slots or not self.n_answers_day:
            return ""
        return figures.span(DAY.total_seconds() * self.n_slots / self.n_answers_day)

    @property
    def state(self) -> tuple[str, str]:
        """Kind and words of the state mark, the worst first."""
        if self.queue.state == Queue.State.CLOSED:
            return "open", _("Closed")
        if not self.n_people:
            return "bad", _("Nobody works here")
        if self.queue.state == Queue.State.PAUSED:
            return "warn", _("Paused")
        if self.counts.late:
            return "warn", ngettext("%(n)s late", "%(n)s late", self.counts.late) % {
                "n": figures.count(self.counts.late)
            }
        if self.queue.state == Queue.State.DRAINING:
            return "open", _("Draining")
        return "ok", _("In time")


def queue_rows(*, queues: Iterable[Queue], now: datetime) -> list[QueueRow]:
    """The queues with their figures, in the order given. Seven queries, however many queues."""
    listed = list(queues)
    counts = queue_counts(queues=listed, now=now)
    ages, slots = _ages(listed, now=now)
    people = people_by_queue(queues=listed)
    answered = _answered(listed, since=now - DAY)
    return [
        QueueRow(
            queue=queue,
            counts=counts[queue.pk],
            ages=ages.get(queue.pk, _age_words([0] * (len(_AGE_SHARES) + 1))),
            n_people=len(people[queue.pk]),
            n_slots=slots.get(queue.pk, 0),
            n_answers_day=answered.get(queue.pk, 0),
        )
        for queue in listed
    ]


def queues_of(*, project: Project) -> QuerySet[Queue]:
    """The project's queues, closed ones last."""
    return project.queues.annotate(is_closed=Q(state=Queue.State.CLOSED)).order_by("is_closed", "created_at", "pk")


def late_items(*, now: datetime) -> Q:
    """Undecided items past their deadline, or without one past their queue's promise. For a queryset of items."""
    promised = Q(due_at__isnull=True, enqueued_at__lt=_before(1.0, now))
    return UNDECIDED & (promised | Q(due_at__lt=now))


def _before(share: float, now: datetime) -> Any:
    """The moment at which this share of the item's promise began to run, in the database."""
    span = ExpressionWrapper(F("queue__sla_hours") * Value(timedelta(hours=share)), output_field=DurationField())
    return ExpressionWrapper(Value(now) - span, output_field=DateTimeField())


def _ages(queues: Sequence[Queue], *, now: datetime) -> tuple[dict[UUID, list[tuple[str, int]]], dict[UUID, int]]:
    within = {
        f"within_{at}": Count("pk", filter=Q(enqueued_at__gte=_before(share, now)))
        for at, share in enumerate(_AGE_SHARES)
    }
    rows: Any = (
        Item.objects.filter(UNDECIDED, queue__in=queues)
        .values("queue")
        .annotate(all=Count("pk"), slots=Sum("open_slots"), **within)
    )
    ages, slots = {}, {}
    for row in rows:
        steps = [0, *(row[name] for name in within), row["all"]]
        ages[row["queue"]] = _age_words([after - before for before, after in pairwise(steps)])
        slots[row["queue"]] = row["slots"]
    return ages, slots


def _age_words(counts: Sequence[int]) -> list[tuple[str, int]]:
    words = (_("within a quarter of the promise"), _("within half"), _("within the promise"), _("over it"))
    return list(zip(words, counts, strict=True))


def people_by_queue(*, queues: Sequence[Queue]) -> dict[UUID, set[UUID]]:
    """Who works in each queue, by the rule of `apps.queues.selectors.reviewer_ids`. Two queries for all queues."""
    roles = [role for role, rights in ROLE_RIGHTS.items() if Right.REVIEW in rights]
    projects = {queue.project_id for queue in queues}
    able, reviewers = defaultdict(set), defaultdict(set)
    members = Membership.objects.filter(project__in=projects, user__is_active=True, role__in=roles)
    for project_id, user_id, role in members.values_list("project_id", "user_id", "role"):
        able[project_id].add(user_id)
        if role == Membership.Role.REVIEWER:
            reviewers[project_id].add(user_id)
    named = defaultdict(set)
    for queue_id, user_id in QueueMember.objects.filter(queue__in=queues).values_list("queue_id", "user_id"):
        named[queue_id].add(user_id)
    return {
        queue.pk: (named[queue.pk] & able[queue.project_id])
        | (reviewers[queue.project_id] if queue.is_open_to_all else set())
        for queue in queues
    }


def _answered(queues: Sequence[Queue], *, since: datetime) -> dict[UUID, int]:
    rows = Annotation.objects.filter(item__queue__in=queues, status=Annotation.Status.CURRENT, created_at__gte=since)
    return dict(rows.order_by().values_list("item__queue").annotate(n=Count("pk")))


def leases_of(*, queue: Queue) -> QuerySet[Review]:
    """Running leases with whose they are, the one that ends first at the top."""
    live = Review.objects.filter(item__queue=queue, state=Review.State.LEASED)
    return live.select_related("reviewer", "item").order_by("expires_at", "pk")


def next_items(*, queue: Queue, limit: int = 5) -> list[Item]:
    """What the main lane gives out next to somebody who has had nothing yet."""
    free = queue.items.filter(state=Item.State.OPEN, open_slots__gt=0, reserved_for__isnull=True, is_audit=False)
    return list(free.order_by("-sort_key", "pk")[:limit])
