"""What stands on the dispute page, and the doors beside it: overview, questions, similar items."""

import pytest

from apps.labeling.threads import thread_ask
from apps.queues.selectors import WHOLE_QUEUE
from apps.workbench.comparison import compared
from apps.workbench.disputes import overview
from tests import factories
from tests.factories import NOW
from tests.workbench.doors import url

pytestmark = pytest.mark.django_db


@pytest.fixture
def htmx(htmx, adjudicator):
    return htmx(adjudicator)


def page_of(htmx, queue, **query):
    return htmx.get(url("adjudicate", queue.pk), query).content.decode()


def test_history_tells_who_passed_and_what_no_longer_counts(htmx, project, queue):
    item = factories.disputed_item(queue)
    factories.review(item, factories.member(project, name="Reviewer 9"), state="skipped", skip_reason="too long")
    changed = factories.member(project, name="Reviewer 8")
    factories.annotation(item, changed, "Order status", status="superseded", note="a slip")
    html = page_of(htmx, queue)
    for words in ("Reviewer 9", "too long", "had answered “Order status”, and changed it", "a slip"):
        assert words in html


def test_models_are_shown_where_the_queue_allows_it(htmx, queue):
    item = factories.disputed_item(queue)
    item.terms = [{"name": "uncertainty", "value": 1.0, "words": "model unsure (Refund 0.41)", "public": False}]
    item.save()
    factories.prediction(item.trace, {"Refund": 0.41, "Exchange": 0.38}, model_ref="probe-7")
    html = page_of(htmx, queue)
    assert "probe-7" in html
    assert "model unsure" in html
    queue.shows_model_to_adjudicator = False
    queue.save()
    html = page_of(htmx, queue)
    assert "probe-7" not in html
    assert "model unsure" not in html
    assert "2 answers, the limit" in html


def test_questions_about_the_item_are_answered_beside_it(htmx, queue, people, adjudicator):
    item = factories.disputed_item(queue, reviewers=people)
    comment = thread_ask(item=item, asker=people[0], text="Is swap a return?", now=NOW)
    assert "Is swap a return?" in page_of(htmx, queue)
    address = url("dispute_reply", queue.pk, item.pk, comment.thread_id)
    assert htmx.post(address, {"text": " "}).status_code == 422
    response = htmx.post(address, {"text": "See 4.2"})
    assert response.status_code == 200
    assert "See 4.2" in response.content.decode()
    assert comment.thread.comments.count() == 2


def test_a_question_about_another_item_cannot_be_answered_here(htmx, queue, people):
    item, other = factories.disputed_item(queue), factories.disputed_item(queue, "another", reviewers=people)
    comment = thread_ask(item=other, asker=people[0], text="Is it?", now=NOW)
    assert htmx.post(url("dispute_reply", queue.pk, item.pk, comment.thread_id), {"text": "x"}).status_code == 404


def test_narrowing_holds_through_decisions(htmx, queue):
    first = factories.disputed_item(queue, "one", severity=1)
    factories.disputed_item(queue, "other label", labels=("Refund", "Order status"))
    second = factories.disputed_item(queue, "two")
    address = url("decide", queue.pk, first.pk) + "?label=Exchange"
    response = htmx.post(address, {"decision": "ambiguous"})
    assert response.context["item"] == second
    assert "label=Exchange" in response.content.decode()
    left = htmx.post(url("decide", queue.pk, second.pk) + "?label=Exchange", {"decision": "ambiguous"})
    assert "You see only a part of the queue" in left.content.decode()


def test_overview_asks_three_questions_however_many_items(queue, adjudicator, django_assert_num_queries):
    for _ in range(3):
        factories.disputed_item(queue)
    with django_assert_num_queries(3):
        assert overview(queue=queue, user=adjudicator, narrowed=WHOLE_QUEUE).n == 3


def test_overview_counts_by_reason_and_label(htmx, queue):
    factories.disputed_item(queue, "the one")
    factories.disputed_item(queue, "another", labels=("Exchange", "Order status"))
    shown = htmx.get(url("disputes", queue.pk)).context["shown"]
    assert [(one.words, one.n) for one in shown.kinds] == [("the answers differ", 2)]
    assert {(one.words, one.n) for one in shown.labels} == {("Refund", 1), ("Exchange", 2), ("Order status", 1)}
    assert shown.n == len(shown.items) == 2
    narrowed = htmx.get(url("disputes", queue.pk), {"label": "Refund", "order": "due"})
    assert "order=due" in narrowed.content.decode()
    assert [each.search_text for each in narrowed.context["shown"].items] == ["the one"]


