"""One more answer, asked of a person of the house's choice; after a while, of everybody."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from apps.core.statements import fetch_one
from apps.queues.models import Item
from apps.queues.selectors import WORKS_IN_QUEUE

# Somebody who answered in the queue within this time is taken to be at work; and so long an item waits for one person.
AT_WORK = timedelta(minutes=10)

# People at work in the queue who may still get the item. Each person's last answer is the end of an index.
_AT_WORK = f"""
    SELECT coalesce(array_agg(m.user_id ORDER BY m.user_id), '{{}}')
    FROM queues_queue q
    JOIN projects_membership m ON m.project_id = q.project_id
    JOIN accounts_user u ON u.id = m.user_id AND u.is_active
    WHERE q.id = %(queue)s::uuid AND {WORKS_IN_QUEUE}
      AND NOT EXISTS (SELECT 1 FROM queues_review h
                      WHERE h.item_id = %(item)s::uuid AND h.reviewer_id = m.user_id AND h.state <> 'expired')
      AND NOT EXISTS (SELECT 1 FROM queues_reviewerpause p
                      WHERE p.queue_id = q.id AND p.reviewer_id = m.user_id AND p.ended_at IS NULL)
      AND NOT EXISTS (SELECT 1 FROM queues_reviewerexclusion x
                      WHERE x.queue_id = q.id AND x.reviewer_id = m.user_id AND x.ended_at IS NULL)
      AND (q.qualification_items = 0 OR EXISTS (
          SELECT 1 FROM queues_revieweradmission a
          WHERE a.queue_id = q.id AND a.reviewer_id = m.user_id AND a.ended_at IS NULL))
      AND EXISTS (
          SELECT 1 FROM (SELECT r.submitted_at, r.item_id FROM queues_review r
                         WHERE r.reviewer_id = m.user_id AND r.state = 'submitted'
                         ORDER BY r.leased_at DESC LIMIT 1) r
          JOIN queues_item i ON i.id = r.item_id
          WHERE i.queue_id = q.id AND r.submitted_at > %(since)s)
"""  # noqa: S608 (constants)


def reviewers_at_work(*, item: Item, now: datetime) -> list[UUID]:
    """Who answered in the item's queue lately, may go on there, and has not had the item. One statement."""
    values = {"queue": item.queue_id, "item": item.pk, "since": now - AT_WORK}
    row = fetch_one(_AT_WORK, values)
    assert row is not None
    return [UUID(str(each)) for each in row[0]]


def item_ask(*, item: Item, reviewer_id: UUID, now: datetime) -> None:
    """Keep an open item for one person for a while. The caller holds its lock."""
    item.reserved_for_id, item.reserved_until = reviewer_id, now + AT_WORK
    item.save(update_fields=["reserved_for", "reserved_until"])


def asked_end(*, now: datetime) -> int:
    """Items that waited for one person long enough are for everybody again. Returns how many. Idempotent."""
    # In the order of their ids, as whoever locks several must; one that a claim holds is looked at the next time.
    sql = """
        WITH over AS (
            SELECT id FROM queues_item WHERE reserved_for_id IS NOT NULL AND reserved_until <= %s
            ORDER BY id FOR UPDATE SKIP LOCKED)
        UPDATE queues_item i
        SET reserved_for_id = NULL, reserved_until = NULL, bumped_seq = nextval('queues_bump_seq')
        FROM over WHERE i.id = over.id
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [now])
        return int(cursor.rowcount)
