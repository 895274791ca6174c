"""Where a claim looks for its item. Each lane is a partial index; a claim must stay flat however far a person is ahead.

In the main lane a cursor remembers, per person and queue, the place before which all claimable items were had by him.
Whatever re-enters before that place (new, re-opened, returned) carries a larger `bumped_seq` and is looked at first.
"""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from apps.accounts.models import User
from apps.queues.models import Queue, ReviewerCursor

_PAGE = 16  # unlocked candidates tried at a time; more than the claims that run at once
_BUMPED_PAGE = 200
# Ids of re-entered items are not commit order; a fresh walk now and then finds what was committed late.
_CURSOR_LIFE = timedelta(minutes=10)

_CLAIMABLE = "i.queue_id = %(queue)s AND i.state = 'open' AND i.open_slots > 0"
_NOT_MINE = """NOT EXISTS (SELECT 1 FROM queues_review r
    WHERE r.item_id = i.id AND r.reviewer_id = %(reviewer)s AND r.state <> 'expired')"""
_LANES = {
    "reserved": ("i.reserved_for_id = %(reviewer)s", "i.sort_key DESC, i.id"),
    "deadline": ("i.reserved_for_id IS NULL AND i.due_at IS NOT NULL", "i.due_at, i.id"),
    "audit": ("i.reserved_for_id IS NULL AND i.is_audit", "i.audit_rank, i.id"),
    "main": ("i.reserved_for_id IS NULL AND NOT i.is_audit", "i.sort_key DESC, i.id"),
}
# Rows at or after the cursor. The first condition alone bounds the index scan.
_AFTER = " AND i.sort_key <= %(sort_key)s AND (i.sort_key < %(sort_key)s OR i.id >= %(item_id)s)"

Row = tuple[UUID, float]


def lane_order(*, queue: Queue, rng: random.Random) -> list[str]:
    """The lanes in the order in which this claim looks at them: shares decide which special lane comes first."""
    draw = rng.random()
    if draw < queue.deadline_share:
        return ["reserved", "deadline", "main", "audit"]
    if draw < queue.deadline_share + queue.audit_lane_share:
        return ["reserved", "audit", "main", "deadline"]
    return ["reserved", "main", "audit", "deadline"]


def cursor_lock(*, queue: Queue, reviewer: User, now: datetime) -> ReviewerCursor:
    """The person's cursor, locked; sent back to the top when it is old."""
    fresh = {"seen_seq": _bump_now(), "started_at": now}
    cursor, created = ReviewerCursor.objects.select_for_update().get_or_create(
        queue=queue, reviewer=reviewer, defaults=fresh
    )
    if not created and cursor.started_at < now - _CURSOR_LIFE:
        _to_top(cursor, now=now)
    return cursor


def _bump_now() -> int:
    with connection.cursor() as sql:
        sql.execute("SELECT last_value FROM queues_bump_seq")
        row = sql.fetchone()
    assert row is not None
    return int(row[0])


def _to_top(cursor: ReviewerCursor, *, now: datetime | None = None) -> None:
    cursor.sort_key, cursor.item_id, cursor.seen_seq = None, None, _bump_now()
    cursor.started_at = now or cursor.started_at
    cursor.save(update_fields=["sort_key", "item_id", "seen_seq", "started_at"])


def item_take(*, queue: Queue, reviewer: User, lane: str, cursor: ReviewerCursor) -> UUID | None:
    """Lock the lane's first item that this person has not had; rows locked by others are jumped over."""
    if lane != "main":
        return _take_walking(queue=queue, reviewer=reviewer, lane=lane)
    taken = _take_bumped(queue=queue, reviewer=reviewer, cursor=cursor)
    taken = taken or _take_after(queue=queue, reviewer=reviewer, cursor=cursor)
    if taken is None and cursor.sort_key is not None:
        # Before saying that nothing is left, look once from the top: nothing may be stranded by a late commit.
        _to_top(cursor)
        taken = _take_after(queue=queue, reviewer=reviewer, cursor=cursor)
    return taken


