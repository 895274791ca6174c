import pytest

from tests import factories
from tests.factories.intake import api_client

LABELS = "/api/v1/labels"


@pytest.fixture
def queue(project):
    return factories.queue(project)


@pytest.fixture
def client(project):
    return api_client(project, "read")


def test_a_trace_is_got_with_its_label_once_it_is_settled(client, project, queue):
    factories.trace(project, "unlabelled", trace_id="a/b")
    item = factories.settled_item(queue, "Refund", "labelled")
    waiting = client.get("/api/v1/traces/a/b").json()
    assert (waiting["input"], waiting["labels"]) == ("unlabelled", [])
    settled = client.get(f"/api/v1/traces/{item.trace.trace_id}").json()
    (label,) = settled["labels"]
    assert (label["label"], label["state"], label["queue"], label["simulated"]) == (
        "Refund",
        "settled",
        queue.slug,
        False,
    )


def test_a_reopened_item_has_no_current_label(client, queue):
    item = factories.settled_item(queue, "Refund", "labelled")
    item.state, item.settled_at = "open", None
    item.save()
    assert client.get(LABELS).json()["labels"] == []


def test_simulated_answers_are_marked(client, queue):
    factories.settled_item(queue, "Refund", source="simulated")
    assert client.get(LABELS).json()["labels"][0]["simulated"] is True


def test_labels_are_paged_by_cursor(client, queue):
    items = [factories.settled_item(queue, "Refund", reviewers=[]) for _ in range(5)]
    factories.item(queue)
    seen, cursor = [], ""
    for _ in range(3):
        page = client.get(LABELS, {"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        seen += [label["item_id"] for label in page["labels"]]
        cursor = page["next"]
    assert (seen, cursor) == ([str(item.pk) for item in items], None)


def test_labels_of_one_state(client, queue):
    factories.settled_item(queue, "Refund")
    assert client.get(LABELS, {"state": "adjudicated"}).json()["labels"] == []
    assert len(client.get(LABELS, {"state": "settled"}).json()["labels"]) == 1


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"cursor": "x"}, "cursor"),
        ({"cursor": ""}, "cursor"),
        ({"limit": "0"}, "limit"),
        ({"limit": "1001"}, "limit"),
        ({"limit": "²"}, "limit"),
        ({"state": "open"}, "state"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_bad_query_names_its_parameter(client, query, field):
    response = client.get(LABELS, query)
    assert (response.status_code, response.json()["errors"][0]["field"]) == (422, field)


def test_labels_stay_in_their_project(client, queue):
    factories.settled_item(factories.queue(factories.project("Other")), "Refund", "secret")
    assert client.get(LABELS).json()["labels"] == []
    other = factories.trace(factories.project("Third"), "secret")
    assert client.get(f"/api/v1/traces/{other.trace_id}").status_code == 404


def test_labels_need_the_scope_read(project):
    assert api_client(project, "ingest").get(LABELS).status_code == 403


def test_a_page_of_labels_asks_a_fixed_number_of_queries(client, queue, django_assert_max_num_queries):
    for _ in range(5):
        factories.settled_item(queue, "Refund", reviewers=[])
    with django_assert_max_num_queries(4):
        client.get(LABELS)
