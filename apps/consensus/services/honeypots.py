"""Honeypots: items whose right answer is known, given out like any other, and what they say of a reviewer.

A honeypot asks for no answers, so no lane but its own gives it out; it never settles, and no consensus, label or golden
version is made of it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.consensus.algorithms.sequential_test import SequentialTest, evidence_of
from apps.consensus.models import KnownAnswer
from apps.consensus.services.known_answers import answer_is_right, is_comparable
from apps.core.errors import InvalidInput
from apps.core.stored import stored
from apps.labeling.models import Annotation
from apps.projects.labelling import config_of
from apps.projects.models import LabelSchema
from apps.projects.selectors import schema_known
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
    """A reviewer's answers to a queue's honeypots, in the order they were first given, and what the test says."""

    answers: tuple[bool, ...]  # True: right
    n_before: int  # of these, how many were given before he was last put back; the test leaves them out
    test: SequentialTest

    @property
    def n_right(self) -> int:
        return sum(self.answers)

    @property
    def path(self) -> list[float]:
        """The evidence after each answer since he was last put back."""
        return evidence_of(self.answers[self.n_before :], test=self.test)

    @property
    def evidence(self) -> float:
        """At `test.limit` and above he is paused; see `sequential_test`."""
        path = self.path
        return path[-1] if path else 0.0


def test_of(queue: Queue) -> SequentialTest:
    """The queue's levels and error rates."""
    return SequentialTest(
        good=queue.honeypot_good, floor=queue.honeypot_floor, alpha=queue.honeypot_alpha, beta=queue.honeypot_beta
    )


def honeypot_record(*, queue: Queue, reviewer: User) -> HoneypotRecord:
    """What the person's current answers to honeypots say. Two queries."""
    return honeypot_records(queue=queue, reviewers=[reviewer.pk])[reviewer.pk]


def honeypot_records(*, queue: Queue, reviewers: Collection[UUID]) -> dict[UUID, HoneypotRecord]:
    """The same for each of several people. Honeypots that were taken out say nothing. Two queries."""
    given = Annotation.objects.filter(
        item__queue=queue, item__state=Item.State.HONEYPOT, reviewer__in=reviewers, status=Annotation.Status.CURRENT
    )
    ended = ReviewerPause.objects.filter(queue=queue, reviewer__in=reviewers, ended_at__isnull=False)
    put_back = dict(ended.order_by().values_list("reviewer").annotate(last=Max("ended_at")))
    answers: dict[UUID, list[bool]] = {reviewer: [] for reviewer in reviewers}
    before = dict.fromkeys(reviewers, 0)
    # An answer that was changed later keeps its place.
    rows = given.order_by("review__submitted_at", "pk").values_list("reviewer", "review__submitted_at", *JUDGED)
    for reviewer, at, *judged in rows:
        answers[reviewer].append(is_right(*judged))
        before[reviewer] += at is not None and reviewer in put_back and at <= put_back[reviewer]
    test = test_of(queue)
    return {reviewer: HoneypotRecord(tuple(answers[reviewer]), before[reviewer], test) for reviewer in reviewers}


def known_latest(*, reviewer: User, limit: int) -> list[tuple[bool, datetime]]:
    """The person's latest answers to known items in all queues: whether right, and when given. One query.

    Known items that were taken out say nothing.
    """
    given = Annotation.objects.filter(
        item__state=Item.State.HONEYPOT,
        reviewer=reviewer,
        status=Annotation.Status.CURRENT,
        review__submitted_at__isnull=False,
    )
    rows = given.order_by("-review__submitted_at", "-pk").values_list(*JUDGED, "review__submitted_at")[:limit]
    return [(is_right(*judged), at) for *judged, at in rows]


# What `is_right` wants, of annotations of honeypots.
JUDGED = (
    "item__schema_id",
    "item__data",
    "label",
    "result",
    "item__known_answer__label",
    "item__known_answer__result",
)


def is_right(schema_id: UUID, data: dict[str, Any], label: str, result: Any, known_label: str, known: Any) -> bool:
    """Whether an answer to a honeypot is right, under the labels that the honeypot was made under."""
    config = config_of(schema_known(schema_id=schema_id))
    return answer_is_right(config, data, label=label, result=result, known_label=known_label, known_result=known)


def honeypot_judge(*, queue: Queue, reviewer: User, now: datetime) -> ReviewerPause | None:
    """After an answer to a honeypot, in its transaction: pause the person if the evidence asks for it."""
    record = honeypot_record(queue=queue, reviewer=reviewer)
    if not record.test.pauses(record.evidence):
        return None
    since = record.answers[record.n_before :]
    words = _MISSED % {
        "wrong": len(since) - sum(since),
        "n": len(since),
    }
    return reviewer_pause(queue=queue, reviewer=reviewer, reason=words, by=None, now=now)
