"""Reads of queues, items and reviews."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet

from apps.accounts.models import User
from apps.projects.models import Membership, Project
from apps.projects.rights import ROLE_RIGHTS, Right
from apps.queues.models import Item, Queue, QueueMember, Review

_REVIEWING_ROLES = [role for role, rights in ROLE_RIGHTS.items() if Right.REVIEW in rights]


def reviewer_ids(*, queue: Queue) -> set[UUID]:
    """Who works in the queue: active people with the reviewer role if it is open to all, and its named members.

    Managers and adjudicators work in a queue only when named, so that they may otherwise see its votes.
    """
    active = Membership.objects.filter(project_id=queue.project_id, user__is_active=True)
    named = Q(role__in=_REVIEWING_ROLES) & Exists(QueueMember.objects.filter(queue=queue, user=OuterRef("user")))
    who = named | Q(role=Membership.Role.REVIEWER) if queue.is_open_to_all else named
    return set(active.filter(who).values_list("user_id", flat=True))


def queues_workable_by(*, user: User) -> QuerySet[Queue]:
    """Queues in which `user` works and that may still give out items. The only way the workbench reaches a queue."""
    if not user.is_active:
        return Queue.objects.none()
    mine = Membership.objects.filter(project=OuterRef("project"), user=user)
    named = Q(Exists(mine.filter(role__in=_REVIEWING_ROLES))) & Q(members__user=user)
    open_to_role = Q(is_open_to_all=True) & Q(Exists(mine.filter(role=Membership.Role.REVIEWER)))
    return Queue.objects.filter(named | open_to_role).select_related("project").distinct()


def queues_adjudicable_by(*, user: User) -> QuerySet[Queue]:
    """Queues whose disputed items `user` may decide."""
    roles = [role for role, rights in ROLE_RIGHTS.items() if Right.ADJUDICATE in rights]
    if not user.is_active:
        return Queue.objects.none()
    return Queue.objects.filter(
        project__memberships__in=Membership.objects.filter(user=user, role__in=roles)
    ).select_related("project")


def items_of_project(*, project: Project) -> QuerySet[Item]:
    """All items of one project; views reach the project by `projects_visible_to` first."""
    return Item.objects.filter(queue__project=project)


def items_to_adjudicate(*, queue: Queue, user: User) -> QuerySet[Item]:
    """Disputed items that `user` has not answered himself: due and severe first, then the oldest."""
    answered = Review.objects.filter(item=OuterRef("pk"), reviewer=user, state=Review.State.SUBMITTED)
    return (
        Item.objects.filter(queue=queue, state=Item.State.ADJUDICATION)
        .exclude(Exists(answered))
        .order_by("due_at", "-severity", "enqueued_at", "pk")
    )


def reviews_of(*, user: User) -> QuerySet[Review]:
    """The person's own reviews, whatever became of them. The only way the workbench reaches a review."""
    return Review.objects.filter(reviewer=user).select_related("item__queue__project", "item__schema")


def votes_hidden_from(*, user: User, item: Item) -> bool:
    """Whether `user` works in the item's queue while it is undecided, so that others' votes could sway him."""
    return item.state == Item.State.OPEN and user.pk in reviewer_ids(queue=item.queue)


@dataclass(frozen=True)
class QueueCounts:
    """What stands in a queue now."""

    waiting: int  # open items that still ask for answers
    in_work: int  # live leases
    in_adjudication: int
    settled: int
    late: int  # open or disputed past their deadline or the queue's promise
    oldest_at: datetime | None  # arrival of the oldest undecided item


def queue_counts(*, queues: Iterable[Queue], now: datetime) -> dict[UUID, QueueCounts]:
    """Counts by queue id. Three queries, however many queues."""
    queues = list(queues)
    undecided = Q(state__in=[Item.State.OPEN, Item.State.ADJUDICATION])
    late = Q(pk__in=[])
    for queue in queues:
        promise = Q(queue=queue, due_at__isnull=True, enqueued_at__lt=now - timedelta(hours=queue.sla_hours))
        late |= promise
    rows: dict[UUID, Mapping[str, Any]] = {
        row["queue"]: row
        for row in Item.objects.filter(queue__in=queues)
        .values("queue")
        .annotate(
            waiting=Count("pk", filter=Q(state=Item.State.OPEN, open_slots__gt=0)),
            in_adjudication=Count("pk", filter=Q(state=Item.State.ADJUDICATION)),
            settled=Count("pk", filter=Q(state=Item.State.SETTLED)),
            late=Count("pk", filter=undecided & (late | Q(due_at__lt=now))),
            oldest_at=Min("enqueued_at", filter=undecided),
        )
    }
    live = dict(
        Review.objects.filter(item__queue__in=queues, state=Review.State.LEASED)
        .values_list("item__queue")
        .annotate(n=Count("pk"))
    )
    return {queue.pk: _counts(rows.get(queue.pk), in_work=live.get(queue.pk, 0)) for queue in queues}


def _counts(row: Mapping[str, Any] | None, *, in_work: int) -> QueueCounts:
    if row is None:
        return QueueCounts(0, in_work, 0, 0, 0, None)
    return QueueCounts(
        waiting=row["waiting"],
        in_work=in_work,
        in_adjudication=row["in_adjudication"],
        settled=row["settled"],
        late=row["late"],
        oldest_at=row["oldest_at"],
    )
