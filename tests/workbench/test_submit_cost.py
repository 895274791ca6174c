"""What an answer with its next item costs: statements, bytes, and what is remembered between requests."""

import contextlib
import gzip
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.consensus.models import Consensus
from apps.consensus.services import FACTS, item_facts
from apps.events.models import Event
from apps.labeling.models import Annotation
from apps.queues.models import Review
from apps.queues.selectors import queues_workable_by, review_reached, reviewer_ids
from apps.queues.services import answers_of, review_enter
from tests import factories

pytestmark = pytest.mark.django_db

MOST_STATEMENTS = 10


def client_of(person):
    client = Client(enforce_csrf_checks=True)
    client.force_login(person, backend="apps.accounts.backends.PersonBackend")
    return client


def send(client, address, **fields):
    headers = {"HX-Request": "true", "X-CSRFToken": client.cookies["csrftoken"].value}
    return client.post(address, fields, headers=headers)


def begin(client, queue):
    client.get(reverse("workbench:queue", args=[queue.pk]))
    return send(client, reverse("workbench:claim", args=[queue.pk]))


def answer(client, queue, person, label):
    """As the page sends it, and the statements that it took."""
    review = Review.objects.get(item__queue=queue, reviewer=person, state="leased")
    address = reverse("workbench:answer", args=[queue.pk, review.pk])
    name = next(name for name in _names(client, queue) if name not in ("csrfmiddlewaretoken", "token", "duration_ms"))
    with CaptureQueriesContext(connection) as captured:
        response = send(client, address, token=review.token, duration_ms=5, **{name: label})
    assert response.status_code == 200, response.content
    return response, [row["sql"] for row in captured.captured_queries]


def _names(client, queue):
    page = client.get(reverse("workbench:queue", args=[queue.pk])).content.decode()
    form = page[page.index('id="answer"') :]
    return re.findall(r'name="([^"]+)"', form)


@pytest.fixture
def people(project):
    return [factories.member(project, name=f"Reviewer {n}") for n in range(3)]


@pytest.mark.parametrize("method", ["majority", "dawid_skene"])
def test_an_answer_and_its_next_item_take_ten_statements_at_most(project, people, method):
    factories.guideline(project)
    queue = factories.queue(project, overlap_min=2, overlap_max=3, consensus_method=method)
    for n in range(6):
        factories.item(queue, sort_key=float(-n))
    seen = []
    for label, person in zip(["Refund", "Exchange", "Refund"], people, strict=True):  # the last one settles or disputes
        client = client_of(person)
        begin(client, queue)
        for _ in range(2):
            response, statements = answer(client, queue, person, label)
            seen.append(statements)
            assert b'name="token"' in response.content  # the next item came with it
    assert max(map(len, seen)) <= MOST_STATEMENTS, "\n".join(max(seen, key=len))
    assert Annotation.objects.count() == Event.objects.filter(verb="annotation.submitted").count() == 6
    assert Consensus.objects.filter(item__queue=queue, n_annotations=3).count() == 2


def test_a_further_item_weighs_less_than_six_kilobytes(project, people):
    queue = factories.queue(project)
    factories.item(queue)
    factories.item(queue)
    client = client_of(people[0])
    begin(client, queue)
    response, _ = answer(client, queue, people[0], "Refund")
    assert len(gzip.compress(response.content)) < 6_000


def test_what_is_remembered_of_the_dialogs_gives_nobody_anothers_lease(project, people):
    queue = factories.queue(project)
    factories.item(queue)
    pages = []
    for person in people[:2]:
        client = client_of(person)
        pages.append(begin(client, queue).content.decode())
    reviews = [Review.objects.get(reviewer=person) for person in people[:2]]
    for page, own, other in zip(pages, reviews, reversed(reviews), strict=True):
        assert reverse("workbench:skip", args=[queue.pk, own.pk]) in page
        assert page.count(f'value="{own.token}"') == 3  # answer, skip, escalate
        assert str(other.pk) not in page
        assert f'value="{other.token}"' not in page


@pytest.mark.parametrize("role", ["viewer", "reviewer", "adjudicator", "manager"])
@pytest.mark.parametrize("is_open", [True, False])
@pytest.mark.parametrize("is_named", [True, False])
@pytest.mark.parametrize("is_active", [True, False])
def test_the_five_ways_to_say_who_works_in_a_queue_agree(project, role, is_open, is_named, is_active):
    queue = factories.queue(project, is_open_to_all=is_open)
    person = factories.member(project, role, user=factories.person(is_active=is_active))
    if is_named:
        queue.members.create(user=person)
    review = factories.review(factories.item(queue), person, state="leased")
    reached = review_reached(user=person, queue_id=queue.pk, review_id=review.pk)
    assert (reached == review) == (person.pk in reviewer_ids(queue=queue))
    assert (reached == review) == queues_workable_by(user=person).filter(pk=queue.pk).exists()
    assert (reached == review) == answers_of(factories.item(queue)).is_anybody_left
    with contextlib.ExitStack() as stack:
        if reached is None:
            stack.enter_context(pytest.raises(Review.DoesNotExist))
        found, facts = review_enter(reviewer=person, queue_id=queue.pk, review_id=review.pk, beside=FACTS)
        assert (found, facts) == (review, item_facts(item=review.item, but=person.pk))


def test_a_review_is_reached_in_its_own_queue_only(project, people):
    queue, other = factories.queue(project), factories.queue(project, "Other")
    review = factories.review(factories.item(queue), people[0], state="leased")
    assert review_reached(user=people[0], queue_id=queue.pk, review_id=review.pk) == review
    assert review_reached(user=people[0], queue_id=other.pk, review_id=review.pk) is None
    assert review_reached(user=people[1], queue_id=queue.pk, review_id=review.pk) is None
