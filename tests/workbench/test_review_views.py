"""The reviewer's doors: pages and fragments, who may open them, and what each refusal says."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.labeling.models import Annotation, Draft
from apps.queues.models import Item, Review
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue(project):
    return factories.queue(project, overlap_min=2, overlap_max=3, consensus_method="majority", deadline_share=0)


@pytest.fixture
def htmx(client, reviewer):
    """A logged-in reviewer whose requests come from htmx."""
    client.force_login(reviewer)
    client.defaults["HTTP_HX_REQUEST"] = "true"
    return client


def url(name, *args):
    return reverse(f"workbench:{name}", args=args)


def claim(htmx, queue):
    response = htmx.post(url("claim", queue.pk))
    assert response.status_code == 200
    return Review.objects.get(item__queue=queue, state="leased")


def send(htmx, review, label, **fields):
    address = url("answer", review.item.queue_id, review.pk)
    return htmx.post(address, {"token": review.token, "answer.intent": label, **fields})


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


QUEUE_DOORS = ["queue", "claim", "undo", "tally", "news", "guideline", "history"]
REVIEW_DOORS = ["answer", "draft", "skip", "escalate", "leave", "back"]
READING = {"queue", "tally", "news", "guideline", "history", "home"}


def _call(client, name, *args):
    method = client.get if name in READING else client.post
    return method(url(name, *args))


@pytest.mark.parametrize("who", ["stranger", "viewer", "adjudicator", "manager"])
@pytest.mark.parametrize("name", QUEUE_DOORS)
def test_who_does_not_work_in_the_queue_gets_404(client, request, queue, name, who):
    client.force_login(request.getfixturevalue(who))
    assert _call(client, name, queue.pk).status_code == 404


@pytest.mark.parametrize("name", REVIEW_DOORS)
def test_another_s_review_is_404(client, project, queue, reviewer, name):
    review = factories.review(factories.item(queue), factories.member(project), state="leased")
    client.force_login(reviewer)
    assert client.post(url(name, queue.pk, review.pk), {"token": review.token}).status_code == 404
    review.refresh_from_db()
    assert review.state == "leased"


def test_review_of_another_queue_is_404(client, project, queue, reviewer):
    review = factories.review(factories.item(factories.queue(project, "Second queue")), reviewer, state="leased")
    client.force_login(reviewer)
    address = url("answer", queue.pk, review.pk)
    assert client.post(address, {"token": review.token, "answer.intent": "Refund"}).status_code == 404


@pytest.mark.parametrize("name", ["claim", "undo"])
def test_writing_doors_refuse_get(client, reviewer, queue, name):
    client.force_login(reviewer)
    assert client.get(url(name, queue.pk)).status_code == 405


@pytest.mark.parametrize("name", sorted(READING - {"home"}))
def test_reading_doors_refuse_post(client, reviewer, queue, name):
    client.force_login(reviewer)
    assert client.post(url(name, queue.pk)).status_code == 405


def test_login_is_asked_for_and_leads_back_to_the_page(client, queue):
    page = url("queue", queue.pk)
    assert client.get(page)["Location"] == f"{reverse('accounts:login')}?next={page}"
    assert client.post(url("claim", queue.pk))["Location"] == f"{reverse('accounts:login')}?next={page}"


def test_ended_session_tells_htmx_to_log_in_and_scripts_401(client, reviewer, queue):
    review = factories.review(factories.item(queue), reviewer, state="leased")
    page = url("queue", queue.pk)
    here = {"HTTP_HX_REQUEST": "true", "HTTP_HX_CURRENT_URL": f"http://testserver{page}"}
    response = client.post(url("answer", queue.pk, review.pk), **here)
    assert response.status_code == 401
    assert response["HX-Redirect"].startswith(reverse("accounts:login"))
    assert page.replace("/", "%2F") in response["HX-Redirect"]
    assert client.post(url("draft", queue.pk, review.pk), HTTP_X_REQUESTED_WITH="fetch").status_code == 401


def test_removed_member_is_shut_out_at_once(htmx, project, queue, reviewer):
    factories.item(queue)
    review = claim(htmx, queue)
    project.memberships.all().delete()
    assert send(htmx, review, "Refund").status_code == 404


def test_disabled_person_is_logged_out_at_once(htmx, queue, reviewer):
    factories.item(queue)
    review = claim(htmx, queue)
    reviewer.is_active = False
    reviewer.save()
    assert send(htmx, review, "Refund").status_code == 401


def test_context_is_shown_as_a_conversation_and_nothing_else_of_it(htmx, project, queue):
    context = {
        "messages": [{"role": "user", "content": [{"type": "text", "text": "earlier words"}], "intent": "planted"}],
        "predicted": "planted",
    }
    factories.item(queue, trace=factories.trace(project, "now", context=context))
    html = htmx.post(url("claim", queue.pk)).content.decode()
    assert "earlier words" in html
    assert "planted" not in html


def test_hostile_content_stays_text(htmx, project, queue):
    hostile = "<script>alert(1)</script><img src=x onerror=alert(1)>{{ 7 }}"
    factories.item(queue, trace=factories.trace(project, hostile, context=[hostile]))
    html = htmx.post(url("claim", queue.pk)).content.decode()
    assert "<script>alert" not in html
    assert "<img" not in html
