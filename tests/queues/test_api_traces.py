import json

import pytest
from rest_framework.test import APIClient

from apps.intake.models import IdempotentResponse, Signal, Trace
from apps.projects.models import ApiKey
from apps.queues.models import Item
from tests import factories
from tests.factories import NOW
from tests.factories.intake import api_client, api_key, trace_row

TRACES = "/api/v1/traces"
BATCH = "/api/v1/traces/batch"


@pytest.fixture
def queue(project):
    return factories.queue(project)


@pytest.fixture
def client(project, queue):
    return api_client(project)


def fields(response):
    assert response["Content-Type"] == "application/problem+json", response.content
    body = response.json()
    assert body["status"] == response.status_code
    assert body["detail"]
    return [error["field"] for error in body["errors"]]


def test_a_trace_becomes_an_item(client, queue):
    row = trace_row()
    response = client.post(TRACES, row, format="json")
    assert response.status_code == 201, response.content
    assert response.json() == {
        "index": 0,
        "trace_id": row["trace_id"],
        "status": "created",
        "not_queued": "",
        "errors": [],
    }
    assert Item.objects.get().trace.trace_id == row["trace_id"]


def test_the_same_trace_again_is_repeated_and_makes_nothing(client):
    row = trace_row()
    statuses = [client.post(TRACES, row, format="json").status_code for _ in range(3)]
    assert statuses == [201, 200, 200]
    assert Trace.objects.count() == Item.objects.count() == 1


def test_the_same_id_with_another_body_is_refused(client):
    row = trace_row()
    client.post(TRACES, row, format="json")
    response = client.post(TRACES, row | {"input": "changed"}, format="json")
    assert (response.status_code, fields(response)) == (422, ["trace_id"])


def test_an_idempotency_key_replays_the_stored_answer(client):
    row = trace_row()
    first = client.post(TRACES, row, format="json", headers={"Idempotency-Key": "k1"})
    again = client.post(TRACES, row, format="json", headers={"Idempotency-Key": "k1"})
    other = client.post(TRACES, trace_row(), format="json", headers={"Idempotency-Key": "k1"})
    elsewhere = client.post(BATCH, row, format="json", headers={"Idempotency-Key": "k1"})
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert (again["Idempotency-Replayed"], "Idempotency-Replayed" in first) == ("true", False)
    assert (other.status_code, fields(other), other.json()["code"]) == (422, ["Idempotency-Key"], "key_reused")
    assert elsewhere.status_code == 422
    assert Trace.objects.count() == IdempotentResponse.objects.count() == 1


def test_a_trace_that_the_mapping_cannot_show_is_kept_and_said_so(project, queue):
    factories.schema(project, mapping={"message": "input.text"})
    response = api_client(project).post(TRACES, trace_row(), format="json")
    assert response.status_code == 201
    assert "input.text" in response.json()["not_queued"]
    assert (Trace.objects.count(), Item.objects.count()) == (1, 0)


def test_a_batch_has_a_verdict_for_each_row_and_no_half_row(client):
    good, bad = trace_row(), trace_row(input="", surprise=1)
    client.post(TRACES, good, format="json")
    body = {"traces": [good, bad, trace_row(), "text", good | {"model": "x"}]}
    response = client.post(BATCH, body, format="json")
    assert response.status_code == 200, response.content
    answer = response.json()
    assert [row["status"] for row in answer["rows"]] == ["repeated", "refused", "created", "refused", "refused"]
    assert (answer["created"], answer["repeated"], answer["refused"]) == (1, 1, 3)
    assert sorted(error["field"] for error in answer["rows"][1]["errors"]) == ["input", "surprise"]
    assert Trace.objects.count() == Item.objects.count() == 2


def test_a_batch_can_be_sent_again(client):
    body = {"traces": [trace_row() for _ in range(1000)]}
    first, again = [client.post(BATCH, body, format="json").json() for _ in range(2)]
    assert (first["created"], again["repeated"]) == (1000, 1000)
    assert Item.objects.count() == 1000


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "traces"),
        ({"traces": []}, "traces"),
        ({"traces": {"trace_id": "x"}}, "traces"),
        ({"traces": [{}] * 1001}, "traces"),
        ({"traces": [{}], "mode": "fast"}, "mode"),
    ],
)
def test_a_batch_that_is_no_list_of_1_to_1000_is_refused(client, body, field):
    response = client.post(BATCH, body, format="json")
    assert response.status_code == 422
    assert field in fields(response)


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        ("{", "application/json", 400),
        ("", "application/json", 400),
        ("[]", "application/json", 400),
        ('"text"', "application/json", 400),
        ('{"trace_id": "a", "trace_id": "b", "input": "x"}', "application/json", 400),
        ('{"trace_id": "a", "input": NaN}', "application/json", 400),
        (b'{"trace_id": "a", "input": "\xe9"}', "application/json", 400),
        ("{}", "text/plain", 415),
        ("trace_id=a", "application/x-www-form-urlencoded", 415),
        ('{"trace_id": "a", "input": "x\\u0000"}', "application/json", 422),
        ('{"trace_id": "a", "input": "\\ud83d"}', "application/json", 422),
        ('{"trace_id": "a", "input": 12345678901234567890}', "application/json", 422),
        ('{"trace_id": "a", "input": 1e999}', "application/json", 422),
        ('{"trace_id": "a", "input": ' + "[" * 40 + "]" * 40 + "}", "application/json", 422),
        ('{"trace_id": "a", "input": ' + "[" * 90_000 + "]" * 90_000 + "}", "application/json", 400),
        (json.dumps({"trace_id": "a", "input": "x" * 1_048_576}), "application/json", 413),
    ],
)
def test_bodies_that_are_refused(client, content, content_type, status):
    response = client.generic("POST", TRACES, content, content_type=content_type)
    assert response.status_code == status, response.content
    fields(response)
    assert not Trace.objects.exists()


