from datetime import timedelta
from threading import Thread

import pytest
from django.db import IntegrityError, connection, transaction

from apps.core.errors import InvalidFields
from apps.intake.algorithms import filters
from apps.intake.models import Signal
from apps.intake.selectors import loop_warnings, training_triples
from apps.intake.services import adversarial_user_add, adversarial_user_remove, escalation_answer, signal_ingest
from tests import factories
from tests.factories import NOW

LONG = "Please send it back within 14 days, free of charge."


@pytest.fixture
def trace(project):
    return factories.trace(project, output="You can return it.", user_ref="u1", trace_id="t1")


def send(project, kind, *, now=NOW, trace_id="t1", **fields):
    return signal_ingest(project=project, row={"trace_id": trace_id, "kind": kind} | fields, now=now)


def test_signal_ingest_stores_verdict_rule_weight_and_hash(project, trace):
    receipt = send(project, "explicit_correction", correction=LONG)
    signal = receipt.signal
    assert receipt.is_new
    assert (signal.verdict, signal.rule, signal.weight) == ("candidate", filters.RULE_CORRECTION, 0.9)
    assert (signal.user_ref, len(signal.event_hash)) == ("u1", 64)


def test_signal_ingest_takes_every_kind(project, trace):
    factories.reason(project, "wrong")
    needs = {
        "explicit_correction": {"correction": LONG},
        "csat": {"value": 2},
        "dwell": {"value": 3.5},
        "sensor": {"value": -1},
        "agent_escalation": {"reason": "wrong"},
    }
    for kind in filters.KINDS:
        send(project, kind, **needs.get(kind, {}))
    assert set(Signal.objects.values_list("kind", flat=True)) == set(Signal.Kind.values) == set(filters.KINDS)


def test_the_same_event_again_is_the_first_one(project, trace):
    first = send(project, "thumbs_down", occurred_at="2026-03-02T08:00:00Z")
    again = send(project, "thumbs_down", occurred_at="2026-03-02T08:00:00Z", now=NOW + timedelta(hours=1))
    later = send(project, "thumbs_down", occurred_at="2026-03-02T08:00:05Z")
    assert (again.is_new, again.signal) == (False, first.signal)
    assert (later.is_new, later.signal.rule) == (True, filters.RULE_DUPLICATE)


def test_the_typo_the_adversary_and_the_stale_are_kept_with_their_rule(project, trace):
    assert send(project, "explicit_correction", correction="You can return it!").signal.rule == filters.RULE_TYPO
    assert send(project, "csat", value=1, occurred_at="2026-01-01T00:00:00Z").signal.rule == filters.RULE_OLD
    adversarial_user_add(project=project, user_ref="troll", reason="", now=NOW)
    assert send(project, "thumbs_down", user_ref="troll").signal.rule == filters.RULE_ADVERSARIAL
    assert Signal.objects.filter(verdict="refused", weight=0).count() == 3


def test_the_project_s_weight_is_used(project, trace):
    project.signal_weights = {"csat": 0.25}
    project.save(update_fields=["signal_weights"])
    assert send(project, "csat", value=1).signal.weight == 0.25


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"kind": "applause"}, "kind"),
        ({"kind": "csat"}, "value"),
        ({"kind": "csat", "value": 6}, "value"),
        ({"kind": "csat", "value": 2.5}, "value"),
        ({"kind": "csat", "value": "2"}, "value"),
        ({"kind": "dwell", "value": -1}, "value"),
        ({"kind": "thumbs_up", "value": 1}, "value"),
        ({"kind": "explicit_correction"}, "correction"),
        ({"kind": "thumbs_down", "correction": LONG}, "correction"),
        ({"kind": "explicit_correction", "correction": "x" * 200_001}, "correction"),
        ({"kind": "agent_escalation"}, "reason"),
        ({"kind": "agent_escalation", "reason": "never heard of"}, "reason"),
        ({"kind": "copy", "trace_id": "t2"}, "trace_id"),
        ({"kind": "copy", "stars": 5}, "stars"),
        ({"kind": "copy", "occurred_at": "2026-03-02T09:06:00Z"}, "occurred_at"),
    ],
)
def test_signal_ingest_refuses_and_names_the_field(project, trace, row, field):
    with pytest.raises(InvalidFields) as refusal:
        signal_ingest(project=project, row={"trace_id": "t1"} | row, now=NOW)
    assert field in [problem.field for problem in refusal.value.problems]
    assert not Signal.objects.exists()


def test_signal_ingest_does_not_see_another_project_s_trace(project, trace):
    with pytest.raises(InvalidFields):
        send(factories.project("Other"), "copy")


