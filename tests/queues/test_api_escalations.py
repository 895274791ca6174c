from datetime import timedelta

import pytest
from django.utils import timezone

from apps.intake.models import Escalation, Trace
from apps.intake.services import escalation_answer
from apps.queues.models import Item
from tests import factories
from tests.factories.intake import api_client, trace_row

ESCALATIONS = "/api/v1/escalations"


@pytest.fixture
def queue(project):
    return factories.queue(project)


@pytest.fixture
def client(project, queue):
    factories.reason(project, "wrong-policy", severity=4)
    return api_client(project)


def ask(client, key="", **fields):
    body = {"reason": "wrong-policy"} | (fields or {"trace": trace_row()})
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(ESCALATIONS, body, format="json", headers=headers)


def test_an_escalation_becomes_an_item_with_severity_and_deadline(client):
    due = (timezone.now() + timedelta(hours=1)).isoformat()
    response = ask(client, trace=trace_row(), deadline_at=due, comment="please")
    assert response.status_code == 201, response.content
    body = response.json()
    assert (body["state"], body["answer"], body["severity"]) == ("waiting", None, 4)
    assert response["Location"] == f"{ESCALATIONS}/{body['id']}"
    item = Item.objects.get()
    assert (item.severity, item.due_at) == (4, Escalation.objects.get().deadline_at)


def test_an_escalation_of_a_queued_trace_raises_its_item(client, project):
    row = trace_row()
    client.post("/api/v1/traces", row, format="json")
    ask(client, trace_id=row["trace_id"])
    assert Item.objects.get().severity == 4


def test_the_same_escalation_again_is_the_first_one(client):
    row = trace_row()
    first, again = ask(client, trace=row), ask(client, trace=row)
    keyed, replayed, other = ask(client, "k1", trace=row), ask(client, "k1", trace=row), ask(client, "k1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"] != keyed.json()["id"] == replayed.json()["id"]
    assert (keyed.status_code, replayed.status_code, other.status_code) == (201, 201, 422)
    assert replayed.json() == keyed.json()
    assert Escalation.objects.count() == 2


def test_nothing_is_stored_when_no_queue_takes_it(project, client, queue):
    queue.takes_escalations = False
    queue.save(update_fields=["takes_escalations"])
    response = ask(client)
    assert (response.status_code, response.json()["code"]) == (409, "conflict")
    assert not Escalation.objects.exists()
    assert not Trace.objects.exists()


def test_nothing_is_stored_when_the_mapping_cannot_show_the_trace(project, client):
    factories.schema(project, mapping={"message": "input.text"})
    response = ask(client)
    assert response.status_code == 422
    assert not Trace.objects.exists()


def test_polling_waits_through_the_grace_time_and_then_answers(client, project):
    path = ask(client)["Location"]
    waiting = client.get(path)
    assert (waiting.json()["state"], waiting["Retry-After"]) == ("waiting", "15")
    escalation, now = Escalation.objects.get(), timezone.now()
    answer = {"label": "Refund", "result": [{"type": "choices"}], "confidence": 0.97, "settled_by": "consensus"}
    escalation_answer(escalation=escalation, answer=answer, now=now)
    graced = client.get(path)
    assert (graced.json()["state"], graced.json()["answer"]) == ("waiting", None)
    assert 50 <= int(graced["Retry-After"]) <= 60
    assert graced["ETag"] == waiting["ETag"]
    Escalation.objects.update(answer_ready_at=now)
    answered = client.get(path)
    assert answered.json()["state"] == "answered"
    assert answered.json()["answer"] == answer | {"revision": 1, "is_ambiguous": None, "answers": None}
    assert "Retry-After" not in answered


def test_polling_an_unchanged_escalation_is_304(client):
    path = ask(client)["Location"]
    etag = client.get(path)["ETag"]
    response = client.get(path, headers={"If-None-Match": etag})
    assert (response.status_code, response.content, response["ETag"]) == (304, b"", etag)
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_polling_is_for_the_project_s_own_keys(client, project):
    path = ask(client)["Location"]
    assert api_client(factories.project("Other")).get(path).status_code == 404
    assert api_client(project, "ingest").get(path).status_code == 403
    assert client.get(f"{ESCALATIONS}/no-uuid").status_code == 404


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"trace_id": "unknown"}, "trace_id"),
        ({"reason": "unknown", "trace": {"trace_id": "x", "input": "y"}}, "reason"),
        ({"trace": {"trace_id": "x", "input": "y"}, "severity": "high"}, "severity"),
        ({"trace": {"trace_id": "x", "input": "y", "extra": 1}}, "trace.extra"),
    ],
)
def test_a_refused_escalation_names_the_field(client, fields, field):
    response = ask(client, **fields)
    assert response.status_code == 422
    assert field in [error["field"] for error in response.json()["errors"]]
    assert not Trace.objects.exists()


def test_an_escalation_of_a_settled_trace_asks_for_one_answer_more(client, queue):
    item = factories.settled_item(queue, "Refund", "help")
    factories.member(queue.project)  # somebody who has not had it
    ask(client, trace_id=item.trace.trace_id)
    item.refresh_from_db()
    assert (item.state, item.open_slots, item.severity) == ("open", 1, 4)
