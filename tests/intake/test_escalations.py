from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from apps.core.errors import InvalidFields
from apps.intake.models import Escalation, Signal, Trace
from apps.intake.services import (
    escalation_answer,
    escalation_create,
    escalation_reopen,
    escalation_unanswerable,
    is_given_out,
)
from apps.intake.services.escalations import GRACE, answer_grace
from tests import factories
from tests.factories import NOW
from tests.factories.intake import trace_row

SECOND = timedelta(seconds=1)


@pytest.fixture
def reason(project):
    return factories.reason(project, "wrong-policy", severity=4)


@pytest.fixture
def escalation(project, reason):
    return factories.escalation(factories.trace(project), reason)


def answer(label):
    return {"label": label, "result": [{"value": label}], "confidence": 0.9, "settled_by": "consensus"}


def create(project, now=NOW, **row):
    return escalation_create(project=project, row={"reason": "wrong-policy"} | row, now=now)


def test_escalation_create_takes_a_trace_sent_before(project, reason):
    trace = factories.trace(project, trace_id="t1")
    made = create(project, trace_id="t1", comment="help", deadline_at="2026-03-02T10:00:00Z").escalation
    assert (made.trace, made.severity, made.state, made.comment) == (trace, 4, "waiting", "help")
    signal = Signal.objects.get()
    assert (signal.kind, signal.verdict, signal.reason) == ("agent_escalation", "candidate", reason)


def test_escalation_create_takes_a_trace_sent_along_and_its_own_severity(project, reason):
    made = create(project, trace=trace_row(trace_id="new"), severity=2).escalation
    assert (made.trace.trace_id, made.severity) == ("new", 2)


def test_the_same_request_again_is_the_first_escalation(project, reason):
    factories.trace(project, trace_id="t1")
    first = create(project, trace_id="t1", deadline_at="2026-03-02T09:30:00Z")
    again = create(project, trace_id="t1", deadline_at="2026-03-02T09:30:00Z", now=NOW + timedelta(days=1))
    other = create(project, trace_id="t1", comment="once more")
    assert (again.is_new, again.escalation) == (False, first.escalation)
    assert other.is_new
    assert Signal.objects.count() == 2


def test_an_idempotency_key_tells_equal_bodies_apart(project, reason):
    factories.trace(project, trace_id="t1")
    made = {
        escalation_create(
            project=project, row={"reason": "wrong-policy", "trace_id": "t1"}, idempotency_key=key, now=NOW
        ).escalation.pk
        for key in ("k1", "k2", "k1", "")
    }
    assert len(made) == 3


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({}, "trace_id"),
        ({"trace_id": "t1", "trace": {"trace_id": "t9", "input": "x"}}, "trace_id"),
        ({"trace_id": "unknown"}, "trace_id"),
        ({"trace_id": "t1", "reason": "unknown"}, "reason"),
        ({"trace_id": "t1", "reason": "retired"}, "reason"),
        ({"trace_id": "t1", "severity": 6}, "severity"),
        ({"trace_id": "t1", "deadline_at": "2026-03-02T09:00:00Z"}, "deadline_at"),
        ({"trace_id": "t1", "comment": "x" * 4001}, "comment"),
        ({"trace_id": "t1", "callback": "https://example.org"}, "callback"),
        ({"trace": {"trace_id": "t9"}}, "trace.input"),
        ({"trace": {"trace_id": "t1", "input": "another body"}}, "trace.trace_id"),
    ],
)
def test_escalation_create_refuses_and_names_the_field(project, reason, row, field):
    factories.reason(project, "retired", is_active=False)
    factories.trace(project, trace_id="t1")
    with pytest.raises(InvalidFields) as refusal, transaction.atomic():
        create(project, **row)
    assert field in [problem.field for problem in refusal.value.problems]
    assert not Escalation.objects.exists()
    assert Trace.objects.count() == 1


def test_the_database_refuses_a_second_row_of_one_request(escalation):
    for _ in range(2):  # Without a request nothing tells them apart.
        factories.escalation(escalation.trace, escalation.reason)
    factories.escalation(escalation.trace, escalation.reason, request_hash="h")
    with pytest.raises(IntegrityError, match="escalation_request_once"):
        factories.escalation(escalation.trace, escalation.reason, request_hash="h")


