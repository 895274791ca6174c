"""A decision becomes a guideline version, which asks again about the settled items that the adjudicator confirms."""

import pytest
from django.db import IntegrityError, ProgrammingError, transaction
from django.urls import reverse

from apps.consensus.models import Consensus, ConsensusProposal, GuidelineChange
from apps.consensus.services import guideline_change_publish, rechecks_ask
from apps.labeling.algorithms.guideline_example import with_example
from apps.labeling.algorithms.label_help import label_help
from apps.projects.models import Guideline
from apps.queues.services import item_requeue
from apps.workbench import services
from tests import factories
from tests.factories import NOW
from tests.workbench.doors import url

pytestmark = pytest.mark.django_db

TEXT = "I ordered two blue kettles, send one back"


def test_the_example_goes_to_the_end_of_its_label_section():
    text = "# Rules\n\n## Refund\nMoney goes back.\n- Example: give it back\n\n## Exchange\nAnother thing.\n"
    written = with_example(text, label="refund", example="two\nlines", reason="4.2")
    assert written.splitlines()[3:7] == ["Money goes back.", "- Example: give it back", "- Example: two lines", "  4.2"]
    assert label_help(written, ["Refund"])[0].examples == ["give it back", "two lines"]


@pytest.mark.parametrize("text", ["", "# Rules\n\n```\n## Refund\n```\n"])
def test_a_label_without_a_section_gets_one(text):
    written = with_example(text, label="Refund", example="x")
    assert written.endswith("## Refund\n\n- Example: x\n")
    assert label_help(written, ["Refund"])[0].examples == ["x"]


@pytest.fixture
def item(queue, people):
    return factories.disputed_item(queue, TEXT, reviewers=people)


def decide(item, adjudicator, label="Refund"):
    result = factories.choices_result(label, control="intent", target="message")
    return services.adjudicate(
        item_id=item.pk, adjudicator=adjudicator, decision="label", result=result, reason="4.2", now=NOW
    )


@pytest.fixture
def change(item, adjudicator):
    decision = decide(item, adjudicator)
    return guideline_change_publish(adjudication=decision, text="## Refund\nNew", base=0, by=adjudicator, now=NOW)


@pytest.fixture
def logged_in(client, adjudicator):
    client.force_login(adjudicator)
    return client


def test_deciding_can_lead_to_the_editor_with_the_item_as_an_example(logged_in, queue, item, project):
    factories.guideline(project, "## Refund\nMoney goes back.")
    fields = {"answer.intent": "Refund", "decision": "rule", "reason": "Ends with one less: 4.2"}
    response = logged_in.post(url("decide", queue.pk, item.pk), fields, HTTP_HX_REQUEST="true")
    page = logged_in.get(response["HX-Redirect"])
    assert page.context["text"] == f"## Refund\nMoney goes back.\n- Example: {TEXT}\n  Ends with one less: 4.2\n"
    item.refresh_from_db()
    assert item.state == "settled"


def test_publishing_leads_to_what_the_version_may_touch(logged_in, project, queue, item, adjudicator):
    decision = decide(item, adjudicator)
    touched = factories.settled_item(queue, "Exchange", "Please send back one of my two kettles")
    other_label = factories.settled_item(queue, "Order status", "Where are my two blue kettles?")
    address = url("rule", queue.pk, decision.pk)
    response = logged_in.post(address, {"text": "## Refund\nA rule", "base": "0"})
    page = logged_in.get(response["Location"])
    change = GuidelineChange.objects.get()
    assert (change.guideline.version, change.adjudication, change.labels) == (1, decision, ["Exchange", "Refund"])
    assert [each.item for each in page.context["page"]] == [touched]
    assert other_label.search_text not in page.content.decode()
    assert logged_in.post(address, {"text": "## Refund\nA rule", "base": "0"})["Location"] == response["Location"]
    assert Guideline.objects.count() == 1


def test_a_version_published_meanwhile_is_409_and_the_text_is_kept(logged_in, project, queue, item, adjudicator):
    decision = decide(item, adjudicator)
    factories.guideline(project, "Somebody else's")
    response = logged_in.post(url("rule", queue.pk, decision.pk), {"text": "Mine", "base": "0"})
    assert response.status_code == 409
    assert "Mine" in response.content.decode()
    assert response.context["base"] == 1
    assert not GuidelineChange.objects.exists()


@pytest.mark.parametrize("base", ["", "x", "-1", "99999999999"])
def test_a_version_that_never_was_is_409(logged_in, project, queue, item, adjudicator, base):
    factories.guideline(project, "One")
    address = url("rule", queue.pk, decide(item, adjudicator).pk)
    assert logged_in.post(address, {"text": "Mine", "base": base}).status_code == 409


def test_ticked_items_are_asked_about_once(logged_in, queue, change, people):
    factories.member(queue.project)
    touched = factories.settled_item(queue, "Refund", "Send one kettle back", reviewers=people)
    address = url("rule_again", queue.pk, 1)
    for _ in range(2):
        logged_in.post(address, {"item": [str(touched.pk)]})
    touched.refresh_from_db()
    assert (touched.state, touched.open_slots, touched.wanted) == ("open", 1, 3)
    assert ConsensusProposal.objects.get().state == "applied"
    assert rechecks_ask(change=change, item_ids=[touched.pk], by=change.adjudication.adjudicator, now=NOW) == 0
    assert "waits for an answer" in logged_in.get(url("rule_version", queue.pk, 1)).content.decode()


