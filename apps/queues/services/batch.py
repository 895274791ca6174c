"""Several ordinary items leased to one person at once, for a grid. Each is a lease like any other."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.statements import fetch_one
from apps.projects.selectors import schema_current
from apps.queues.errors import NotAdmitted, QueueNotOpen, ReviewerHeld
from apps.queues.models import Item, Queue, Review, ReviewerCursor
from apps.queues.people import is_held, newcomer_in
from apps.queues.services.budget import labels_left_locked
from apps.queues.services.leases import leases_expire, next_token
from apps.queues.services.slots import slots_adjust
from apps.queues.words import state_word

LANE = "batch"
_PAGE, _PAGES = 48, 5  # candidates looked at, at most: items that do not fit must not make a claim slow


def batch_of(*, queue: Queue, reviewer: User, now: datetime) -> QuerySet[Review]:
    """The running leases of the person's grid, in the order in which they were given."""
    mine = Review.objects.filter(item__queue=queue, reviewer=reviewer, state=Review.State.LEASED, lane=LANE)
    related = ("item__queue__project", "item__schema", "item__trace__payload", "reviewer")
    return mine.filter(expires_at__gt=now).select_related(*related).order_by("token")


@transaction.atomic
def batch_claim(
    *, queue: Queue, reviewer: User, size: int, fits: Callable[[Item], bool], now: datetime
) -> list[Review]:
    """Fill the person's grid up to `size` items; returns the new leases, fewer where not enough fit.

    Only items of the main lane with nothing special about them: not audited, escalated, due, or handed to somebody.
    The cursor is read and not moved, so what is passed over here still comes one at a time.

    Raises:
        QueueNotOpen, ReviewerHeld, NotAdmitted: as for a single claim.
    """
    # Locked first, as by a single claim: two requests of one person must not both lease.
    cursor = ReviewerCursor.objects.select_for_update().filter(queue=queue, reviewer=reviewer).first()
    if cursor is None:
        ReviewerCursor.objects.bulk_create([_at_the_top(queue, reviewer, now)], ignore_conflicts=True)
        cursor = ReviewerCursor.objects.select_for_update().get(queue=queue, reviewer=reviewer)
    _check_open(queue, reviewer)
    leases_expire(queue=queue, now=now, limit=5)
    # The one that he has open on its own page comes along, where it could have come by itself.
    own = Review.objects.filter(item__queue=queue, reviewer=reviewer, state=Review.State.LEASED, sees_guess=True)
    plain = {f"item__{name}": value for name, value in _PLAIN.items()}
    own.filter(lane="main", expires_at__gt=now, **plain).update(lane=LANE)
    wanted = size - batch_of(queue=queue, reviewer=reviewer, now=now).count()
    left = labels_left_locked(queue=queue)
    wanted = wanted if left is None else min(wanted, left)
    places = [cursor, None] if cursor.sort_key is not None else [None]
    for place in places:
        chosen = [item.pk for item, _n in zip(_fitting(queue, reviewer, place, fits), range(wanted), strict=False)]
        if chosen:
            return _lease(chosen, queue=queue, reviewer=reviewer, now=now)
    return []


def _check_open(queue: Queue, reviewer: User) -> None:
    state = Queue.objects.values_list("state", flat=True).get(pk=queue.pk)
    if state not in (Queue.State.OPEN, Queue.State.DRAINING):
        raise QueueNotOpen(
            _("This queue is %(state)s. Your work is kept; nothing is given out for now.")
            % {"state": state_word(state)}
        )
    if is_held(user=reviewer, queue=queue):
        raise ReviewerHeld(_("You get no new items here for the moment; a manager will have a look."))
    if newcomer_in(user=reviewer, queues=[queue]):
        raise NotAdmitted(_("This queue begins with a short round of practice items."))


def _at_the_top(queue: Queue, reviewer: User, now: datetime) -> ReviewerCursor:
    row = fetch_one("SELECT last_value FROM queues_bump_seq", {})
    assert row is not None
    return ReviewerCursor(queue=queue, reviewer=reviewer, seen_seq=row[0], started_at=now)


def _fitting(
    queue: Queue, reviewer: User, cursor: ReviewerCursor | None, fits: Callable[[Item], bool]
) -> Iterator[Item]:
    """Unlocked candidates in the order of the main lane, from the person's place in it."""
    had = Review.objects.filter(item=OuterRef("pk"), reviewer=reviewer).exclude(state=Review.State.EXPIRED)
    free = Item.objects.filter(_ORDINARY, queue=queue, schema=schema_current(project=queue.project))
    free = free.exclude(Exists(had)).select_related("trace__payload", "schema").order_by("-sort_key", "pk")
    after = None if cursor is None else Q(sort_key=cursor.sort_key, pk__gte=cursor.item_id)
    key = None if cursor is None else cursor.sort_key
    for _page in range(_PAGES):
        page = list((free if after is None else free.filter(after | Q(sort_key__lt=key)))[:_PAGE])
        for item in page:
            item.queue = queue
            if fits(item):
                yield item
        if len(page) < _PAGE:
            return
        key, after = page[-1].sort_key, Q(sort_key=page[-1].sort_key, pk__gt=page[-1].pk)


# Nothing special about it.
_PLAIN: dict[str, Any] = {"is_audit": False, "due_at__isnull": True, "severity": 0, "source": Item.Source.TRACE}
_ORDINARY = Q(state=Item.State.OPEN, open_slots__gt=0, reserved_for__isnull=True, **_PLAIN)


def _lease(chosen: list[UUID], *, queue: Queue, reviewer: User, now: datetime) -> list[Review]:
    """Lease those that nobody else has locked or filled meanwhile."""
    locked = Item.objects.select_for_update(skip_locked=True, of=("self",)).filter(_ORDINARY, pk__in=chosen)
    had = set(
        Review.objects.filter(item__in=chosen, reviewer=reviewer)
        .exclude(state=Review.State.EXPIRED)
        .values_list("item", flat=True)
    )
    rows = locked.select_related("queue__project", "schema", "trace__payload").order_by("-sort_key", "pk")
    found = []
    for item in rows:
        if item.pk in had:
            continue
        lease = {
            "state": Review.State.LEASED,
            "token": next_token(),
            "lane": LANE,
            "leased_at": now,
            "expires_at": now + timedelta(seconds=queue.lease_seconds),
        }
        review, _new = Review.objects.update_or_create(item=item, reviewer=reviewer, defaults=lease)
        slots_adjust(item=item)
        review.item, review.reviewer = item, reviewer
        found.append(review)
    return found