def test_a_batch_takes_more_bytes_than_a_single_trace(client):
    rows = [trace_row(input="x" * 900_000) for _ in range(9)]
    assert client.post(BATCH, {"traces": rows}, format="json").json()["created"] == 9
    assert client.post(BATCH, {"traces": rows * 2}, format="json").status_code == 413


def test_a_chunked_body_is_refused(client):
    response = client.generic(
        "POST", TRACES, "", content_type="application/json", headers={"Transfer-Encoding": "chunked"}
    )
    assert (response.status_code, response.json()["code"]) == (411, "length_required")


def test_only_a_valid_key_opens(project, queue):
    assert APIClient().post(TRACES, trace_row(), format="json").status_code == 401
    bad = APIClient()
    for words in ("Bearer nonsense", "Bearer", "Bearer a b", "Basic eDp5", "Bearer \u00ff"):
        bad.credentials(HTTP_AUTHORIZATION=words)
        response = bad.post(TRACES, trace_row(), format="json")
        assert (response.status_code, response["WWW-Authenticate"]) == (401, 'Bearer realm="touchstone"')
        fields(response)
    key, secret = api_key(project)
    key.revoked_at = NOW
    key.save()
    bad.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert bad.post(TRACES, trace_row(), format="json").status_code == 401


def test_a_key_does_only_what_its_scopes_say(project, queue):
    response = api_client(project, "read").post(TRACES, trace_row(), format="json")
    assert (response.status_code, "ingest" in response.json()["detail"]) == (403, True)
    assert api_client(project, "ingest").post(TRACES, trace_row(), format="json").status_code == 201


def test_the_use_of_a_key_is_noted_once_a_minute(project, queue):
    key, secret = api_key(project)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    client.post(TRACES, trace_row(), format="json")
    first = ApiKey.objects.get(pk=key.pk).last_used_at
    client.post(TRACES, trace_row(), format="json")
    assert first is not None
    assert ApiKey.objects.get(pk=key.pk).last_used_at == first


@pytest.mark.parametrize(("method", "path", "status"), [("get", TRACES, 405), ("put", BATCH, 405), ("get", BATCH, 405)])
def test_wrong_methods_are_problems(client, method, path, status):
    response = getattr(client, method)(path)
    assert response.status_code in (status, 404)  # GET …/batch asks for a trace of that name, which cannot exist.
    fields(response)


@pytest.mark.parametrize("path", ["/api/v1/", "/api/v1/nothing", "/api/", "/api/v1/traces/", "/api/v1/traces/a%00b"])
def test_unknown_addresses_are_problems_in_json(client, path):
    response = client.get(path)
    assert response.status_code == 404
    fields(response)


SIGNALS = "/api/v1/signals"


def test_a_signal_tells_its_verdict_and_rule(client, project):
    factories.trace(project, trace_id="t1", output="Hello there.")
    body = {"trace_id": "t1", "kind": "thumbs_down"}
    first, again = [client.post(SIGNALS, body, format="json") for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 200)
    assert (first.json()["verdict"], first.json()["weight"], again.json()["status"]) == ("candidate", 0.5, "repeated")
    assert first.json()["id"] == again.json()["id"]
    assert Signal.objects.count() == 1


def test_a_follow_up_question_moves_the_item(client, project, queue):
    client.post(TRACES, trace_row(trace_id="t1"), format="json")
    before = Item.objects.get().sort_key
    client.post(SIGNALS, {"trace_id": "t1", "kind": "reformulation"}, format="json")
    item = Item.objects.get()
    assert item.sort_key > before
    assert "confusion" in {term["name"] for term in item.terms}


def test_a_signal_on_an_unknown_trace_is_refused(client):
    response = client.post(SIGNALS, {"trace_id": "t1", "kind": "copy"}, format="json")
    assert (response.status_code, fields(response)) == (422, ["trace_id"])


def test_a_signal_cannot_reach_another_project_s_trace(client):
    factories.trace(factories.project("Other"), trace_id="t1")
    assert client.post(SIGNALS, {"trace_id": "t1", "kind": "copy"}, format="json").status_code == 422


def test_adversarial_users_are_listed_and_unlisted(client, project):
    path = "/api/v1/adversarial-users"
    for _ in range(2):
        assert client.post(path, {"user_ref": "a/b c", "reason": "spam"}, format="json").status_code == 204
    assert project.adversarial_users.get().user_ref == "a/b c"
    assert [client.delete(f"{path}/a/b%20c").status_code for _ in range(2)] == [204, 404]
    assert client.post(path, {"user_ref": ""}, format="json").status_code == 422
    assert api_client(project, "ingest", "read").post(path, {"user_ref": "x"}, format="json").status_code == 403
