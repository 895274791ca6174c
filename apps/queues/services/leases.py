"""Leases: an item is given to one reviewer for a while, under a fencing token that names the lease."""

import random
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import F, Value
from django.db.models.functions import Least
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.db import violates
from apps.core.rows import Beside, T, Writes
from apps.core.statements import fetch_one
from apps.core.stored import stored
from apps.events.services import event_record
from apps.queues.errors import NotAdmitted, QueueNotOpen, ReviewerHeld, StaleLease
from apps.queues.models import Item, Queue, Review
from apps.queues.selectors import REVIEW_COLUMNS, REVIEW_WIDTH, WORKS_IN_QUEUE, review_from
from apps.queues.selectors_budget import labels_left
from apps.queues.services import lanes
from apps.queues.services.adoption import schema_adopt
from apps.queues.services.budget import labels_left_locked
from apps.queues.services.slots import item_lock, slots_adjust, strand_check
from apps.queues.words import state_word

_AFTER_LEAVING = timedelta(seconds=30)
_STALE_AT_A_CLAIM = 5  # a claim first expires a few stale leases, so nothing depends on the periodic reaper

_NO_REASON = stored("no reason given")


def review_claim(*, queue: Queue, reviewer: User, now: datetime, rng: random.Random) -> Review | None:
    """Lease the next item of the queue to a person who works in it, or give the lease he holds. None: nothing left.

    `rng` draws the lane: a lane that came round by counting would tell a reviewer which items are audited.
    One statement, which is its own transaction; a second look only where leases ran out or labels changed.

    Raises:
        QueueNotOpen: the queue is paused or closed.
        ReviewerHeld: a manager or a test has paused the person here.
        NotAdmitted: the queue asks for a qualification first.
    """
    order = _lanes_now(queue=queue, rng=rng)
    try:
        claimed = lanes.item_take(queue=queue, reviewer=reviewer, lanes=order, now=now, is_last=False)
        if claimed.outcome == "stale":
            # Committed before the budget is looked at again: what ran out is given back to it as that commits.
            leases_expire(queue=queue, now=now, limit=_STALE_AT_A_CLAIM)
            order = order or _lanes_now(queue=queue, rng=rng)
        if claimed.outcome in ("stale", "adopts"):
            claimed = _claim_again(queue=queue, reviewer=reviewer, order=order, now=now)
    except IntegrityError as exc:
        if not violates(exc, "labelspending_within_budget"):
            raise
        return None  # somebody else took the last answer of the budget at the same moment
    if claimed.outcome == "closed":
        queue.refresh_from_db(fields=["state"])
        raise QueueNotOpen(
            _("This queue is %(state)s. Your work is kept; nothing is given out for now.")
            % {"state": state_word(queue.state)}
        )
    if claimed.outcome == "paused":
        raise ReviewerHeld(_("You get no new items here for the moment; a manager will have a look."))
    if claimed.outcome == "newcomer":
        raise NotAdmitted(_("This queue begins with a short round of practice items."))
    return claimed.review


def _lanes_now(*, queue: Queue, rng: random.Random) -> list[str]:
    """No lane where the label budget is spent: a person still gets what he holds."""
    return [] if labels_left(queue=queue) == 0 else lanes.lane_order(queue=queue, rng=rng)


@transaction.atomic
def _claim_again(*, queue: Queue, reviewer: User, order: list[str], now: datetime) -> lanes.Claimed:
    claimed = lanes.item_take(queue=queue, reviewer=reviewer, lanes=order, now=now, is_last=True)
    if claimed.adopts and claimed.review is not None:
        schema_adopt(item=claimed.review.item)
    return claimed


def next_token() -> int:
    """Names a new lease."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('queues_token_seq')")
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def _lock_leased(*, review: Review, token: int) -> Review:
    """Lock item and review, and check that the lease is this one and still runs."""
    locked = review_lock(review_id=review.pk, reviewer=review.reviewer)
    if locked.token != token or locked.state != Review.State.LEASED:
        raise StaleLease(_("This item is no longer yours; what you wrote is kept as a draft."))
    return locked


# The review is joined to the locked item, so the item is locked first.
_LOCKED = """
    WITH i AS MATERIALIZED (
        SELECT * FROM queues_item WHERE id = (
            SELECT item_id FROM queues_review WHERE id = %(review)s::uuid AND reviewer_id = %(reviewer)s::uuid
        ) FOR UPDATE
    ), r AS MATERIALIZED (
        SELECT r.* FROM i JOIN queues_review r ON r.item_id = i.id WHERE r.id = %(review)s::uuid FOR UPDATE OF r
    )
