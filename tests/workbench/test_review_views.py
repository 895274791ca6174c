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
