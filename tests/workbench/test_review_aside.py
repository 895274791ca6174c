"""What a reviewer does beside answering: skip, ask for help, keep a draft, leave and come back, look around."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.labeling.models import Draft
from apps.queues.models import Review
from tests import factories
from tests.workbench.doors import claim, send, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue(project):
    return factories.queue(project, overlap_min=2, overlap_max=3, consensus_method="majority", deadline_share=0)


@pytest.fixture
def htmx(htmx, reviewer):
    return htmx(reviewer)


def test_skip_with_a_reason_brings_the_next(htmx, queue):
    factories.item(queue, "first message", sort_key=2)
    factories.item(queue, "second message", sort_key=1)
    review = claim(htmx, queue)
    response = htmx.post(url("skip", queue.pk, review.pk), {"token": review.token, "reason": "I cannot tell"})
    assert "second message" in response.content.decode()
    review.refresh_from_db()
    assert (review.state, review.skip_reason) == ("skipped", "I cannot tell")


def test_skip_without_a_reason_is_422_and_asks_again(htmx, queue):
    factories.item(queue)
    review = claim(htmx, queue)
    response = htmx.post(url("skip", queue.pk, review.pk), {"token": review.token, "other": "  "})
    assert response.status_code == 422
    assert response["HX-Retarget"] == "#skip-form"
    assert "Say why" in response.content.decode()
    review.refresh_from_db()
    assert review.state == "leased"


def test_late_skip_is_409_and_leaves_the_draft_alone(htmx, queue):
    factories.item(queue)
    review = claim(htmx, queue)
    htmx.post(url("draft", queue.pk, review.pk), {"note": "half"})
    response = htmx.post(url("skip", queue.pk, review.pk), {"token": review.token + 1, "reason": "I cannot tell"})
    assert response.status_code == 409
    assert Draft.objects.get().fields == {"note": ["half"]}


def test_escalate_sends_to_adjudication_with_the_note(htmx, queue):
    item = factories.item(queue)
    review = claim(htmx, queue)
    response = htmx.post(url("escalate", queue.pk, review.pk), {"token": review.token, "note": "two intents"})
    assert response.status_code == 200
    item.refresh_from_db()
    assert (item.state, item.adjudication_reason) == ("adjudication", "a reviewer asks: two intents")


@pytest.mark.parametrize("name", ["skip", "escalate"])
def test_asking_pages_work_without_scripts(client, reviewer, queue, name):
    factories.item(queue)
    client.force_login(reviewer)
    client.post(url("claim", queue.pk))
    review = Review.objects.get()
    page = client.get(url(name, queue.pk, review.pk))
    assert page.status_code == 200
    assert f'value="{review.token}"' in page.content.decode()


def test_draft_is_kept_and_comes_back(htmx, queue):
    factories.item(queue)
    review = claim(htmx, queue)
    draft = {"token": review.token, "note": "half a th\x00ought", "unknown": "x"}
    assert htmx.post(url("draft", queue.pk, review.pk), draft).status_code == 204
    assert Draft.objects.get().fields == {"note": ["half a thought"]}
    assert "half a thought" in htmx.get(url("queue", queue.pk)).content.decode()


def test_emptied_draft_is_dropped(htmx, queue):
    factories.item(queue)
    review = claim(htmx, queue)
    for note in ("something", ""):
        htmx.post(url("draft", queue.pk, review.pk), {"note": note})
    assert not Draft.objects.exists()


def test_draft_that_arrives_after_its_answer_is_dropped(htmx, queue):
    factories.item(queue)
    review = claim(htmx, queue)
    send(htmx, review, "Refund")
    assert htmx.post(url("draft", queue.pk, review.pk), {"note": "late"}).status_code == 204
    assert not Draft.objects.exists()


def test_leaving_ends_the_lease_soon_and_coming_back_keeps_it(htmx, queue):
    factories.item(queue)
    review = claim(htmx, queue)
    whole = review.expires_at
    assert htmx.post(url("leave", queue.pk, review.pk), {"token": review.token}).status_code == 204
    review.refresh_from_db()
    assert timedelta(seconds=25) < review.expires_at - timezone.now() < timedelta(seconds=31)
    assert htmx.post(url("back", queue.pk, review.pk), {"token": review.token}).status_code == 204
    review.refresh_from_db()
    assert review.expires_at == whole


@pytest.mark.parametrize("name", ["leave", "back"])
def test_leaving_under_another_lease_changes_nothing(htmx, queue, name):
    factories.item(queue)
    review = claim(htmx, queue)
    assert htmx.post(url(name, queue.pk, review.pk), {"token": review.token + 1}).status_code == 204
    assert htmx.post(url(name, queue.pk, review.pk), {}).status_code == 422
    assert Review.objects.get().expires_at == review.expires_at


def test_news_offers_what_came_in_and_takes_nothing(htmx, queue):
    assert htmx.get(url("news", queue.pk)).status_code == 204
    factories.item(queue)
    assert "1 item came in" in htmx.get(url("news", queue.pk)).content.decode()
    assert not Review.objects.exists()


def test_tally_counts_the_held_item_and_today_s_answers(htmx, queue):
    for _ in range(3):
        factories.item(queue)
    send(htmx, claim(htmx, queue), "Refund")
    html = htmx.get(url("tally", queue.pk)).content.decode()
    assert "<b>2</b> left" in html
    assert "<b>1</b> today" in html


def test_guideline_is_rendered_safely_and_named(client, reviewer, project, queue):
    factories.guideline(project, "**bold** <script>alert(1)</script>")
    client.force_login(reviewer)
    html = client.get(url("guideline", queue.pk)).content.decode()
    assert "Guideline, version 1" in html
    assert "<strong>bold</strong>" in html
    assert "<script>alert" not in html


def test_history_shows_only_my_own_answers(htmx, project, queue, reviewer):
    item = factories.item(queue, "shared message")
    factories.annotation(item, factories.member(project), "Order status", note="not yours to see")
    factories.annotation(item, reviewer, "Refund", note="my note")
    html = htmx.get(url("history", queue.pk)).content.decode()
    assert "my note" in html
    assert "not yours to see" not in html
    assert "Order status" not in html


def test_home_lists_my_queues_with_what_is_urgent(client, project, queue, reviewer):
    other = factories.queue(project, "Second queue", overlap_min=1)
    factories.item(queue)
    factories.item(other, due_at=timezone.now())
    client.force_login(reviewer)
    rows = client.get(url("home")).context["rows"]
    assert [(row.queue.name, row.left, row.soon, row.disputed) for row in rows] == [
        ("Second queue", 1, 1, None),
        ("Main queue", 1, 0, None),
    ]


def test_home_counts_disputes_for_adjudicators(client, queue, adjudicator):
    factories.item(queue, state="adjudication")
    client.force_login(adjudicator)
    rows = client.get(url("home")).context["rows"]
    assert [(row.disputed, row.is_workable) for row in rows] == [(1, False)]


def test_home_asks_a_fixed_number_of_queries(client, project, reviewer, django_assert_max_num_queries):
    for number in range(5):
        factories.item(factories.queue(project, f"Queue {number}"))
    client.force_login(reviewer)
    with django_assert_max_num_queries(16):
        client.get(url("home"))


def test_home_of_a_stranger_says_what_will_appear(client, stranger, queue):
    client.force_login(stranger)
    html = client.get(url("home")).content.decode()
    assert "No queue yet" in html
    assert queue.name not in html
