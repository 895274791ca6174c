"""Who may open the reviewer's doors, and what somebody else is told."""

import pytest
from django.urls import reverse

from tests import factories
from tests.workbench.doors import claim, send, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def htmx(htmx, reviewer):
    return htmx(reviewer)


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