def _take_walking(*, queue: Queue, reviewer: User, lane: str) -> UUID | None:
    return _lock_first(_candidates(queue=queue, reviewer=reviewer, lane=lane), queue=queue)


def _take_after(*, queue: Queue, reviewer: User, cursor: ReviewerCursor) -> UUID | None:
    rows = _candidates(queue=queue, reviewer=reviewer, lane="main", cursor=cursor)
    if not rows:
        return None
    first_id, first_key = rows[0]
    if (cursor.item_id, cursor.sort_key) != (first_id, first_key):
        # The place of the first row that he may still get, read without locks: rows that others hold do not move it.
        cursor.item_id, cursor.sort_key = first_id, first_key
        cursor.save(update_fields=["item_id", "sort_key"])
    return _lock_first(rows, queue=queue)


def _take_bumped(*, queue: Queue, reviewer: User, cursor: ReviewerCursor) -> UUID | None:
    """The best of what re-entered before the cursor. Too much of it, and the cursor goes back to the top."""
    if cursor.sort_key is None:
        return None
    rows = _bumped(queue=queue, reviewer=reviewer, cursor=cursor)
    if len(rows) == _BUMPED_PAGE:
        _to_top(cursor)
        return None
    place = (-cursor.sort_key, cursor.item_id)
    mine = [(item_id, key) for item_id, key, _, free in rows if free and (-key, item_id) < place]
    if not mine and rows:
        cursor.seen_seq = max(seq for _, _, seq, _ in rows)
        cursor.save(update_fields=["seen_seq"])
    mine.sort(key=lambda row: (-row[1], row[0]))
    return _lock_first(mine, queue=queue)


def _bumped(*, queue: Queue, reviewer: User, cursor: ReviewerCursor) -> list[tuple[UUID, float, int, bool]]:
    with connection.cursor() as sql:
        sql.execute(
            f"""SELECT i.id, i.sort_key, i.bumped_seq, {_NOT_MINE} FROM queues_item i
                WHERE {_CLAIMABLE} AND {_LANES["main"][0]} AND i.bumped_seq > %(seen)s
                ORDER BY i.bumped_seq LIMIT {_BUMPED_PAGE}""",  # noqa: S608 (only constants are put in)
            {"queue": queue.pk, "reviewer": reviewer.pk, "seen": cursor.seen_seq},
        )
        return list(sql.fetchall())


def _candidates(*, queue: Queue, reviewer: User, lane: str, cursor: ReviewerCursor | None = None) -> list[Row]:
    condition, order = _LANES[lane]
    values: dict[str, Any] = {"queue": queue.pk, "reviewer": reviewer.pk}
    after = ""
    if cursor is not None and cursor.sort_key is not None:
        after = _AFTER
        values |= {"sort_key": cursor.sort_key, "item_id": cursor.item_id}
    with connection.cursor() as sql:
        sql.execute(
            f"""SELECT i.id, i.sort_key FROM queues_item i
                WHERE {_CLAIMABLE} AND {condition}{after} AND {_NOT_MINE}
                ORDER BY {order} LIMIT {_PAGE}""",  # noqa: S608 (only constants are put in)
            values,
        )
        return list(sql.fetchall())


def _lock_first(rows: Sequence[Row], *, queue: Queue) -> UUID | None:
    """Lock the first of the rows that is free and, under the lock, still claimable."""
    ids = [row[0] for row in rows]
    for start in range(0, len(ids), _PAGE):
        with connection.cursor() as sql:
            sql.execute(
                f"""SELECT i.id FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS c(id, place)
                    JOIN queues_item i USING (id) WHERE {_CLAIMABLE}
                    ORDER BY c.place LIMIT 1 FOR UPDATE OF i SKIP LOCKED""",  # noqa: S608 (only constants are put in)
                {"ids": ids[start : start + _PAGE], "queue": queue.pk},
            )
            found = sql.fetchone()
        if found is not None:
            return UUID(str(found[0]))
    return None
