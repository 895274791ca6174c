"""Honeypots: items whose right answer is known, given out like any other, and what they say of a reviewer.

A honeypot asks for no answers, so no lane but its own gives it out; it never settles, and no consensus, label or golden
version is made of it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.consensus.algorithms.sequential_test import SequentialTest, evidence_of
from apps.consensus.models import KnownAnswer, KnownVerdict
from apps.consensus.services.known_answers import answer_is_right, has_fixed_answers, is_comparable
from apps.core.errors import InvalidInput
from apps.core.stored import stored
from apps.labeling.models import Annotation
from apps.projects.labelling import config_of
from apps.projects.models import LabelSchema
from apps.queues.models import Item, Queue, ReviewerPause
from apps.queues.services import reviewer_pause
from apps.queues.services.adoption import search_text

_MISSED = stored("%(wrong)s of %(n)s known items were answered wrongly")


@dataclass(frozen=True, slots=True)
class Known:
    """Something to show, and the right answer to it."""

    data: dict[str, Any]
    label: str
    result: list[dict[str, Any]]
    original: Item  # what it is a copy of; whoever had that never gets it
    golden_item: UUID


def honeypots_create(*, queue: Queue, schema: LabelSchema, known: Sequence[Known], by: User, now: datetime) -> int:
    """Store honeypots in the caller's transaction. Returns how many.

    Raises:
        InvalidInput: no answer is compared, so no honeypot could be judged.
    """
    if not is_comparable(config_of(schema)):
        message = _("No question of this project can be compared with a known answer.")
        raise InvalidInput(message, field="version")
    items = [_honeypot(one, queue=queue, schema=schema, now=now) for one in known]
    Item.objects.bulk_create(items)
    KnownAnswer.objects.bulk_create(
        KnownAnswer(
            item=item, label=one.label, result=one.result, golden_item=one.golden_item, added_by=by, added_at=now
        )
        for item, one in zip(items, known, strict=True)
    )
    return len(items)


def _honeypot(one: Known, *, queue: Queue, schema: LabelSchema, now: datetime) -> Item:
    return Item(
        queue=queue,
        trace_id=one.original.trace_id,  # its conversation stands beside the item, and a guess where one is shown
        prediction_id=one.original.prediction_id,
        source=Item.Source.HONEYPOT,
        source_key=str(one.golden_item),
        original=one.original,
        schema=schema,
        data=one.data,
        search_text=search_text(one.data),
        state=Item.State.HONEYPOT,
        open_slots=0,
        wanted=0,
        wanted_max=0,
        sort_key=0.0,
        audit_probability=0.0,
        audit_rank=0.0,
        enqueued_at=now,
    )


@dataclass(frozen=True, slots=True)
class HoneypotRecord:
    """A reviewer's answers to a queue's honeypots, and what the test says."""

    n: int
    n_right: int
    tested: tuple[bool, ...]  # True: right; the last TESTED since he was last put back, in the order first given
    test: SequentialTest

    @property
    def path(self) -> list[float]:
        """The evidence after each of the answers tested."""
        return evidence_of(self.tested, test=self.test)

    @property
    def evidence(self) -> float:
        """At `test.limit` and above he is paused; see `sequential_test`."""
        path = self.path
        return path[-1] if path else 0.0


# The test looks at so many answers, so that one more costs the same whatever was before. The evidence of anybody who is
# not paused has come to its bottom many times by then, and nothing before that matters.
TESTED = 500


def test_of(queue: Queue) -> SequentialTest:
    """The queue's levels and error rates."""
    return SequentialTest(
        good=queue.honeypot_good, floor=queue.honeypot_floor, alpha=queue.honeypot_alpha, beta=queue.honeypot_beta
    )


