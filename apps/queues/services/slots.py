"""The life of an item: how many answers it still asks for, and which state it is in."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, Q

from apps.core.rows import Writes
from apps.core.statements import fetch_one
from apps.core.stored import stored
from apps.queues.models import Item, Queue
from apps.queues.selectors import reviewer_ids

_NOBODY_LEFT = stored("no reviewer left who has not had it")


def item_lock(*, item_id: UUID) -> Item:
    """The item, locked until the transaction ends: the first lock of every writer, so that no two deadlock."""
    return Item.objects.select_for_update(of=("self",)).select_related("queue__project", "schema").get(pk=item_id)


@dataclass(frozen=True)
class Answers:
    """How many people are at an item, and whether anybody else could still get it. Read under the item's lock."""

    live: int
    submitted: int
    was_had: bool  # by anybody, so that it cannot come to him again
    is_anybody_left: bool


_ANSWERS = "SELECT live, submitted, had, is_anybody_left FROM queues_answers(%(item)s::uuid, %(queue)s::uuid, NULL)"


def answers_of(item: Item) -> Answers:
    """The facts now. The caller holds the item's lock."""
    row = fetch_one(_ANSWERS, {"item": item.pk, "queue": item.queue_id})
    assert row is not None
    live, submitted, had, is_anybody_left = row
    return Answers(live, submitted, had > 0, is_anybody_left)


@dataclass(frozen=True)
class Doubt:
    """How hard a disputed item is, as the floor above judges it."""

    bits: float | None = None  # None: not judged yet
    labels: tuple[str, ...] = ()  # those in the running


UNJUDGED = Doubt()


def slots_adjust(*, item: Item, answers: Answers | None = None, writes: Writes | None = None) -> Answers:
    """Recompute `open_slots` from the facts. The caller holds the item's lock, and may have read `answers` already.

    Open slots are the answers asked for, less those given and those being given. An item whose slots come free again
    re-enters the claimable rows with a new `bumped_seq`. With `writes` it is written together with other changes.
    """
    return _write(item, answers=answers, writes=writes)


def _write(
    item: Item, *, dispute: tuple[Any, ...] = (None, None, None), answers: Answers | None, writes: Writes | None
) -> Answers:
    answers = answers or answers_of(item)
    values = [item.pk, *(getattr(item, name) for name in _LIFE), answers.live + answers.submitted, *dispute]

    def taken(row: Any) -> None:
        item.open_slots, item.bumped_seq = row

    if writes is not None:
        writes.then(_WRITE, values, taken)
        return answers
    with Writes() as now:
        now.then(_WRITE, values, taken)
    return answers


# The only place that writes `open_slots`: the SQL function that also serves the claim.
_LIFE = ("state", "wanted", "wanted_max", "settled_at", "adjudication_reason", "retired_reason")
_WRITE = "SELECT slots, bumped FROM queues_item_write(%s::uuid, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s)"


def next_bump() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('queues_bump_seq')")
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def item_settle(*, item: Item, now: datetime, answers: Answers | None = None, writes: Writes | None = None) -> None:
    """The item has its consensus. A lease running now is honoured and counted."""
    item.state = Item.State.SETTLED
    item.settled_at = item.settled_at or now
    item.adjudication_reason = ""
    slots_adjust(item=item, answers=answers, writes=writes)


def item_to_adjudication(
    *,
    item: Item,
    reason: str,
    kind: str = Item.DisputeKind.SPLIT,
    doubt: Doubt = UNJUDGED,
    answers: Answers | None = None,
    writes: Writes | None = None,
) -> None:
    """An adjudicator decides; `reason` says in words why."""
    item.state = Item.State.ADJUDICATION
    item.settled_at = None
    item.adjudication_reason = reason[:200]
    item.dispute_kind, item.doubt, item.dispute_labels = kind, doubt.bits, list(doubt.labels)
    about = (kind, json.dumps(item.dispute_labels), doubt.bits)
    _write(item, dispute=about, answers=answers, writes=writes)


def item_reopen(*, item: Item) -> None:
    """Answers are wanted again, as many as are given or being given now, and at least the queue's minimum."""
    answers = answers_of(item)
    busy = answers.live + answers.submitted
    item.state = Item.State.OPEN
    item.settled_at = None
    item.adjudication_reason = ""
    item.wanted_max = max(item.wanted_max, busy)
    item.wanted = min(max(item.queue.overlap_min, busy), item.wanted_max)
    slots_adjust(item=item, answers=answers)


def item_want_more(
    *, item: Item, doubt: Doubt = UNJUDGED, answers: Answers | None = None, writes: Writes | None = None
) -> bool:
    """Ask for one more answer if all that were asked for are in. False when the maximum is reached.

    Under a label budget an item without a deadline rests instead, until another answer to it pays best.

    Nobody eligible left means adjudication: an item is never open for ever.
    """
    answers = answers or answers_of(item)
    if answers.submitted >= item.wanted:
        if item.wanted >= item.wanted_max:
            return False
        if item.queue.label_budget is None or item.due_at is not None:
            item.wanted += 1
    if not strand_check(item=item, doubt=doubt, answers=answers, writes=writes):
        slots_adjust(item=item, answers=answers, writes=writes)
    return True


def strand_check(*, item: Item, answers: Answers, doubt: Doubt = UNJUDGED, writes: Writes | None = None) -> bool:
    """Send the item to adjudication if its open slots can be filled by nobody. The caller holds the lock."""
    if item.state != Item.State.OPEN or answers.live or answers.submitted >= item.wanted:
        return False
    # Without any answer and any reviewer the item waits for people, not for an adjudicator.
    if not answers.was_had or answers.is_anybody_left:
        return False
    reason, kind = _NOBODY_LEFT, Item.DisputeKind.NOBODY_LEFT
    item_to_adjudication(item=item, reason=reason, kind=kind, doubt=doubt, answers=answers, writes=writes)
    return True


def stranded_sweep(*, queue: Queue) -> int:
    """After people left: send to adjudication what nobody can answer any more. Returns how many went."""
    workers = reviewer_ids(queue=queue)
    started = (
        Item.objects.filter(queue=queue, state=Item.State.OPEN, open_slots__gt=0)
        .annotate(had=Count("reviews", filter=Q(reviews__reviewer__in=workers) & ~Q(reviews__state="expired")))
        .filter(had__gte=len(workers), reviews__isnull=False)
        .values_list("pk", flat=True)
        .distinct()
    )
    moved = 0
    for item_id in list(started):
        with transaction.atomic():
            item = item_lock(item_id=item_id)
            moved += strand_check(item=item, answers=answers_of(item))
    return moved