@pytest.mark.parametrize("query", [{"order": "x"}, {"reason": "y"}, {"label": "a\x00b"}, {"kind": "z"}])
def test_what_an_address_asks_for_in_vain_narrows_nothing(htmx, queue, query):
    factories.disputed_item(queue)
    assert "a hard one" in page_of(htmx, queue, **query)
    assert htmx.get(url("disputes", queue.pk), query).status_code == 200


def test_similar_items_come_with_their_labels(htmx, queue, people):
    item = factories.disputed_item(queue, "send one blue kettle back")
    factories.settled_item(queue, "Refund", "kettle goes back", reviewers=people)
    html = htmx.get(url("similar", queue.pk, item.pk)).content.decode()
    assert "kettle goes back" in html
    assert "Refund" in html


def test_reviewers_see_similar_items_only_where_the_queue_allows_it(client, queue, people, reviewer):
    factories.settled_item(queue, "Refund", "kettle goes back", reviewers=people)
    factories.item(queue, "send one blue kettle back")
    client.force_login(reviewer)
    shown = client.post(url("claim", queue.pk), HTTP_HX_REQUEST="true").content.decode()
    review = queue.items.get(state="open").reviews.get()
    address = url("similar_to_mine", queue.pk, review.pk)
    assert address not in shown
    assert client.get(address).status_code == 404
    queue.shows_similar = True
    queue.save()
    assert address in client.get(url("queue", queue.pk)).content.decode()
    assert "kettle goes back" in client.get(address).content.decode()


@pytest.mark.parametrize("who", ["stranger", "viewer", "reviewer"])
def test_who_may_not_adjudicate_gets_404(client, request, queue, who):
    item = factories.disputed_item(queue)
    client.force_login(request.getfixturevalue(who))
    for address in (url("disputes", queue.pk), url("similar", queue.pk, item.pk)):
        assert client.get(address).status_code == 404


CONFIG = """<View><Text name="t" value="$message"/>
<Choices name="kind" toName="t"><Choice value="A"/><Choice value="B"/></Choices>
<Rating name="stars" toName="t"/><TextArea name="fix" toName="t"/>
<Labels name="parts" toName="t"><Label value="Person"/><Label value="Place"/></Labels></View>"""


def answer(kind, stars, fix, *spans):
    """A result of CONFIG for the text "Ada went to Rome with Ben"."""
    text = "Ada went to Rome with Ben"
    regions = [
        {"from_name": "kind", "to_name": "t", "type": "choices", "value": {"choices": [kind]}},
        {"from_name": "stars", "to_name": "t", "type": "rating", "value": {"rating": stars}},
        {"from_name": "fix", "to_name": "t", "type": "textarea", "value": {"text": [fix]}},
    ]
    for start, end, label in spans:
        value = {"start": start, "end": end, "text": text[start:end], "labels": [label]}
        regions.append({"from_name": "parts", "to_name": "t", "type": "labels", "value": value})
    return regions


def test_questions_that_differ_come_first_and_marks_say_who_has_them():
    from apps.projects.labelling import parse_config

    one = answer("A", 4, "Ada went home", (0, 3, "Person"), (12, 16, "Place"))
    other = answer("A", 4, "Ada went far home", (0, 3, "Person"), (22, 25, "Person"))
    rows = compared(parse_config(CONFIG), [one, other], data={"message": "Ada went to Rome with Ben"})
    assert [(row.title, row.differs) for row in rows] == [
        ("Fix", True),
        ("Parts", True),
        ("Kind", False),
        ("Stars", False),
    ]
    text, parts = rows[0], rows[1]
    assert [piece.text for piece in text.cells[1].pieces if piece.change == "added"] == ["far "]
    assert [(mark.label, mark.text, mark.n) for mark in parts.cells[0].marks] == [
        ("Person", "Ada", 2),
        ("Place", "Rome", 1),
    ]
    drawn = [(piece.text, piece.labels, piece.is_odd) for piece in parts.cells[1].segments]
    assert drawn == [("Ada", ("Person",), False), (" went to Rome with ", (), False), ("Ben", ("Person",), True)]