# Verdicts that count, and since when they are tested.
_COUNTED = """
    FROM consensus_knownverdict v
        JOIN labeling_annotation a ON a.id = v.annotation_id AND a.status = 'current'
        JOIN queues_item i ON i.id = a.item_id AND i.state = 'honeypot'
        LEFT JOIN LATERAL (
            SELECT max(p.ended_at) AS at FROM queues_reviewerpause p
            WHERE p.queue_id = v.queue_id AND p.reviewer_id = v.reviewer_id) put_back ON TRUE
    WHERE v.queue_id = %(queue)s AND v.reviewer_id = ANY(%(reviewers)s)
"""
_SINCE = "(put_back.at IS NULL OR v.given_at > put_back.at)"
_RECORDS = f"""
    SELECT v.reviewer_id, count(*), count(*) FILTER (WHERE v.is_right),
        (array_agg(v.is_right ORDER BY v.given_at DESC, v.annotation_id DESC) FILTER (WHERE {_SINCE}))[:%(tested)s]
    {_COUNTED} GROUP BY v.reviewer_id
"""
_TESTED = f"""
    SELECT v.is_right {_COUNTED} AND {_SINCE}
    ORDER BY v.given_at DESC, v.annotation_id DESC LIMIT %(tested)s
"""


def honeypot_record(*, queue: Queue, reviewer: User) -> HoneypotRecord:
    """What the person's current answers to honeypots say. One query."""
    return honeypot_records(queue=queue, reviewers=[reviewer.pk])[reviewer.pk]


def honeypot_records(*, queue: Queue, reviewers: Collection[UUID]) -> dict[UUID, HoneypotRecord]:
    """The same for each of several people. Honeypots that were taken out say nothing. One query."""
    test = test_of(queue)
    found = {person: HoneypotRecord(0, 0, (), test) for person in reviewers}
    for person, n, n_right, newest in _rows(_RECORDS, queue, reviewers):
        found[person] = HoneypotRecord(n, n_right, tuple(reversed(newest or ())), test)
    return found


def _rows(statement: str, queue: Queue, reviewers: Collection[UUID]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"queue": queue.pk, "reviewers": list(reviewers), "tested": TESTED})
        return list(cursor.fetchall())


def known_latest(*, reviewer: User, limit: int) -> list[tuple[bool, datetime]]:
    """The person's latest answers to known items in all queues: whether right, and when given. One query.

    Known items that were taken out say nothing.
    """
    mine = KnownVerdict.objects.counted().filter(reviewer=reviewer).order_by("-given_at", "-pk")
    return list(mine.values_list("is_right", "given_at")[:limit])


def verdict_store(*, annotation: Annotation) -> KnownVerdict:
    """Tell whether an answer to a honeypot is right, under the labels that the honeypot was made under."""
    item = annotation.item
    config = config_of(item.schema)
    known = KnownAnswer.objects.filter(item=item)
    if has_fixed_answers(config):
        is_right = annotation.label == known.values_list("label", flat=True).get()
    else:
        right = known.get()
        is_right = answer_is_right(
            config,
            item.data,
            label=annotation.label,
            result=annotation.result,
            known_label=right.label,
            known_result=right.result,
        )
    return KnownVerdict.objects.create(
        annotation=annotation,
        reviewer_id=annotation.reviewer_id,
        queue=item.queue,
        given_at=annotation.review.submitted_at or annotation.created_at,
        is_right=is_right,
    )


def honeypot_judge(*, annotation: Annotation, reviewer: User, now: datetime) -> ReviewerPause | None:
    """After an answer to a honeypot, in its transaction: store its verdict, pause the person if all of them ask for it.

    Three queries, whatever he has answered before.
    """
    verdict_store(annotation=annotation)
    queue = annotation.item.queue
    test = test_of(queue)
    tested = [is_right for (is_right,) in _rows(_TESTED, queue, [reviewer.pk])][::-1]
    path = evidence_of(tested, test=test)
    if not path or not test.pauses(path[-1]):
        return None
    words = _MISSED % {"wrong": len(tested) - sum(tested), "n": len(tested)}
    return reviewer_pause(queue=queue, reviewer=reviewer, reason=words, by=None, now=now)