@pytest.mark.parametrize(
    ("left", "grace"),
    [
        (None, GRACE),
        (timedelta(hours=1), GRACE),
        (timedelta(seconds=300), timedelta(seconds=60)),
        (timedelta(seconds=100), timedelta(seconds=20)),
        (timedelta(0), timedelta(0)),
        (timedelta(hours=-1), timedelta(0)),
    ],
)
def test_answer_grace_is_60_s_or_a_fifth_of_the_time_left(left, grace):
    assert answer_grace(deadline_at=None if left is None else NOW + left, now=NOW) == grace


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=30)))
def test_answer_grace_never_passes_the_deadline(left):
    assert timedelta() <= answer_grace(deadline_at=NOW + left, now=NOW) <= min(GRACE, left)


def test_an_answer_is_given_out_after_its_grace_time(escalation):
    answered = escalation_answer(escalation=escalation, answer=answer("Refund"), now=NOW)
    assert (answered.state, answered.answer["revision"]) == ("answered", 1)
    assert not is_given_out(answered, now=NOW + GRACE - SECOND)
    assert is_given_out(answered, now=NOW + GRACE)


def test_a_change_within_the_grace_time_replaces_in_silence(escalation):
    escalation_answer(escalation=escalation, answer=answer("Refund"), now=NOW)
    changed = escalation_answer(escalation=escalation, answer=answer("Exchange"), now=NOW + GRACE - SECOND)
    assert (changed.state, changed.revision, changed.answer["label"]) == ("answered", 1, "Exchange")
    assert changed.answer_ready_at == NOW + GRACE


def test_a_change_after_it_is_a_correction(escalation):
    escalation_answer(escalation=escalation, answer=answer("Refund"), now=NOW)
    changed = escalation_answer(escalation=escalation, answer=answer("Exchange"), now=NOW + GRACE)
    assert (changed.state, changed.revision, changed.answer["revision"]) == ("corrected", 2, 2)
    assert is_given_out(changed, now=NOW + GRACE)
    again = escalation_answer(escalation=escalation, answer=answer("Exchange"), now=NOW + 2 * GRACE)
    assert (again.state, again.revision) == ("corrected", 2)
    assert again.answered_at == NOW + GRACE


def test_undo_within_the_grace_time_waits_again(escalation):
    escalation_answer(escalation=escalation, answer=answer("Refund"), now=NOW)
    waiting = escalation_reopen(escalation=escalation, now=NOW + SECOND)
    assert (waiting.state, waiting.answer, waiting.answer_ready_at) == ("waiting", None, None)
    later = NOW + timedelta(hours=1)
    second = escalation_answer(escalation=escalation, answer=answer("Exchange"), now=later)
    assert (second.state, second.revision, second.answer_ready_at) == ("answered", 1, later + GRACE)


def test_undo_after_it_keeps_the_answer_until_the_next_one(escalation):
    escalation_answer(escalation=escalation, answer=answer("Refund"), now=NOW)
    kept = escalation_reopen(escalation=escalation, now=NOW + GRACE)
    assert (kept.state, kept.answer["label"]) == ("answered", "Refund")
    changed = escalation_answer(escalation=escalation, answer=answer("Exchange"), now=NOW + 2 * GRACE)
    assert (changed.state, changed.revision) == ("corrected", 2)


def test_unanswerable_says_why_and_never_takes_an_answer_back(escalation, reason):
    told = escalation_unanswerable(escalation=escalation, note="The queue was closed.", now=NOW)
    assert (told.state, told.note_to_client) == ("unanswerable", "The queue was closed.")
    corrected = escalation_answer(escalation=escalation, answer=answer("Refund"), now=NOW + SECOND)
    assert (corrected.state, corrected.revision, corrected.note_to_client) == ("corrected", 1, "")
    kept = escalation_unanswerable(escalation=escalation, note="Too late.", now=NOW + SECOND)
    assert kept.state == "corrected"


def test_unanswerable_takes_an_answer_that_nobody_saw(escalation):
    escalation_answer(escalation=escalation, answer=answer("Refund"), now=NOW)
    told = escalation_unanswerable(escalation=escalation, note="Retired.", now=NOW + SECOND)
    assert (told.state, told.answer, told.answered_at) == ("unanswerable", None, None)
