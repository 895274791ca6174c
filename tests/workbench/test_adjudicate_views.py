"""The adjudicator's doors: votes side by side, one decision, and who may not see them."""

import pytest
from django.urls import reverse

from apps.consensus.models import Adjudication, Consensus
from apps.consensus.services import consensus_update
from apps.queues.services import item_to_adjudication
from tests import factories
from tests.factories import NOW
from tests.workbench.doors import url

pytestmark = pytest.mark.django_db


@pytest.fixture
def htmx(htmx, adjudicator):
    return htmx(adjudicator)


def decide(htmx, item, **fields):
    return htmx.post(url("decide", item.queue_id, item.pk), fields)


def test_page_shows_the_votes_side_by_side(client, adjudicator, queue, people):
    factories.disputed_item(queue, reviewers=people)
    client.force_login(adjudicator)
    html = client.get(url("adjudicate", queue.pk)).content.decode()
    for words in (
        "a hard one",
        "Reviewer 3",
        "Reviewer 7",
        "Refund, I think",
        "Exchange, I think",
        "2 answers, the limit",
    ):
        assert words in html
    assert "<html" in html


def test_decision_for_a_label_settles_and_brings_the_next(htmx, queue):
    item = factories.disputed_item(queue)
    factories.disputed_item(queue, "the next one")
    response = decide(htmx, item, **{"answer.intent": "Exchange", "reason": "4.3", "decision": "label"})
    assert response.status_code == 200
    assert "the next one" in response.content.decode()
    item.refresh_from_db()
    consensus = Consensus.objects.get(item=item)
    assert (item.state, consensus.state, consensus.label) == ("settled", "adjudicated", "Exchange")
    assert Adjudication.objects.get().reason == "4.3"


def test_decision_without_an_answer_is_422(htmx, queue):
    item = factories.disputed_item(queue)
    response = decide(htmx, item, reason="half a thought")
    assert response.status_code == 422
    assert "half a thought" in response.content.decode()
    assert not Adjudication.objects.exists()


def test_ambiguous_needs_no_answer(htmx, queue):
    item = factories.disputed_item(queue)
    assert decide(htmx, item, decision="ambiguous").status_code == 200
    assert Consensus.objects.get(item=item).state == "ambiguous"


def test_sent_back_opens_the_item_for_two_more(htmx, project, queue):
    item = factories.disputed_item(queue)
    for _ in range(2):
        factories.member(project)
    assert decide(htmx, item, decision="sent_back").status_code == 200
    item.refresh_from_db()
    assert (item.state, item.open_slots) == ("open", 2)


def test_sent_back_with_nobody_left_is_409_and_keeps_the_item(htmx, queue):
    item = factories.disputed_item(queue)
    response = decide(htmx, item, decision="sent_back", reason="keep me")
    assert response.status_code == 409
    html = response.content.decode()
    assert "Nobody is left" in html
    assert "keep me" in html
    item.refresh_from_db()
    assert item.state == "adjudication"


def test_item_decided_by_another_meanwhile_is_409(htmx, project, queue):
    item = factories.disputed_item(queue)
    factories.adjudication(item, factories.member(project, "adjudicator"), "Refund")
    item.state, item.settled_at = "settled", NOW
    item.save()
    response = decide(htmx, item, **{"answer.intent": "Exchange"})
    assert response.status_code == 409
    assert "did not count" in response.content.decode()


def test_undo_brings_the_item_back_with_its_decision(htmx, queue):
    item = factories.disputed_item(queue)
    decide(htmx, item, **{"answer.intent": "Exchange", "reason": "4.3"})
    html = htmx.post(url("adjudicate_undo", queue.pk)).content.decode()
    assert "a hard one" in html
    assert 'value="Exchange" checked' in html
    assert 'value="4.3"' in html
    item.refresh_from_db()
    assert item.state == "adjudication"


def test_undo_of_nothing_is_409(htmx, queue):
    assert htmx.post(url("adjudicate_undo", queue.pk)).status_code == 409


def test_item_that_he_answered_himself_never_appears(htmx, queue, people, adjudicator):
    item = factories.disputed_item(queue, reviewers=[people[0], adjudicator])
    assert "a hard one" not in htmx.get(url("adjudicate", queue.pk)).content.decode()
    assert htmx.get(url("adjudicate", queue.pk), {"item": item.pk}).status_code == 404
    assert decide(htmx, item, decision="ambiguous").status_code == 404


def test_later_leads_through_all_items_and_round(htmx, queue):
    first, second = factories.disputed_item(queue, "one"), factories.disputed_item(queue, "two")
    page = htmx.get(url("adjudicate", queue.pk))
    assert page.context["item"] == first
    assert page.context["following"] == second
    page = htmx.get(url("adjudicate", queue.pk), {"item": second.pk})
    assert page.context["following"] == first