def test_only_what_the_page_offered_can_be_asked_about(logged_in, queue, change):
    other = factories.settled_item(queue, "Order status", "Where are my two blue kettles?")
    elsewhere = factories.settled_item(factories.queue(factories.project("Another")), "Refund", TEXT)
    for picked in ([other.pk], [elsewhere.pk], ["x"], []):
        logged_in.post(url("rule_again", queue.pk, 1), {"item": [str(each) for each in picked]})
    assert not ConsensusProposal.objects.exists()
    assert rechecks_ask(change=change, item_ids=[elsewhere.pk], by=change.adjudication.adjudicator, now=NOW) == 0


def test_what_was_asked_again_can_be_taken_back_until_somebody_takes_it(logged_in, queue, change, people):
    following = factories.member(queue.project)
    touched = factories.settled_item(queue, "Refund", "Send one kettle back", reviewers=people)
    taken = factories.settled_item(queue, "Refund", "Kettles back", reviewers=people, sort_key=9.0)
    rechecks_ask(change=change, item_ids=[touched.pk, taken.pk], by=change.adjudication.adjudicator, now=NOW)
    assert services.claim_next(queue=queue, reviewer=following, now=NOW).item == taken
    for each in ConsensusProposal.objects.all():
        logged_in.post(url("rule_take_back", queue.pk, 1, each.pk))
    states = {each.item_id: (each.state, each.item.state) for each in ConsensusProposal.objects.select_related("item")}
    assert states == {touched.pk: ("reverted", "settled"), taken.pk: ("applied", "open")}


def test_an_item_that_nobody_can_answer_any_more_goes_to_an_adjudicator(queue, change, people, manager):
    touched = factories.settled_item(queue, "Refund", "Send one kettle back", reviewers=people)
    rechecks_ask(change=change, item_ids=[touched.pk], by=manager, now=NOW)
    touched.refresh_from_db()
    assert (touched.state, touched.dispute_kind) == ("adjudication", "nobody_left")
    nine = [factories.member(queue.project) for _ in range(9)]
    factories.member(queue.project)
    full = factories.settled_item(queue, "Refund", "Nine answers", reviewers=nine, wanted=9, wanted_max=9)
    item_requeue(item_ids=[full.pk], by=manager, now=NOW)
    full.refresh_from_db()
    assert full.state == "adjudication"


def test_a_settled_label_stands_until_the_new_answers_say_otherwise(queue, change, people):
    following = factories.member(queue.project)
    touched = factories.settled_item(queue, "Refund", "Send one kettle back", reviewers=people)
    rechecks_ask(change=change, item_ids=[touched.pk], by=change.adjudication.adjudicator, now=NOW)
    assert Consensus.objects.get(item=touched).label == "Refund"
    review = services.claim_next(queue=queue, reviewer=following, now=NOW)
    result = factories.choices_result("Exchange", control="intent", target="message")
    services.answer_submit(
        review_id=review.pk, reviewer=following, token=review.token, result=result, duration_ms=9, now=NOW
    )
    touched.refresh_from_db()
    assert (touched.state, touched.annotations.latest("created_at").guideline) == ("adjudication", change.guideline)


def test_a_change_is_written_once(change, adjudicator):
    with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
        GuidelineChange.objects.filter(pk=change.pk).update(labels=[])
    with pytest.raises(IntegrityError), transaction.atomic():
        GuidelineChange.objects.create(guideline=change.guideline, adjudication=change.adjudication)


@pytest.mark.parametrize("who", ["stranger", "viewer", "reviewer"])
def test_who_may_not_adjudicate_writes_no_rule(client, request, queue, item, adjudicator, change, who):
    client.force_login(request.getfixturevalue(who))
    decision = change.adjudication
    assert client.post(url("rule", queue.pk, decision.pk), {"text": "x", "base": "1"}).status_code == 404
    assert client.get(url("rule_version", queue.pk, 1)).status_code == 404
    assert client.post(url("rule_again", queue.pk, 1)).status_code == 404


def test_another_adjudicators_decision_is_not_mine_to_write(client, project, queue, item, change):
    client.force_login(factories.member(project, "adjudicator"))
    assert client.get(url("rule", queue.pk, change.adjudication.pk)).status_code == 404
    assert client.get(url("rule_version", queue.pk, 1)).status_code == 200


def test_who_asks_again_never_gets_the_item_as_a_reviewer(queue, change, people):
    asker = change.adjudication.adjudicator
    queue.members.create(user=asker)
    factories.member(queue.project)
    touched = factories.settled_item(queue, "Refund", "Send one kettle back", reviewers=people)
    rechecks_ask(change=change, item_ids=[touched.pk], by=asker, now=NOW)
    assert services.claim_next(queue=queue, reviewer=asker, now=NOW) is None
    touched.refresh_from_db()
    assert touched.state == "open"


def test_the_version_page_of_the_console_leads_to_what_it_may_touch(client, project, queue, change, manager):
    factories.guideline(project, "By hand")
    client.force_login(manager)
    page = client.get(reverse("console:guidelines_version", args=[project.slug, 1])).content.decode()
    assert url("rule_version", queue.pk, 1) in page
    assert "led to it" not in client.get(reverse("console:guidelines_version", args=[project.slug, 2])).content.decode()
