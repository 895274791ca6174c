"""What a person gave before comes back in his form: a change that he began, an answer under labels of another day."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.core.errors import Conflict
from apps.labeling.models import Annotation, Draft
from apps.labeling.services import draft_save
from apps.projects.models import LabelSchema
from apps.queues.models import Item, Review
from apps.workbench.services_revise import answer_revise, revision_keep
from tests import factories
from tests.factories import NOW, choices_result
from tests.factories.projects import choices_config

pytestmark = pytest.mark.django_db

RENAMED = ("Money back", "Exchange", "Order status")


@pytest.fixture
def queue(project):
    return factories.queue(project, overlap_min=2, overlap_max=3, consensus_method="majority")


@pytest.fixture
def inside(client, reviewer):
    client.force_login(reviewer)
    return client


@pytest.fixture
def given(queue, reviewer):
    """An answer with fields that mean nothing here."""
    result = [{**choices_result("Refund")[0], "id": "from-elsewhere", "score": 0.25, "meta": {"text": ["why"]}}]
    return factories.annotation(factories.item(queue), reviewer, "Refund", result=result, note="sure")


def address_of(annotation, name="revise"):
    return reverse(f"workbench:{name}", args=[annotation.item.queue_id, annotation.pk])


def keep(client, annotation, **fields):
    return client.post(address_of(annotation, "revise_draft"), fields)


def rename(project, item):
    """The labels change, and the item takes them on."""
    schema = factories.schema(project, config=choices_config(RENAMED), label_map={"Refund": "Money back"})
    Item.objects.filter(pk=item.pk).update(schema=schema)


def test_a_change_that_was_begun_comes_back_until_it_is_sent(inside, given):
    assert keep(inside, given, **{"answer.intent": "Exchange", "note": "or rather"}).status_code == 204
    page = inside.get(address_of(given)).content.decode()
    assert 'value="or rather"' in page
    assert "The change that you had begun" in page
    assert 'value="sure"' in inside.get(f"{address_of(given)}?fresh").content.decode()
    assert inside.post(address_of(given), {"answer.intent": "Exchange", "note": "or rather"}).status_code == 302
    assert not Draft.objects.exists()


def test_a_change_taken_back_by_hand_keeps_nothing(inside, given):
    keep(inside, given, **{"answer.intent": "Exchange", "note": "sure"})
    assert keep(inside, given, **{"answer.intent": "Refund", "note": "sure"}).status_code == 204
    assert not Draft.objects.exists()


def test_a_draft_that_comes_after_its_change_is_kept_out(inside, given):
    inside.post(address_of(given), {"answer.intent": "Exchange", "note": "sure"})
    assert keep(inside, given, **{"answer.intent": "Order status"}).status_code == 409
    with pytest.raises(Conflict):
        revision_keep(annotation=given, fields={"note": ["late"]}, is_untouched=False, now=NOW)
    assert not Draft.objects.exists()


def test_a_change_is_kept_for_its_person_alone(client, project, inside, given):
    keep(inside, given, **{"answer.intent": "Exchange"})
    client.force_login(factories.member(project))
    assert keep(client, given, **{"answer.intent": "Exchange"}).status_code == 404
    assert client.get(address_of(given)).status_code == 404
    client.logout()
    assert keep(client, given).status_code == 302
    assert Draft.objects.count() == 1


def test_draft_door_takes_posts_only(inside, given):
    assert inside.get(address_of(given, "revise_draft")).status_code == 405


def test_what_came_with_an_answer_stays_when_it_is_changed(inside, given):
    inside.post(address_of(given), {"answer.intent": "Exchange"})
    made = Annotation.objects.get(status="current").result[0]
    assert made["value"] == {"choices": ["Exchange"]}
    assert (made["id"], made["score"], made["meta"]) == ("from-elsewhere", 0.25, {"text": ["why"]})


def test_an_answer_under_changed_labels_is_shown_and_changed_by_the_map(inside, project, given):
    rename(project, given.item)
    page = inside.get(address_of(given)).content.decode()
    assert "Your answer is shown under the new ones." in page
    assert page.split('value="Money back"')[1].split(">")[0].endswith('aria-pressed="true"')
    keep(inside, given, **{"answer.intent": "Money back", "note": "sure"})
    assert not Draft.objects.exists()  # the same answer, in the words of today
    inside.post(address_of(given), {"answer.intent": "Exchange"})
    made = Annotation.objects.get(status="current")
    assert (made.label, made.schema, made.result[0]["score"]) == ("Exchange", LabelSchema.objects.get(version=2), 0.25)


def test_an_answer_that_no_map_reads_is_told_in_words(inside, project, queue, given):
    config = choices_config(RENAMED).replace("intent", "wish")
    Item.objects.filter(pk=given.item.pk).update(schema=factories.schema(project, config=config))
    page = inside.get(address_of(given)).content.decode()
    assert "your answer “Refund” has no place among them" in page
    assert "aria-pressed" not in page
    assert inside.post(address_of(given), {"answer.wish": "Exchange"}).status_code == 302
    assert Annotation.objects.get(status="current").label == "Exchange"


def _taken_back(annotation):
    Annotation.objects.filter(pk=annotation.pk).update(status="withdrawn")
    Review.objects.filter(pk=annotation.review_id).update(
        state="leased", submitted_at=None, token=999, expires_at=timezone.now() + timedelta(hours=1)
    )


def test_an_answer_taken_back_is_shown_under_the_item_s_labels_of_today(inside, project, queue, given):
    _taken_back(given)
    rename(project, given.item)
    page = inside.get(reverse("workbench:queue", args=[queue.pk])).content.decode()
    assert page.split('value="Money back"')[1].split("<kbd>")[0].endswith('aria-pressed="true">')
    assert f'name="again" value="{given.pk}"' in page
    sent = {"answer.intent": "Money back", "note": "sure", "token": 999, "again": given.pk}
    inside.post(reverse("workbench:answer", args=[queue.pk, given.review_id]), sent)
    made = Annotation.objects.get(status="current")
    assert made.result[0] == {**given.result[0], "value": {"choices": ["Money back"]}}


@pytest.mark.parametrize("named", ["", "nonsense", "of another"])
def test_an_answer_is_carried_on_only_where_the_form_began_with_it(inside, queue, given, named, reviewer):
    other = factories.annotation(factories.item(queue), reviewer, "Refund", status="withdrawn")
    _taken_back(given)
    again = other.pk if named == "of another" else named
    sent = {"answer.intent": "Refund", "token": 999, "again": again}
    inside.post(reverse("workbench:answer", args=[queue.pk, given.review_id]), sent)
    assert "score" not in Annotation.objects.get(status="current").result[0]


def test_a_draft_is_read_under_the_labels_of_today(inside, project, queue, reviewer):
    item = factories.item(queue)
    factories.review(item, reviewer, state="leased", expires_at=timezone.now() + timedelta(hours=1))
    draft_save(item=item, reviewer=reviewer, fields={"answer.intent": ["Refund"], "note": ["so far"]}, now=NOW)
    rename(project, item)
    page = inside.get(reverse("workbench:queue", args=[queue.pk])).content.decode()
    assert page.split('value="Money back"')[1].split("<kbd>")[0].endswith('aria-pressed="true">')
    assert 'value="so far"' in page


def test_answer_revise_drops_the_draft(given, reviewer):
    revision_keep(annotation=given, fields={"note": ["x"]}, is_untouched=False, now=NOW)
    answer_revise(annotation_id=given.pk, reviewer=reviewer, result=choices_result("Exchange"), duration_ms=1, now=NOW)
    assert not Draft.objects.exists()
