"""Reads of queues, items and reviews."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet

from apps.accounts.models import User
from apps.core.rows import Shape, joined, split
from apps.core.statements import fetch_one
from apps.projects.models import Membership, Project
from apps.projects.rights import ROLE_RIGHTS, Right
from apps.projects.selectors import schema_known
from apps.queues.models import Item, Queue, QueueMember, Review

REVIEWING_ROLES = [role for role, rights in ROLE_RIGHTS.items() if Right.REVIEW in rights]

# The rule of `reviewer_ids` and `queues_workable_by` for hand-written SQL: a membership m, of a queue q's project,
# works in that queue. Whether its person is active is asked beside it. The SQL function `queues_answers` has it once
# more; a test holds all of them together.
WORKS_IN_QUEUE = f"""
    (m.role = 'reviewer' AND q.is_open_to_all OR m.role IN ({", ".join(f"'{role}'" for role in REVIEWING_ROLES)})
     AND EXISTS (SELECT 1 FROM queues_queuemember n WHERE n.queue_id = q.id AND n.user_id = m.user_id))
"""  # noqa: S608 (our own words)


def reviewer_ids(*, queue: Queue) -> set[UUID]:
    """Who works in the queue: active people with the reviewer role if it is open to all, and its named members.

    Managers and adjudicators work in a queue only when named, so that they may otherwise see its votes.
    """
    active = Membership.objects.filter(project_id=queue.project_id, user__is_active=True)
    named = Q(role__in=REVIEWING_ROLES) & Exists(QueueMember.objects.filter(queue=queue, user=OuterRef("user")))
    who = named | Q(role=Membership.Role.REVIEWER) if queue.is_open_to_all else named
    return set(active.filter(who).values_list("user_id", flat=True))


def queues_workable_by(*, user: User) -> QuerySet[Queue]:
    """Queues in which `user` works and that may still give out items. The only way the workbench reaches a queue."""
    if not user.is_active:
        return Queue.objects.none()
    mine = Membership.objects.filter(project=OuterRef("project"), user=user)
    named = Q(Exists(mine.filter(role__in=REVIEWING_ROLES))) & Q(members__user=user)
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
    """All items of one project but its honeypots; views reach the project by `projects_visible_to` first."""
    return Item.objects.filter(queue__project=project).exclude(source=Item.Source.HONEYPOT)


# How an adjudicator may go through his queue; each order is an index.
DISPUTE_ORDERS = {
    # What is not judged yet comes first; of equally hard ones what is due, then severe, then old.
    "hardest": (F("doubt").desc(), "due_at", "-severity", "enqueued_at", "pk"),
    "due": ("due_at", F("doubt").desc(), "enqueued_at", "pk"),
}


@dataclass(frozen=True)
class Narrowing:
    """Which disputed items an adjudicator goes through, and in what order. An empty field narrows nothing."""

    kind: str = ""
    label: str = ""
    order: str = "hardest"


WHOLE_QUEUE = Narrowing()


def items_to_adjudicate(*, queue: Queue, user: User, narrowed: Narrowing = WHOLE_QUEUE) -> QuerySet[Item]:
    """Disputed items that `user` has not answered himself, in the order asked for."""
    answered = Review.objects.filter(item=OuterRef("pk"), reviewer=user, state=Review.State.SUBMITTED)
    found = Item.objects.filter(queue=queue, state=Item.State.ADJUDICATION).exclude(Exists(answered))
    if narrowed.kind:
        found = found.filter(dispute_kind=narrowed.kind)
    if narrowed.label:
        found = found.filter(dispute_labels__contains=[narrowed.label])
    return found.order_by(*DISPUTE_ORDERS[narrowed.order])


def reviews_of(*, user: User) -> QuerySet[Review]:
    """The person's own reviews, whatever became of them."""
    return Review.objects.filter(reviewer=user).select_related("item__queue__project", "item__schema")


# What neither an answer nor a card looks at: why the item stands where it stands, and what only settings show.
RANKED_BY = ("source_key", "search_text", "score", "terms", "sort_key", "priority", "audit_probability", "audit_rank")
_FILLED_BY = ("slug", "takes_traces", "takes_escalations", "acquisition", "sla_hours", "score_cap")
_MADE = ("created_by_id", "created_at")
_REVIEW, _ITEM = Shape(Review, "r"), Shape(Item, "i", without=RANKED_BY)
_QUEUE = Shape(Queue, "q", without=(*_FILLED_BY, "ageing_rate", "epoch", *_MADE))
_PROJECT = Shape(Project, "p", without=("description", "signal_weights", *_MADE))
REVIEW_WIDTH = sum(shape.width for shape in (_REVIEW, _ITEM, _QUEUE, _PROJECT))
REVIEW_COLUMNS = f"{_REVIEW.columns}, {_ITEM.columns}, {_QUEUE.columns}, {_PROJECT.columns}"


def review_from(row: Sequence[Any], *, reviewer: User) -> Review:
    """A row that begins with REVIEW_COLUMNS, with its item, queue, project and schema."""
    review, item, queue, project = split(row, _REVIEW, _ITEM, _QUEUE, _PROJECT)
    joined(item, queue=joined(queue, project=project), schema=schema_known(schema_id=item.schema_id))
    return cast(Review, joined(review, item=item, reviewer=reviewer))


_REACHED = f"""
    SELECT {REVIEW_COLUMNS}
    FROM queues_review r
    JOIN queues_item i ON i.id = r.item_id
    JOIN queues_queue q ON q.id = i.queue_id
    JOIN projects_project p ON p.id = q.project_id
    JOIN projects_membership m ON m.project_id = p.id AND m.user_id = r.reviewer_id
    WHERE r.id = %(review)s::uuid AND r.reviewer_id = %(user)s::uuid AND q.id = %(queue)s::uuid AND {WORKS_IN_QUEUE}
"""  # noqa: S608 (names of our models)


def review_reached(*, user: User, queue_id: UUID, review_id: UUID) -> Review | None:
    """The person's own review, whatever became of it, in a queue where he works now. One statement.

    The only way to a review that something is done with.
    """
    if not user.is_active:
        return None
    row = fetch_one(_REACHED, {"review": review_id, "user": user.pk, "queue": queue_id})
    return None if row is None else review_from(row, reviewer=user)


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
