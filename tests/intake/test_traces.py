from datetime import datetime, timedelta
from threading import Thread

import pytest
from django.db import connection, transaction

from apps.events.models import Event
from apps.intake.models import Prediction, Trace, TracePayload
from apps.intake.services import trace_ingest
from tests import factories
from tests.factories import NOW
from tests.factories.intake import trace_row


def ingest(project, *rows, now=NOW):
    return trace_ingest(project=project, rows=rows, now=now)


def test_trace_ingest_stores_trace_payload_and_prediction(project):
    row = trace_row(
        input={"text": "hello"},
        context=["earlier"],
        model="assistant-2",
        attributes={"plan": "basic", "seats": 3, "trial": True},
        policy_flags=["pii"],
        latency_ms=120,
        occurred_at="2026-03-02T10:00:00+02:00",
        prediction={"probabilities": {"Refund": 0.3, "Exchange": 0.7}},
    )
    (verdict,) = ingest(project, row)
    assert (verdict.status, verdict.trace_id, verdict.problems) == ("created", row["trace_id"], ())
    stored = Trace.objects.get()
    assert stored == verdict.trace
    assert (stored.attributes["seats"], stored.policy_flags, stored.latency_ms) == (3, ["pii"], 120)
    assert stored.occurred_at.isoformat() == "2026-03-02T08:00:00+00:00"
    assert (stored.payload.input, stored.payload.output) == ({"text": "hello"}, "On its way.")
    prediction = stored.predictions.get()
    assert (prediction.model_ref, prediction.label, prediction.is_logged) == ("assistant-2", "Exchange", True)


def test_trace_ingest_repeats_the_same_row_and_refuses_another_body(project):
    row = trace_row()
    first, again, other = [ingest(project, one)[0] for one in (row, dict(reversed(row.items())), row | {"input": "x"})]
    assert [one.status for one in (first, again, other)] == ["created", "repeated", "refused"]
    assert again.trace == first.trace
    assert [problem.field for problem in other.problems] == ["trace_id"]
    assert TracePayload.objects.get().input == row["input"]


def test_trace_ingest_judges_equal_ids_in_one_call_in_their_order(project):
    row = trace_row()
    verdicts = ingest(project, row, row, row | {"output": "other"}, trace_row())
    assert [one.status for one in verdicts] == ["created", "repeated", "refused", "created"]
    assert [one.index for one in verdicts] == [0, 1, 2, 3]
    assert Trace.objects.count() == TracePayload.objects.count() == 2


def test_trace_ingest_keeps_projects_apart(project):
    other = factories.project("Other")
    row = trace_row()
    assert ingest(project, row)[0].status == ingest(other, row)[0].status == "created"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"trace_id": None}, "trace_id"),
        ({"trace_id": ""}, "trace_id"),
        ({"trace_id": "batch"}, "trace_id"),
        ({"trace_id": " padded"}, "trace_id"),
        ({"trace_id": "line\nbreak"}, "trace_id"),
        ({"trace_id": "x" * 201}, "trace_id"),
        ({"trace_id": 7}, "trace_id"),
        ({"input": ""}, "input"),
        ({"input": None}, "input"),
        ({"inptu": "typo"}, "inptu"),
        ({"model": 5}, "model"),
        ({"latency_ms": "12"}, "latency_ms"),
        ({"latency_ms": -1}, "latency_ms"),
        ({"latency_ms": 2**31}, "latency_ms"),
        ({"latency_ms": True}, "latency_ms"),
        ({"attributes": {"plan": {"nested": 1}}}, "attributes.plan"),
        ({"attributes": {"plan": "x" * 501}}, "attributes.plan"),
        ({"attributes": {f"a{n}": n for n in range(51)}}, "attributes"),
        ({"policy_flags": ["ok", 3]}, "policy_flags[1]"),
        ({"origin": "robot"}, "origin"),
        ({"occurred_at": "2026-03-02 09:00"}, "occurred_at"),
        ({"occurred_at": "2026-03-02T09:00:00"}, "occurred_at"),
        ({"occurred_at": "1999-03-02T09:00:00Z"}, "occurred_at"),
        ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "occurred_at"),
        ({"occurred_at": 1772442000}, "occurred_at"),
        ({"occurred_at": "2026-03-02T10:00:00Z"}, "occurred_at"),  # An hour ahead.
        ({"model": "m", "prediction": {}}, "prediction.label"),
        ({"prediction": {"label": "Refund"}}, "model"),
        ({"model": "m", "prediction": {"probabilities": {"a": 0.5, "b": 0.6}}}, "prediction.probabilities"),
        ({"model": "m", "prediction": {"probabilities": {"a": 1.5}}}, "prediction.probabilities.a"),
        ({"input": "nul \x00"}, "input"),
        ({"input": "half \ud800"}, "input"),
        ({"input": {"deep\x00": 1}}, "input.deep\ufffd"),
        ({"input": 2**53}, "input"),
        ({"input": "x" * (1024 * 1024)}, ""),
    ],
)
def test_trace_ingest_refuses_and_names_the_field(project, fields, field):
    bad, good = ingest(project, trace_row(**fields), trace_row())
    assert (bad.status, good.status) == ("refused", "created")
    assert field in [problem.field for problem in bad.problems]
    assert Trace.objects.count() == 1


def test_trace_ingest_refuses_what_is_no_object(project):
    assert [one.status for one in ingest(project, "text", None, [1])] == ["refused"] * 3


def test_trace_ingest_takes_a_moment_from_python(project):
    (verdict,) = ingest(project, trace_row(occurred_at=NOW - timedelta(days=3)))
    assert verdict.trace.occurred_at == NOW - timedelta(days=3)


def test_trace_ingest_appends_one_event_for_a_call(project):
    ingest(project, trace_row(), trace_row(), trace_row(input=""))
    event = Event.objects.get()
    assert (event.verb, event.payload) == ("traces.received", {"created": 2, "repeated": 0, "refused": 1})


def test_trace_ingest_takes_ten_thousand_rows(project):
    rows = [
        trace_row(input=f"message {n} " * 20, model="m", prediction={"probabilities": {"a": 0.25, "b": 0.75}})
        for n in range(10_000)
    ]
    verdicts = ingest(project, *rows)
    assert {one.status for one in verdicts} == {"created"}
    assert Prediction.objects.count() == 10_000


def test_trace_ingest_uses_few_queries(project, django_assert_max_num_queries):
    rows = [trace_row() for _ in range(1000)]
    with django_assert_max_num_queries(10):
        ingest(project, *rows)


@pytest.mark.django_db(transaction=True)
def test_trace_ingest_of_a_twin_waits_and_then_repeats():
    project = factories.project()
    row, statuses = trace_row(), []

    def second():
        try:
            statuses.append(ingest(project, row)[0].status)
        finally:
            connection.close()

    with transaction.atomic():
        statuses.append(ingest(project, row)[0].status)
        twin = Thread(target=second)
        twin.start()
        twin.join(timeout=0.5)
        assert twin.is_alive()  # It waits for the first one's end.
    twin.join(timeout=60)
    assert statuses == ["created", "repeated"]
    assert TracePayload.objects.count() == 1


def test_moments_are_stored_in_utc(project):
    (verdict,) = ingest(project, trace_row(occurred_at="2026-03-02t08:00:00z"))
    assert verdict.trace.occurred_at == datetime.fromisoformat("2026-03-02T08:00:00+00:00")
