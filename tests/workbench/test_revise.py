"""Changing an answer given before: a new annotation, and everything that hangs on it follows."""

from datetime import timedelta

import pytest
from django.urls import reverse

from apps.consensus.models import Consensus
from apps.core.errors import Conflict
from apps.events.models import Event
from apps.labeling.errors import AnswerInvalid
from apps.labeling.models import Annotation
from apps.workbench.services import adjudicate, answer_undo
from apps.workbench.services_revise import answer_revise
from tests import factories
from tests.factories import NOW, choices_result
from tests.workbench.test_services import answer

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue(project):
    return factories.queue(project, overlap_min=2, overlap_max=3, consensus_method="majority")


@pytest.fixture
def people(project):
    return [factories.member(project, name=f"Reviewer {n}") for n in range(4)]


def revise(annotation, label, **fields):
    fields = {"result": choices_result(label), "duration_ms": 900, "now": NOW + timedelta(minutes=5)} | fields
    return answer_revise(annotation_id=annotation.pk, reviewer=annotation.reviewer, **fields)


def state_of(item):
    item.refresh_from_db()
    consensus = Consensus.objects.get(item=item)
    return item.state, consensus.state, consensus.label


def test_answer_revise_supersedes_and_recomputes(queue, people):
    item = factories.item(queue)
    first = answer(queue, people[0], "Refund")
    made = revise(first, "Exchange", note="on second thought")
    first.refresh_from_db()
    assert (first.status, made.status) == ("superseded", "current")
    assert (made.label, made.note, made.review_id) == ("Exchange", "on second thought", first.review_id)
    answer(queue, people[1], "Exchange")
    assert state_of(item) == ("settled", "settled", "Exchange")
    event = Event.objects.get(verb="annotation.revised")
    assert event.payload == {"item": str(item.pk), "supersedes": str(first.pk)}


def test_answer_revise_of_a_settled_item_asks_for_one_more(queue, people):
    item = factories.item(queue)
    first = answer(queue, people[0], "Refund")
    answer(queue, people[1], "Refund")
    assert state_of(item) == ("settled", "settled", "Refund")
    revise(first, "Exchange")
    assert state_of(item)[:2] == ("open", "unsettled")
    assert (item.wanted, item.open_slots) == (3, 1)
    answer(queue, people[2], "Exchange")
    assert item.annotations.filter(status="current").count() == 3


def test_answer_revise_settles_what_was_disputed(project, people):
    queue = factories.queue(project, overlap_min=2, overlap_max=2, consensus_method="majority")
    item = factories.item(queue)
    first = answer(queue, people[0], "Refund")
    answer(queue, people[1], "Exchange")
    assert state_of(item)[0] == "adjudication"
    revise(first, "Exchange")
    assert state_of(item) == ("settled", "settled", "Exchange")


def test_answer_revise_corrects_what_clients_were_told(project, people):
    queue = factories.queue(project, overlap_min=1, overlap_max=1, consensus_method="majority")
    trace = factories.trace(project, "Help")
    escalation = factories.escalation(trace, factories.reason(project))
    factories.item(queue, trace=trace, severity=3)
    first = answer(queue, people[0], "Refund")
    escalation.refresh_from_db()
    assert (escalation.state, escalation.answer["label"]) == ("answered", "Refund")
    revise(first, "Exchange", now=NOW + timedelta(days=2))
    escalation.refresh_from_db()
    assert (escalation.state, escalation.answer["label"], escalation.revision) == ("corrected", "Exchange", 2)


def test_answer_revise_with_the_same_answer_changes_nothing(queue, people):
    factories.item(queue)
    first = answer(queue, people[0], "Refund")
    assert revise(first, "Refund") == first
    made = revise(first, "Exchange")
    assert revise(first, "Exchange") == made  # sent twice
    assert Annotation.objects.count() == 2
    with pytest.raises(Conflict, match="meanwhile"):
        revise(first, "Order status")  # from a page that is older than the change


def test_answer_revise_refuses_what_does_not_fit_and_changes_nothing(queue, people):
    factories.item(queue)
    first = answer(queue, people[0], "Refund")
    with pytest.raises(AnswerInvalid):
        revise(first, "No such label")
    first.refresh_from_db()
    assert first.status == "current"


