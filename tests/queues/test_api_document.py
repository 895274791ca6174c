"""The OpenAPI document is valid, complete, and true: what it describes is what the doors take and answer."""

import json

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.urls import reverse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from tests import factories
from tests.factories.intake import api_client, api_key

OPERATIONS = {
    "trace_create",
    "trace_batch_create",
    "trace_get",
    "signal_create",
    "escalation_create",
    "escalation_get",
    "label_list",
    "adversarial_user_add",
    "adversarial_user_remove",
}


@pytest.fixture(scope="module")
def document():
    from drf_spectacular.generators import SchemaGenerator

    return json.loads(json.dumps(SchemaGenerator().get_schema(request=None, public=True)))


def operations(document):
    return {one["operationId"]: one for methods in document["paths"].values() for one in methods.values()}


def test_the_document_is_valid_openapi_3_1(document):
    assert document["openapi"] == "3.1.0"
    schemathesis.openapi.from_dict(document).validate()
    assert set(operations(document)) == OPERATIONS


def test_every_reference_resolves(document):
    names = set(document["components"]["schemas"])
    used = {part.split('"')[0] for part in json.dumps(document).split("#/components/schemas/")[1:]}
    assert used <= names


def test_every_operation_names_its_refusals_and_its_key(document):
    for operation in operations(document).values():
        refusals = {status: one for status, one in operation["responses"].items() if status >= "400"}
        assert {"401", "403"} <= set(refusals)
        assert operation["security"] == [{"apiKey": []}]
        for refusal in refusals.values():
            (media_type,) = refusal["content"]
            assert media_type == "application/problem+json"
            assert refusal["content"][media_type]["examples"]


def test_the_examples_of_the_document_are_accepted(document, project):
    queue = factories.queue(project)
    factories.reason(project, "wrong-policy")
    client, schemas = api_client(project), document["components"]["schemas"]
    for path, name in [("traces", "TraceIn"), ("signals", "SignalIn"), ("escalations", "EscalationIn")]:
        body = schemas[name]["example"]
        body.pop("deadline_at", None)  # A moment that has passed.
        response = client.post(f"/api/v1/{path}", body, format="json")
        assert response.status_code == 201, response.content
    assert queue.items.count() == 1


def test_the_document_is_served(client, db):
    response = client.get(reverse("api_schema"))
    assert (response.status_code, response.json()["openapi"]) == (200, "3.1.0")


def test_the_page_shows_every_operation_without_script_or_foreign_host(client, db):
    response = client.get(reverse("api_docs"))
    page = response.content.decode()
    assert response.status_code == 200
    assert all(f'id="{name}"' in page for name in OPERATIONS)
    assert 'id="problem-key_reused"' in page
    assert "style=" not in page
    assert "<script>" not in page
    assert "//" not in page.replace("https://json", "").split("<main")[0].replace("<!doctype html>", "")


@pytest.fixture
def application():
    """The WSGI application on the test's own connection. (Django's test client would connect these again.)"""
    both = (request_started, request_finished)
    for signal in both:
        signal.disconnect(close_old_connections)
    yield get_wsgi_application()
    for signal in both:
        signal.connect(close_old_connections)


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_whatever_the_document_allows_or_forbids_is_answered_as_described(document, application, project, name):
    """Generated requests, fitting and not fitting: never a 5xx, always a described body."""
    factories.queue(project)
    factories.reason(project, "wrong-policy")
    factories.trace(project, trace_id="t1")
    schema = schemathesis.openapi.from_dict(document)
    schema.app = application
    operation = schema.find_operation_by_id(name)
    strategy = st.one_of(
        operation.as_strategy(generation_mode=GenerationMode.POSITIVE),
        operation.as_strategy(generation_mode=GenerationMode.NEGATIVE),
    )
    secret = api_key(project)[1]

    @settings(
        max_examples=25,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def check(case):
        # The caller reads bodies as they come, so it must not accept compressed ones.
        response = case.call(headers={"Authorization": f"Bearer {secret}", "Accept-Encoding": "identity"})
        case.validate_response(
            response, checks=[not_a_server_error, content_type_conformance, response_schema_conformance]
        )

    check()


LOOSE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)
FIELDS = ["trace_id", "input", "output", "trace", "traces", "kind", "value", "reason", "deadline_at", "prediction"]
FIELDS += ["attributes", "occurred_at", "correction", "policy_flags", "user_ref", "latency_ms"]


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    path=st.sampled_from(["traces", "traces/batch", "signals", "escalations", "adversarial-users"]),
    body=st.dictionaries(st.sampled_from(FIELDS), LOOSE, max_size=6),
)
def test_no_body_breaks_a_door(project, path, body):
    response = api_client(project).post(f"/api/v1/{path}", json.dumps(body), content_type="application/json")
    assert response.status_code < 500, (body, response.content)


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(path=st.sampled_from(["traces", "traces/batch", "signals", "escalations"]), body=st.binary(max_size=60))
def test_no_bytes_break_a_door(project, path, body):
    response = api_client(project).generic("POST", f"/api/v1/{path}", body, content_type="application/json")
    assert 400 <= response.status_code < 500
    assert response["Content-Type"] == "application/problem+json"
