"""The life of an item: how many answers it still asks for, and which state it is in."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, Q

from apps.queues.models import Item, Queue, Review
from apps.queues.selectors import reviewer_ids


def item_lock(*, item_id: UUID) -> Item:
    """The item, locked until the transaction ends: the first lock of every writer, so that no two deadlock."""
    return Item.objects.select_for_update(of=("self",)).select_related("queue__project", "schema").get(pk=item_id)


@dataclass(frozen=True)
class Answers:
    """How many people are at an item, and who had it."""

    live: int
    submitted: int
    had_by: frozenset[UUID]  # everybody it cannot come to again


def _answers(item: Item) -> Answers:
    rows = list(item.reviews.values_list("state", "reviewer_id"))
    states = [state for state, _ in rows]
    had_by = frozenset(reviewer_id for state, reviewer_id in rows if state != Review.State.EXPIRED)
    return Answers(states.count(Review.State.LEASED), states.count(Review.State.SUBMITTED), had_by)


def slots_adjust(*, item: Item) -> Answers:
    """Recompute `open_slots` from the facts; the only place that writes it. The caller holds the item's lock.

    Open slots are the answers asked for, less those given and those being given. An item whose slots come free again
    re-enters the claimable rows with a new `bumped_seq`.
    """
    answers = _answers(item)
    _slots_write(item, answers)
    return answers


def _slots_write(item: Item, answers: Answers) -> None:
    before = item.open_slots
    is_open = item.state == Item.State.OPEN
    item.open_slots = max(item.wanted - answers.live - answers.submitted, 0) if is_open else 0
    fields = ["open_slots", "state", "wanted", "wanted_max", "settled_at", "adjudication_reason", "retired_reason"]
    if item.open_slots > before:
        item.bumped_seq = next_bump()
        fields.append("bumped_seq")
    item.save(update_fields=fields)


def next_bump() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('queues_bump_seq')")
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def item_settle(*, item: Item, now: datetime) -> None:
    """The item has its consensus. A lease running now is honoured and counted."""
    item.state = Item.State.SETTLED
    item.settled_at = item.settled_at or now
    item.adjudication_reason = ""
    slots_adjust(item=item)


def item_to_adjudication(*, item: Item, reason: str) -> None:
    """An adjudicator decides; `reason` says in words why."""
    item.state = Item.State.ADJUDICATION
    item.settled_at = None
    item.adjudication_reason = reason[:200]
    slots_adjust(item=item)


def item_reopen(*, item: Item) -> None:
    """Answers are wanted again, as many as are given or being given now, and at least the queue's minimum."""
    busy = item.reviews.filter(state__in=[Review.State.LEASED, Review.State.SUBMITTED]).count()
    item.state = Item.State.OPEN
    item.settled_at = None
    item.adjudication_reason = ""
    item.wanted_max = max(item.wanted_max, busy)
    item.wanted = min(max(item.queue.overlap_min, busy), item.wanted_max)
    slots_adjust(item=item)


def item_want_more(*, item: Item) -> bool:
    """Ask for one more answer if all that were asked for are in. False when the maximum is reached.

    Nobody eligible left means adjudication: an item is never open for ever.
    """
    answers = _answers(item)
    if answers.submitted >= item.wanted:
        if item.wanted >= item.wanted_max:
            return False
        item.wanted += 1
    _slots_write(item, answers)
    strand_check(item=item, answers=answers)
    return True


def strand_check(*, item: Item, answers: Answers) -> bool:
    """Send the item to adjudication if its open slots can be filled by nobody. The caller holds the lock."""
    if item.state != Item.State.OPEN or item.open_slots == 0 or answers.live:
        return False
    # Without any answer and any reviewer the item waits for people, not for an adjudicator.
    if not answers.had_by or (reviewer_ids(queue=item.queue) - answers.had_by):
        return False
    item_to_adjudication(item=item, reason="no reviewer left who has not had it")
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
            moved += strand_check(item=item, answers=_answers(item))
    return moved