def test_answer_revise_does_not_reach_another_person_s_answer(queue, people):
    factories.item(queue)
    first = answer(queue, people[0], "Refund")
    with pytest.raises(Annotation.DoesNotExist):
        answer_revise(
            annotation_id=first.pk, reviewer=people[1], result=choices_result("Exchange"), duration_ms=1, now=NOW
        )


def test_revised_answer_is_taken_back_by_an_undo(queue, people):
    item = factories.item(queue)
    made = revise(answer(queue, people[0], "Refund"), "Exchange")
    review = answer_undo(reviewer=people[0], queue=queue, now=NOW + timedelta(minutes=6))
    assert review.item == item
    made.refresh_from_db()
    assert made.status == "withdrawn"
    assert not item.annotations.filter(status="current").exists()


def _adjudicated(queue, item, people, adjudicator):
    answer(queue, people[1], "Exchange")
    item.refresh_from_db()
    if item.state == "open":
        answer(queue, people[2], "Order status")
    adjudicate(item_id=item.pk, adjudicator=adjudicator, decision="label", result=choices_result("Exchange"), now=NOW)


def _retired(queue, item, people, adjudicator):
    type(item).objects.filter(pk=item.pk).update(state="retired", open_slots=0)


def _closed(queue, item, people, adjudicator):
    type(queue).objects.filter(pk=queue.pk).update(state="closed")


def _forbidden(queue, item, people, adjudicator):
    type(queue).objects.filter(pk=queue.pk).update(allows_revision=False)


@pytest.mark.parametrize("make", [_adjudicated, _retired, _closed, _forbidden])
def test_answers_that_cannot_be_changed_say_it_in_the_same_words(client, queue, people, adjudicator, make):
    """Whatever became of the item: a reason would tell whether the others disagreed."""
    item = factories.item(queue)
    first = answer(queue, people[0], "Refund")
    make(queue, item, people, adjudicator)
    with pytest.raises(Conflict, match="can no longer be changed"):
        revise(first, "Exchange")
    client.force_login(people[0])
    address = reverse("workbench:revise", args=[queue.pk, first.pk])
    for shown in (client.get(address), client.post(address, {"answer.intent": "Exchange"})):
        assert shown.status_code == 409
        assert "This answer can no longer be changed." in shown.content.decode()


def test_page_shows_the_answer_and_changes_it(client, queue, people):
    factories.item(queue, "Where is my money?")
    first = answer(queue, people[0], "Refund", note="sure")
    client.force_login(people[0])
    address = reverse("workbench:revise", args=[queue.pk, first.pk])
    page = client.get(address).content.decode()
    assert "Where is my money?" in page
    assert 'aria-pressed="true"' in page
    assert 'value="sure"' in page
    assert client.post(address, {"answer.intent": "nonsense"}).status_code == 422
    assert client.post(address, {"answer.intent": "Exchange", "note": "other"}).status_code == 302
    assert Annotation.objects.get(status="current").label == "Exchange"
    client.force_login(people[1])
    assert client.get(address).status_code == 404


def test_history_finds_by_words_and_pages(client, queue, people):
    for number in range(32):
        factories.annotation(factories.item(queue, f"parcel {number:02}"), people[0], "Refund")
    needle = factories.annotation(factories.item(queue, "odd one"), people[0], "Exchange", note="50% off_ said")
    factories.annotation(factories.item(queue, "odd too"), people[1], "Exchange")
    client.force_login(people[0])
    address = reverse("workbench:history", args=[queue.pk])
    assert client.get(address).content.decode().count('<li class="box">') == 30
    older = client.get(address, {"from": "30"}).content.decode()
    assert older.count('<li class="box">') == 3
    for words in ("ODD", "exchange", "50% off_", "odd\x00"):
        found = client.get(address, {"q": words}).content.decode()
        assert found.count('<li class="box">') == 1, words
        assert str(needle.pk) in found
    assert "None of your answers here holds" in client.get(address, {"q": "nowhere"}).content.decode()
    for nonsense in ("x", "-1", "9" * 30):
        assert client.get(address, {"from": nonsense}).status_code == 200
