"""Where a claim looks for its item. Each lane is a partial index; a claim must stay flat however far a person is ahead.

The walk itself is the SQL function `queues_claim` (docs/decisions/0014-claim-in-the-database.md). In the main lane a
cursor remembers, per person and queue, the place before which all claimable items were had by him. Whatever re-enters
before that place (new, re-opened, returned) carries a larger `bumped_seq` and is looked at first.
"""

import random
from dataclasses import dataclass
from datetime import datetime

import uuid6

from apps.accounts.models import User
from apps.core.rows import Shape, joined, split
from apps.core.statements import fetch_one
from apps.intake.models import Trace, TracePayload
from apps.projects.selectors import schema_known
from apps.queues.models import Item, Queue, Review
from apps.queues.selectors import RANKED_BY

_REVIEW, _ITEM = Shape(Review, "(c.review)"), Shape(Item, "(c.item)", without=RANKED_BY)
# The card shows the item's data, and of its trace only when it was said and what was said before.
_MADE_BY = ("model", "prompt_version", "product_version", "user_ref", "session_ref", "latency_ms", "attributes")
_TRACE = Shape(Trace, "t", without=(*_MADE_BY, "policy_flags", "content_hash", "body_hash", "received_at"))
_PAYLOAD = Shape(TracePayload, "y", without=("input", "output"))
# With the item comes all that its card shows, so that the page needs no further look.
_CLAIM = f"""
    SELECT {_REVIEW.columns}, {_ITEM.columns}, {_TRACE.columns}, {_PAYLOAD.columns}, c.outcome, c.adopts, ARRAY(
        SELECT s.text FROM intake_escalation e JOIN projects_escalationreason s ON s.id = e.reason_id
        WHERE e.trace_id = t.id AND e.state <> 'unanswerable' ORDER BY e.created_at)
    FROM queues_claim(
        %(queue)s::uuid, %(reviewer)s::uuid, %(now)s, string_to_array(%(lanes)s, ' '), %(is_last)s, %(review)s::uuid,
        %(cursor)s::uuid
    ) c
    LEFT JOIN intake_trace t ON t.id = (c.item).trace_id
    LEFT JOIN intake_tracepayload y ON y.trace_id = t.id
"""  # noqa: S608 (names of our models)


@dataclass(frozen=True)
class Claimed:
    """What a claim found; the outcomes are told beside the SQL function."""

    outcome: str
    review: Review | None
    adopts: bool


def lane_order(*, queue: Queue, rng: random.Random) -> list[str]:
    """The lanes in the order in which this claim looks at them: shares decide which special lane comes first."""
    draw = rng.random()
    if draw < queue.deadline_share:
        return ["reserved", "deadline", "main", "audit"]
    if draw < queue.deadline_share + queue.audit_lane_share:
        return ["reserved", "audit", "main", "deadline"]
    return ["reserved", "main", "audit", "deadline"]


def item_take(*, queue: Queue, reviewer: User, lanes: list[str], now: datetime, is_last: bool) -> Claimed:
    """One statement: the lease that the person holds, or a new one on the first item of the lanes."""
    fresh = uuid6.uuid7()  # of a lease, and of the person's place in the queue where he has none yet
    values = {
        "queue": queue.pk,
        "reviewer": reviewer.pk,
        "now": now,
        "lanes": " ".join(lanes),
        "is_last": is_last,
        "review": fresh,
        "cursor": fresh,
    }
    row = fetch_one(_CLAIM, values)
    assert row is not None
    review, item, trace, payload = split(row, _REVIEW, _ITEM, _TRACE, _PAYLOAD)
    outcome, adopts, reasons = row[-3:]
    if review is None:
        return Claimed(outcome, None, adopts)
    if trace is not None:
        joined(item, trace=joined(trace, payload=payload))
    joined(item, queue=queue, schema=schema_known(schema_id=item.schema_id))
    item.escalation_reasons = reasons
    review.is_fresh = outcome == "fresh"
    return Claimed(outcome, joined(review, item=item, reviewer=reviewer), adopts)