"""
_FROM = "FROM r JOIN i ON true JOIN queues_queue q ON q.id = i.queue_id JOIN projects_project p ON p.id = q.project_id"
_LOCK = f"{_LOCKED} SELECT {REVIEW_COLUMNS} {_FROM}"


@cache
def _enter_sql(source: str, columns: str) -> str:
    """As _LOCK, for who works in the queue now, with what is read beside once both are locked."""
    return f"""{_LOCKED}
    SELECT {REVIEW_COLUMNS}, {columns}
    {_FROM}
    JOIN projects_membership m ON m.project_id = p.id AND m.user_id = r.reviewer_id
    CROSS JOIN LATERAL {source}
    WHERE q.id = %(queue)s::uuid AND {WORKS_IN_QUEUE}
    """


def review_lock(*, review_id: UUID, reviewer: User) -> Review:
    """The person's review and, first, its item, both locked. One statement.

    Raises:
        Review.DoesNotExist: it is not his.
    """
    row = fetch_one(_LOCK, {"review": review_id, "reviewer": reviewer.pk})
    if row is None:
        raise Review.DoesNotExist
    return review_from(row, reviewer=reviewer)


def review_enter(*, reviewer: User, queue_id: UUID, review_id: UUID, beside: Beside[T]) -> tuple[Review, T]:
    """Reached as by `selectors.review_reached` and locked as by `review_lock`, with what is wanted `beside`: it may
    name the review r, its item i, queue q and project p. One statement.

    Raises:
        Review.DoesNotExist: it is not his, or he does not work in that queue now.
    """
    values = {"review": review_id, "reviewer": reviewer.pk, "queue": queue_id}
    row = fetch_one(_enter_sql(beside.source, beside.columns), values) if reviewer.is_active else None
    if row is None:
        raise Review.DoesNotExist
    return review_from(row, reviewer=reviewer), beside.read(row[REVIEW_WIDTH:])


def review_submit(*, review: Review, token: int, now: datetime, writes: Writes) -> None:
    """Mark a locked review (`review_lock`) as answered. The caller stores the answer and settles the slots.

    An expired lease is taken back when its slot is still free; a running one is honoured even if the item settled.

    Raises:
        StaleLease: the slot was given away, or the item is over; the caller keeps the work as a draft.
    """
    item = review.item
    if review.token != token or item.state == Item.State.RETIRED:
        raise StaleLease(_("Somebody else has this item now, or it was taken out; what you wrote is kept as a draft."))
    slot_is_free = item.open_slots > 0 or item.state == Item.State.HONEYPOT
    taken_back = review.state == Review.State.EXPIRED and slot_is_free
    if taken_back and item.state == Item.State.OPEN and labels_left_locked(queue=item.queue) == 0:
        taken_back = False  # somebody else has what was left of the label budget
    if review.state != Review.State.LEASED and not taken_back:
        raise StaleLease(
            _("Your time with this item ran out and its place was given away; your work is kept as a draft.")
        )
    review.state, review.submitted_at, review.skip_reason = Review.State.SUBMITTED, now, ""
    writes.update(review, ["state", "submitted_at", "skip_reason"])


def review_give_back(*, review: Review, now: datetime) -> None:
    """After an undo: a locked review goes back to the same person with a new token; nobody gets the slot meanwhile."""
    if review.state != Review.State.SUBMITTED:
        raise StaleLease(_("This answer was already taken back."))
    review.state = Review.State.LEASED
    review.token, review.submitted_at = next_token(), None
    review.leased_at = now
    review.expires_at = now + timedelta(seconds=review.item.queue.lease_seconds)
    review.save(update_fields=["state", "token", "submitted_at", "leased_at", "expires_at"])


def review_bar(*, item: Item, reviewer: User, reason: str, now: datetime) -> None:
    """Keep an item from a person who has seen others' answers to it. The caller holds the item's lock."""
    passed = {"state": Review.State.SKIPPED, "skip_reason": reason, "token": next_token()}
    lease = {"lane": "reserved", "leased_at": now, "expires_at": now}
    review, is_new = Review.objects.get_or_create(item=item, reviewer=reviewer, defaults=passed | lease)
    if not is_new:
        # One that ran out could come back to him, and one that he holds would now be answered with others' votes.
        live = (Review.State.EXPIRED, Review.State.LEASED)
        Review.objects.filter(pk=review.pk, state__in=live).update(**passed)


@transaction.atomic
def review_release(*, review: Review, token: int) -> None:
    """Give the lease back unanswered: the page was closed. It may come back to the same person."""
    try:
        locked = _lock_leased(review=review, token=token)
    except StaleLease:
        return  # given back already: the wish is fulfilled
    _expire(locked)


def review_leave(*, review: Review, token: int, now: datetime) -> bool:
    """The page was left: the lease ends soon. A reload comes back in time, so nobody can reload an item away.

    One statement on one row that changes no slot, so the item is not locked. Whether the lease was this one.
    """
    mine = Review.objects.filter(pk=review.pk, token=token, state=Review.State.LEASED)
    return bool(mine.update(expires_at=Least("expires_at", Value(now + _AFTER_LEAVING))))


def review_return(*, review: Review, token: int) -> bool:
    """The page came back: the lease lasts as long as it was first given for. Whether it was still held."""
    mine = Review.objects.filter(pk=review.pk, token=token, state=Review.State.LEASED)
    whole = timedelta(seconds=review.item.queue.lease_seconds)
    return bool(mine.update(expires_at=F("leased_at") + Value(whole)))


def _expire(review: Review) -> None:
    review.state = Review.State.EXPIRED
    review.save(update_fields=["state"])
    strand_check(item=review.item, answers=slots_adjust(item=review.item))


@transaction.atomic
def review_skip(*, review: Review, token: int, reason: str) -> Review:
    """Pass on the item with a reason; it does not come back to this person.

    Raises:
        StaleLease: the lease is over; nothing changes.
    """
    locked = _lock_leased(review=review, token=token)
    locked.state = Review.State.SKIPPED
    locked.skip_reason = reason.strip()[:300] or _NO_REASON
    locked.save(update_fields=["state", "skip_reason"])
    strand_check(item=locked.item, answers=slots_adjust(item=locked.item))
    event_record(verb="review.skipped", obj=locked, project_id=locked.item.queue.project_id, actor=locked.reviewer)
    return locked


def leases_expire(*, now: datetime, queue: Queue | None = None, limit: int = 500) -> int:
    """Expire leases whose time is over; locked items are left for the next time. Returns how many expired."""
    stale = Review.objects.filter(state=Review.State.LEASED, expires_at__lte=now)
    if queue is not None:
        stale = stale.filter(item__queue=queue)
    pairs = list(stale.order_by("expires_at").values_list("pk", "item_id")[:limit])
    return sum(_expire_one(review_id=review_id, item_id=item_id, until=now) for review_id, item_id in pairs)


@transaction.atomic
def _expire_one(*, review_id: UUID, item_id: UUID, until: datetime | None) -> int:
    locked = Item.objects.select_for_update(skip_locked=True, of=("self",)).select_related("queue__project", "schema")
    item = locked.filter(pk=item_id).first() if until is not None else item_lock(item_id=item_id)
    if item is None:
        return 0
    review = Review.objects.select_for_update().get(pk=review_id)
    # Looked at again under the lock: it may have been answered, or leased anew, meanwhile.
    if review.state != Review.State.LEASED or (until is not None and review.expires_at > until):
        return 0
    review.item = item
    _expire(review)
    return 1


def leases_return(*, reviewer: User, queue: Queue | None = None) -> int:
    """Take back all that a person holds, in one queue or everywhere: he was disabled, or is away. Returns how many."""
    held = Review.objects.filter(reviewer=reviewer, state=Review.State.LEASED)
    if queue is not None:
        held = held.filter(item__queue=queue)
    pairs = list(held.values_list("pk", "item_id"))
    return sum(_expire_one(review_id=review_id, item_id=item_id, until=None) for review_id, item_id in pairs)
