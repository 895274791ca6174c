"""Two transactions at a label budget at once: whoever comes second looks again."""

import pytest
from django.db import transaction

from apps.core.errors import Conflict
from apps.queues import services as queues
from apps.queues.models import LabelSpending
from apps.queues.services.budget import reviews_hold_still
from tests import factories
from tests.beside import beside

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def boss(project):
    return factories.member(project, "manager")


@pytest.fixture
def ended(project, boss):
    """A queue whose budget was ended and is not forgotten yet."""
    queue = queues.queue_update(queue=factories.queue(project), by=boss, label_budget=5)
    return queues.queue_update(queue=queue, by=boss, label_budget=None)


def test_a_budget_set_again_keeps_its_count(ended, boss):
    failures = []
    with transaction.atomic():
        queues.queue_update(queue=ended, by=boss, label_budget=5)
        thread = beside(lambda: queues.spending_forget(queue=ended), failures)
    thread.join(timeout=60)
    assert failures == []
    assert LabelSpending.objects.filter(queue=ended).exists()


def test_a_budget_whose_count_is_forgotten_meanwhile_is_set_again_by_hand(ended, boss):
    failures = []
    with transaction.atomic():
        queues.spending_forget(queue=ended)
        thread = beside(lambda: queues.queue_update(queue=ended, by=boss, label_budget=5), failures)
    thread.join(timeout=60)
    (failure,) = failures
    assert isinstance(failure, Conflict)
    ended.refresh_from_db()
    assert ended.label_budget is None
    assert queues.queue_update(queue=ended, by=boss, label_budget=5).label_budget == 5
    assert LabelSpending.objects.filter(queue=ended).exists()


def test_a_first_budget_and_the_end_of_the_queue_take_turns(project, boss):
    """The one holds all reviews and then locks the queue; the other must not hold the queue while it waits for them."""
    queue = factories.queue(project)
    factories.review(factories.item(queue), factories.member(project), state="leased")
    failures = []
    with transaction.atomic():
        reviews_hold_still(queue=queue)
        thread = beside(lambda: queues.queue_close(queue=queue, by=boss, now=factories.NOW), failures)
        queues.queue_update(queue=queue, by=boss, label_budget=5)
    thread.join(timeout=60)
    assert failures == []
    queue.refresh_from_db()
    assert (queue.state, queue.label_budget) == ("closed", 5)
    assert set(queue.items.values_list("state", flat=True)) == {"retired"}
