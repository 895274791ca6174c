"""The reviewer's page: an item comes, an answer goes, an undo brings it back; and what each refusal says."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone, translation

from apps.labeling.models import Annotation, Draft
from apps.queues.models import Item, Review
from apps.workbench.views.cards import beside_item
from tests import factories
from tests.workbench.doors import claim, send, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue(project):
    return factories.queue(project, overlap_min=2, overlap_max=3, consensus_method="majority", deadline_share=0)


@pytest.fixture
def htmx(htmx, reviewer):
    return htmx(reviewer)


def test_get_shows_a_start_form_and_takes_nothing(client, reviewer, queue):
    factories.item(queue)
    client.force_login(reviewer)
    response = client.get(url("queue", queue.pk))
    assert response.status_code == 200
    assert url("claim", queue.pk) in response.content.decode()
    assert not Review.objects.exists()
    assert "HX-Request" in response["Vary"]


def test_claim_answers_the_item_and_answer_brings_the_next(htmx, queue):
    factories.item(queue, "first message", sort_key=2)
    factories.item(queue, "second message", sort_key=1)
    first = htmx.post(url("claim", queue.pk))
    assert "first message" in first.content.decode()
    assert "<html" not in first.content.decode()
    review = Review.objects.get()
    response = send(htmx, review, "Refund", note="sure", duration_ms="1200")
    assert response.status_code == 200
    assert "second message" in response.content.decode()
    assert "item-answered" in response["HX-Trigger"]
    annotation = Annotation.objects.get()
    assert (annotation.label, annotation.note, annotation.source) == ("Refund", "sure", "human")


def test_claim_without_scripts_comes_back_to_the_page(client, reviewer, queue):
    factories.item(queue, "the only one")
    client.force_login(reviewer)
    response = client.post(url("claim", queue.pk))
    assert response["Location"] == url("queue", queue.pk)
    page = client.get(response["Location"]).content.decode()
    assert "the only one" in page
    assert "<html" in page


def test_answer_without_scripts_comes_back_to_the_page(client, reviewer, queue):
    factories.item(queue)
    factories.item(queue)
    client.force_login(reviewer)
    client.post(url("claim", queue.pk))
    review = Review.objects.get()
    response = send(client, review, "Refund")
    assert response["Location"] == url("queue", queue.pk)
    assert Annotation.objects.get().duration_ms >= 0


def test_nothing_left_is_said_without_scripts_too(client, reviewer, queue):
    client.force_login(reviewer)
    response = client.post(url("claim", queue.pk))
    assert response.status_code == 200
    assert "All done" in response.content.decode()


def test_duration_never_exceeds_the_lease(htmx, queue):
    factories.item(queue)
    review = claim(htmx, queue)
    Review.objects.update(leased_at=timezone.now() - timedelta(seconds=5))
    send(htmx, review, "Refund", duration_ms="99999999")
    assert 5000 <= Annotation.objects.get().duration_ms < 60_000


def test_same_answer_again_is_one_answer(htmx, queue):
    factories.item(queue)
    review = claim(htmx, queue)
    assert [send(htmx, review, "Refund").status_code for _ in range(2)] == [200, 200]
    assert Annotation.objects.count() == 1


def test_other_answer_under_the_same_lease_is_409(htmx, queue):
    factories.item(queue)
    review = claim(htmx, queue)
    send(htmx, review, "Refund")
    response = send(htmx, review, "Exchange")
    assert response.status_code == 409
    assert "did not count" in response.content.decode()
    assert Annotation.objects.get().label == "Refund"


@pytest.mark.parametrize("label", ["", "No such label"])
def test_answer_that_does_not_fit_is_422_and_keeps_what_was_written(htmx, queue, label):
    factories.item(queue)
    review = claim(htmx, queue)
    response = send(htmx, review, label, note="half a thought")
    assert response.status_code == 422
    html = response.content.decode()
    assert "half a thought" in html
    assert 'role="alert"' in html
    assert not Annotation.objects.exists()


@pytest.mark.parametrize("token", ["", "x", "-1", str(2**70)])
def test_answer_without_a_lease_s_token_is_422(htmx, queue, token):
    factories.item(queue)
    review = claim(htmx, queue)
    assert send(htmx, review, "Refund", token=token).status_code == 422


def test_late_answer_is_409_keeps_a_draft_and_offers_the_next(htmx, project, queue):
    item = factories.item(queue)
    review = claim(htmx, queue)
    Review.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    Item.objects.update(wanted=1)
    other = factories.member(project)
    factories.annotation(item, other, "Refund")
    Item.objects.update(state="settled", settled_at=timezone.now(), open_slots=0)
    Review.objects.filter(pk=review.pk).update(state="expired")
    response = send(htmx, review, "Exchange", note="mine")
    assert response.status_code == 409
    html = response.content.decode()
    assert "kept as a draft" in html
    assert url("claim", queue.pk) in html
    assert Draft.objects.get().fields == {"answer.intent": ["Exchange"], "note": ["mine"]}


def test_expired_lease_whose_place_is_free_is_accepted(htmx, queue):
    factories.item(queue)
    review = claim(htmx, queue)
    Review.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert send(htmx, review, "Refund").status_code == 200
    assert Annotation.objects.get().label == "Refund"


def test_undo_brings_the_item_back_with_its_answer(htmx, queue):
    factories.item(queue, "first message", sort_key=2)
    factories.item(queue, "second message", sort_key=1)
    send(htmx, claim(htmx, queue), "Exchange", note="not sure")
    response = htmx.post(url("undo", queue.pk))
    html = response.content.decode()
    assert "first message" in html
    assert 'value="Exchange" data-key="2" aria-pressed="true"' in html
    assert 'value="not sure"' in html
    assert Annotation.objects.get().status == "withdrawn"


def test_undo_steps_back_one_by_one_and_each_press_counts_once(htmx, queue):
    for number in range(3):
        factories.item(queue, sort_key=float(-number))
        send(htmx, claim(htmx, queue), "Refund")
    given = list(Annotation.objects.order_by("-created_at"))
    for answer in given:
        for _press in range(2):  # the second: the reply to the first was lost
            assert htmx.post(url("undo", queue.pk), {"answer": answer.pk}).status_code == 200
            answer.refresh_from_db()
            assert answer.status == "withdrawn"
            held = Review.objects.get(item__queue=queue, state="leased")
            assert held.item_id == answer.item_id
    assert not Annotation.objects.filter(status="current").exists()


def test_undo_of_nothing_is_409_and_changes_nothing_on_the_page(htmx, queue):
    response = htmx.post(url("undo", queue.pk))
    assert response.status_code == 409
    assert response["HX-Reswap"] == "none"
    assert "nothing to undo" in response["HX-Trigger"]


def test_paused_queue_says_so_and_takes_the_answer_in_work(htmx, queue):
    factories.item(queue)
    factories.item(queue)
    review = claim(htmx, queue)
    queue.state = "paused"
    queue.save()
    response = send(htmx, review, "Refund")
    assert response.status_code == 200
    assert "This queue is paused" in response.content.decode()
    assert htmx.post(url("claim", queue.pk)).status_code == 409


def test_context_is_shown_as_a_conversation_and_nothing_else_of_it(htmx, project, queue):
    context = {
        "messages": [{"role": "user", "content": [{"type": "text", "text": "earlier words"}], "intent": "planted"}],
        "predicted": "planted",
    }
    factories.item(queue, trace=factories.trace(project, "now", context=context))
    html = htmx.post(url("claim", queue.pk)).content.decode()
    assert "earlier words" in html
    assert "planted" not in html


def test_the_time_of_an_item_is_told_in_the_reader_s_zone_and_language(project, queue):
    said = datetime(2026, 5, 31, 22, 30, tzinfo=UTC)
    item = factories.item(queue, trace=factories.trace(project, "now", occurred_at=said))
    shown = []
    for zone, language in [("UTC", "en"), ("UTC", "de"), ("Europe/Berlin", "de"), ("UTC", "en")]:
        with timezone.override(zone), translation.override(language):
            shown.append(beside_item(item)["when"])
    assert shown == ["31 May 2026, 22:30", "31. Mai 2026, 22:30", "1. Jun 2026, 00:30", "31 May 2026, 22:30"]


def test_hostile_content_stays_text(htmx, project, queue):
    hostile = "<script>alert(1)</script><img src=x onerror=alert(1)>{{ 7 }}"
    factories.item(queue, trace=factories.trace(project, hostile, context=[hostile]))
    html = htmx.post(url("claim", queue.pk)).content.decode()
    assert "<script>alert" not in html
    assert "<img" not in html
