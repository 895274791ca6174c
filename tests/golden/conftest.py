"""A queue with settled items and a set to gather them into."""

import pytest

from apps.golden import services
from apps.queues.models import Item
from tests import factories
from tests.factories import NOW


@pytest.fixture
def queue(project):
    return factories.queue(project)


@pytest.fixture
def pair(project):
    """Two reviewers who answer everything alike."""
    return [factories.member(project, "reviewer") for _ in range(2)]


@pytest.fixture
def settle(queue, pair):
    """Make a settled item: `settle("Refund", "text")`."""

    def make(label, text="", **fields):
        return factories.settled_item(queue, label, text, **({"reviewers": pair} | fields))

    return make


@pytest.fixture
def golden_set(project, manager):
    return services.golden_set_create(project=project, name="Support intents", by=manager, now=NOW)


@pytest.fixture
def gather(manager):
    """Gather all items of the set's project that it admits."""

    def make(golden_set):
        items = Item.objects.filter(queue__project=golden_set.project)
        return services.golden_gather(golden_set=golden_set, items=items, by=manager, now=NOW)

    return make


@pytest.fixture
def freeze(manager, gather):
    """Gather and freeze."""

    def make(golden_set, **fields):
        gather(golden_set)
        return services.golden_freeze(golden_set=golden_set, by=manager, now=NOW, **fields)

    return make
