import pytest

from apps.consensus.services import consensus_update
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


CONFIG = """<View><Text name="t" value="$message"/><Rating name="stars" toName="t" maxRating="5" required="true"/>
  <Labels name="marks" toName="t"><Label value="Name"/></Labels><TextArea name="remark" toName="t"/></View>"""


def _answer(stars, remark):
    mark = {"start": 0, "end": 3, "text": "Ada", "labels": ["Name"]}
    return [
        {"id": "a", "type": "rating", "from_name": "stars", "to_name": "t", "value": {"rating": stars}},
        {"id": "b", "type": "labels", "from_name": "marks", "to_name": "t", "value": mark},
        {"id": "c", "type": "textarea", "from_name": "remark", "to_name": "t", "value": {"text": [remark]}},
    ]


def test_a_label_tells_each_of_its_parts(db):
    project = factories.project(config=CONFIG)
    item = factories.item(factories.queue(project), "Ada wrote", state="settled", settled_at=factories.NOW)
    for remark in ("well put", "a bit long"):
        factories.annotation(item, factories.member(project), "", result=_answer(4, remark))
    consensus = consensus_update(item=item, now=factories.NOW)
    type(consensus).objects.filter(pk=consensus.pk).update(state="settled")
    (label,) = api_client(project, "read").get(LABELS).json()["labels"]
    assert set(label["parts"]) == {"stars", "marks", "remark"}
    stars, marks, remark = (label["parts"][name] for name in ("stars", "marks", "remark"))
    assert (stars["low"] <= 4 <= stars["high"], stars["is_decided"], stars["counts"]) == (True, True, True)
    assert (len(marks["regions"]), stars["regions"], marks["low"]) == (1, None, None)
    assert (remark["counts"], remark["low"]) == (False, None)
    assert label["confidence"] == pytest.approx(min(stars["confidence"], marks["confidence"]), abs=1e-5)


def test_a_rating_alone_tells_its_interval_and_a_choice_alone_no_parts(db, client, queue):
    factories.settled_item(queue, "Refund")
    assert client.get(LABELS).json()["labels"][0]["parts"] == {}
    project = factories.project(config=f"{CONFIG.partition('<Labels')[0]}</View>")
    item = factories.item(factories.queue(project), "Ada wrote", state="settled", settled_at=factories.NOW)
    for _ in range(3):
        factories.annotation(item, factories.member(project), "4", result=_answer(4, "")[:1])
    consensus = consensus_update(item=item, now=factories.NOW)
    type(consensus).objects.filter(pk=consensus.pk).update(state="settled")
    (label,) = api_client(project, "read").get(LABELS).json()["labels"]
    (part,) = label["parts"].values()
    assert (part["confidence"], part["is_decided"]) == (pytest.approx(label["confidence"], abs=1e-5), True)
    assert part["low"] <= 4 <= part["high"]
