"""Two transactions at a label budget at once: whoever comes second looks again."""

import pytest
from django.db import transaction

from apps.core.errors import Conflict
from apps.queues import services as queues
from apps.queues.models import LabelSpending
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
