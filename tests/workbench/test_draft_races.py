"""A draft that is saved while its answer is being stored: both go through, whoever comes first."""

import pytest
from django.db import transaction

from apps.labeling.models import Annotation, Draft
from apps.queues.models import Item, Review
from tests import factories
from tests.beside import beside
from tests.workbench.doors import claim, send, url

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def queue(project):
    made = factories.queue(project, overlap_min=2)
    factories.item(made)
    return made


@pytest.fixture
def htmx(htmx, reviewer):
    return htmx(reviewer)


def draft_beside_an_answer(save, held):
    """An answer locks its item, then the row `held`; between the two, `save` must not have taken that row."""
    failures = []
    with transaction.atomic():
        Item.objects.select_for_update().get()
        thread = beside(save, failures)
        held.select_for_update(nowait=True).get()
    thread.join(timeout=60)
    assert failures == []
    assert Draft.objects.get().fields["note"] == ["half a thought"]


def test_a_draft_takes_no_review_that_an_answer_needs(htmx, queue):
    address = url("draft", queue.pk, claim(htmx, queue).pk)
    draft_beside_an_answer(lambda: htmx.post(address, {"note": "half a thought"}), Review.objects.all())


def test_a_begun_change_takes_no_answer_that_its_sending_needs(htmx, queue):
    send(htmx, claim(htmx, queue), "Refund")
    address = url("revise_draft", queue.pk, Annotation.objects.get().pk)
    draft_beside_an_answer(lambda: htmx.post(address, {"note": "half a thought"}), Annotation.objects.all())