@pytest.mark.parametrize("bad", ["x", "0", "../"])
def test_bad_item_id_is_404(htmx, queue, bad):
    assert htmx.get(url("adjudicate", queue.pk), {"item": bad}).status_code == 404


def test_draft_of_a_decision_comes_back(htmx, queue):
    item = factories.disputed_item(queue)
    address = url("adjudicate_draft", queue.pk, item.pk)
    assert htmx.post(address, {"answer.intent": "Refund", "reason": "because"}).status_code == 204
    html = htmx.get(url("adjudicate", queue.pk)).content.decode()
    assert 'value="Refund" checked' in html
    assert 'value="because"' in html


def test_start_from_one_of_the_texts(client, db, adjudicator, people):
    project = factories.project(
        config='<View><Text name="m" value="$message"/><TextArea name="fix" toName="m" required="true"/></View>'
    )
    factories.member(project, "adjudicator", user=adjudicator)
    item = factories.item(factories.queue(project), state="adjudication", open_slots=0)
    result = [{"from_name": "fix", "to_name": "m", "type": "textarea", "value": {"text": ["A better text"]}}]
    vote = factories.annotation(item, people[0], "", result=result)
    client.force_login(adjudicator)
    html = client.get(url("adjudicate", item.queue_id), {"item": item.pk, "from": vote.pk}).content.decode()
    assert html.count("A better text") == 2


def test_labels_that_several_agree_on_are_filled_in(client, db, adjudicator, people):
    choices = "".join(f'<Choice value="{each}"/>' for each in ("Money", "Sport", "Art"))
    project = factories.project(
        config=f'<View><Text name="m" value="$message"/><Choices name="topic" toName="m" choice="multiple">{choices}'
        "</Choices></View>"
    )
    factories.member(project, "adjudicator", user=adjudicator)
    item = factories.item(factories.queue(project), "a hard one")
    for person, labels in zip(people, (["Money"], ["Money", "Art"]), strict=True):
        result = [{"id": "t", "from_name": "topic", "to_name": "m", "type": "choices", "value": {"choices": labels}}]
        factories.annotation(item, person, str(labels), result=result)
    consensus_update(item=item, now=NOW)
    item_to_adjudication(item=item, reason="2 answers, the limit")
    client.force_login(adjudicator)
    html = client.get(url("adjudicate", item.queue_id)).content.decode()
    assert "Filled in with what the answers have in common" in html
    # What is tied is in it: taking away is easier than finding.
    assert [f'value="{each}" checked' in html for each in ("Money", "Sport", "Art")] == [True, False, True]


def test_simulated_votes_are_marked(htmx, queue):
    item = factories.disputed_item(queue)
    html = htmx.get(url("adjudicate", queue.pk)).content.decode()
    assert "Simulated" not in html
    factories.annotation(item, factories.member(queue.project), "Refund", source="simulated")
    assert "Simulated" in htmx.get(url("adjudicate", queue.pk)).content.decode()


def test_history_shows_only_my_decisions(htmx, project, queue, adjudicator):
    factories.adjudication(factories.disputed_item(queue), adjudicator, "Refund", reason="my reason")
    another = factories.member(project, "adjudicator")
    factories.adjudication(factories.disputed_item(queue), another, "Refund", reason="theirs")
    html = htmx.get(url("decisions", queue.pk)).content.decode()
    assert "my reason" in html
    assert "theirs" not in html


DOORS = [("adjudicate", "get"), ("adjudicate_undo", "post"), ("adjudicate_tally", "get"), ("decisions", "get")]


@pytest.mark.parametrize("who", ["stranger", "viewer", "reviewer"])
@pytest.mark.parametrize(("name", "method"), DOORS)
def test_who_may_not_adjudicate_gets_404(client, request, queue, who, name, method):
    client.force_login(request.getfixturevalue(who))
    assert getattr(client, method)(url(name, queue.pk)).status_code == 404


def test_reviewer_cannot_decide(client, reviewer, queue):
    item = factories.disputed_item(queue)
    client.force_login(reviewer)
    assert decide(client, item, decision="ambiguous").status_code == 404
    assert not Adjudication.objects.exists()


@pytest.mark.parametrize(("name", "method"), DOORS)
def test_wrong_method_is_405(client, adjudicator, queue, name, method):
    client.force_login(adjudicator)
    assert getattr(client, "post" if method == "get" else "get")(url(name, queue.pk)).status_code == 405


@pytest.mark.parametrize(("name", "method"), DOORS)
def test_login_is_asked_for(client, queue, name, method):
    response = getattr(client, method)(url(name, queue.pk))
    assert response["Location"].startswith(reverse("accounts:login"))


def test_decision_without_scripts_comes_back_to_the_page(client, adjudicator, queue):
    item = factories.disputed_item(queue)
    client.force_login(adjudicator)
    assert decide(client, item, decision="ambiguous")["Location"] == url("adjudicate", queue.pk)