def test_the_database_refuses_a_second_row_of_one_event(project, trace):
    signal = send(project, "copy").signal
    signal.pk = None
    with pytest.raises(IntegrityError, match="signal_event_once"), transaction.atomic():
        signal.save(force_insert=True)


@pytest.mark.django_db(transaction=True)
def test_twins_at_once_are_one_signal():
    project = factories.project()
    factories.trace(project, output="x", trace_id="t1")
    found = []

    def one():
        try:
            found.append(send(project, "thumbs_down"))
        finally:
            connection.close()

    twins = [Thread(target=one) for _ in range(4)]
    for twin in twins:
        twin.start()
    for twin in twins:
        twin.join(timeout=60)
    assert len({receipt.signal.pk for receipt in found}) == 1
    assert sum(receipt.is_new for receipt in found) == 1


def test_training_triples_of_a_project(project, trace):
    other = factories.trace(project, output="Never.", trace_id="t2", user_ref="u2")
    send(project, "explicit_correction", correction=LONG)
    assert training_triples(project=project, now=NOW) == []  # One kind alone.
    send(project, "thumbs_down", trace_id="t2")
    send(project, "csat", value=1, trace_id="t2")
    made = {one.trace_id: one for one in training_triples(project=project, now=NOW)}
    assert (made["t1"].preferred, made["t1"].rejected, made["t1"].weight) == (LONG, "You can return it.", 0.9)
    assert (made["t2"].preferred, made["t2"].rejected, made["t2"].source) == (None, "Never.", "csat")
    assert made["t2"].prompt == other.payload.input
    assert made["t1"].event_hash == Signal.objects.get(kind="explicit_correction").event_hash
    assert training_triples(project=factories.project("Other"), now=NOW) == []


def test_training_triples_leave_out_what_went_stale_or_was_listed_or_erased_since(project, trace):
    factories.trace(project, output="Never.", trace_id="t2", user_ref="u2")
    send(project, "explicit_correction", correction=LONG)
    send(project, "thumbs_down", trace_id="t2")
    send(project, "csat", value=1, trace_id="t2")
    assert len(training_triples(project=project, now=NOW)) == 2
    assert training_triples(project=project, now=NOW + timedelta(days=46)) == []
    adversarial_user_add(project=project, user_ref="u2", reason="", now=NOW)
    assert training_triples(project=project, now=NOW) == []
    adversarial_user_remove(project=project, user_ref="u2", now=NOW)
    trace.payload.erased_at = NOW
    trace.payload.save()
    assert [one.trace_id for one in training_triples(project=project, now=NOW)] == []


def test_the_human_answer_to_an_escalation_becomes_the_preferred_side(project, trace):
    reason = factories.reason(project, "wrong")
    escalation = factories.escalation(trace, reason)
    send(project, "agent_escalation", reason="wrong")
    send(project, "explicit_correction", correction=LONG)
    escalation_answer(escalation=escalation, answer={"label": "Refund", "result": [], "confidence": 1.0}, now=NOW)
    preferred = {one.preferred: one.source for one in training_triples(project=project, now=NOW)}
    assert preferred == {LONG: "explicit_correction", "Refund": "agent_escalation"}


def test_synthetic_traces_give_no_triples(project):
    for number in (1, 2):
        factories.trace(project, output="x", trace_id=f"s{number}", origin="synthetic")
        send(project, "explicit_correction", correction=LONG, trace_id=f"s{number}")
        send(project, "csat", value=1, trace_id=f"s{number}")
    assert training_triples(project=project, now=NOW) == []


def test_loop_warnings_say_why(project, trace):
    codes = [one.code for one in loop_warnings(project=project, now=NOW)]
    assert codes == ["too_little_feedback"]
    rows = [
        Signal(
            project=project,
            trace=trace,
            kind="thumbs_down",
            weight=0.5,
            verdict="candidate",
            rule="r",
            user_ref="troll" if number < 60 else "",
            event_hash=f"{number}",
            occurred_at=NOW,
            received_at=NOW - timedelta(days=1),
        )
        for number in range(500)
    ]
    Signal.objects.bulk_create(rows)
    assert loop_warnings(project=project, now=NOW) == []
    adversarial_user_add(project=project, user_ref="troll", reason="", now=NOW)
    (warning,) = loop_warnings(project=project, now=NOW)
    assert (warning.code, warning.value) == ("too_adversarial", 0.12)  # 60 of 500.
    assert "12.0 %" in warning.words
    assert [one.code for one in loop_warnings(project=project, now=NOW + timedelta(days=60))] == ["too_little_feedback"]
