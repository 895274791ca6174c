"""Which items a set takes in."""

from datetime import timedelta

import pytest

from apps.events.models import Event
from apps.golden import services
from apps.golden.errors import SetInvalid
from apps.golden.selectors import GatherFilter, items_gatherable
from apps.queues.models import Item
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def test_golden_set_create_refuses_a_taken_name(project, manager, golden_set):
    with pytest.raises(SetInvalid, match="already has") as refused:
        services.golden_set_create(project=project, name="support intents", by=manager, now=NOW)
    assert refused.value.field == "name"


@pytest.mark.parametrize("share", [-0.1, 1.0])
def test_golden_set_create_refuses_a_share_outside_0_1(project, manager, share):
    with pytest.raises(SetInvalid):
        services.golden_set_create(project=project, name="Other", test_share=share, by=manager, now=NOW)


def test_golden_gather_takes_settled_items_once(golden_set, gather, settle, queue):
    settle("Refund", "One")
    settle("Exchange", "Two")
    factories.item(queue, "Nobody answered this yet")
    assert gather(golden_set) == 2
    assert gather(golden_set) == 0
    assert Event.objects.get(verb="golden_set.gathered").payload == {"added": 2}


def test_golden_gather_leaves_out_ambiguous_and_foreign_items(golden_set, gather, queue, manager):
    torn = factories.item(queue, "Torn", state="settled", settled_at=NOW)
    factories.consensus(torn, "", state="ambiguous", confidence=0.5)
    foreign = factories.settled_item(factories.queue(factories.project("Other")), "Refund", "Elsewhere")
    assert gather(golden_set) == 0
    everything = Item.objects.filter(pk=foreign.pk)
    assert services.golden_gather(golden_set=golden_set, items=everything, by=manager, now=NOW) == 0


def test_golden_gather_takes_adjudicated_items(golden_set, gather, queue, adjudicator):
    item = factories.item(queue, "Decided", state="settled", settled_at=NOW)
    factories.adjudication(item, adjudicator, "Refund")
    factories.consensus(item, "Refund", state="adjudicated", confidence=1.0)
    assert gather(golden_set) == 1


def _simulated_votes(settle, queue, adjudicator):
    settle("Refund", "By machine", source="simulated")


def _simulated_decision(settle, queue, adjudicator):
    item = settle("Refund", "Decided by machine")
    factories.adjudication(item, adjudicator, "Refund", is_simulated=True)


def _synthetic_trace(settle, queue, adjudicator):
    settle("Refund", trace=factories.trace(queue.project, "Made up", origin="synthetic"))


@pytest.mark.parametrize("make", [_simulated_votes, _simulated_decision, _synthetic_trace])
@pytest.mark.parametrize(("allowed", "expected"), [(False, 0), (True, 1)])
def test_golden_gather_takes_simulated_items_only_where_allowed(
    project, manager, gather, settle, queue, adjudicator, make, allowed, expected
):
    golden_set = services.golden_set_create(
        project=project, name="Mixed", allows_simulated=allowed, by=manager, now=NOW
    )
    make(settle, queue, adjudicator)
    assert gather(golden_set) == expected


def test_items_gatherable_filters(golden_set, settle, project):
    refund = settle("Refund", "One", confidence=0.91)
    exchange = settle("Exchange", "Two", confidence=0.99, settled_at=NOW + timedelta(days=2))
    other = factories.settled_item(factories.queue(project, "Other"), "Refund", "Three", confidence=0.95)

    def found(**fields):
        return set(items_gatherable(golden_set=golden_set, wanted=GatherFilter(**fields)))

    assert found() == {refund, exchange, other}
    assert found(label="Refund") == {refund, other}
    assert found(queue=other.queue) == {other}
    assert found(min_confidence=0.95) == {exchange, other}
    assert found(since=NOW + timedelta(days=1)) == {exchange}


def test_golden_member_drop_leaves_frozen_versions_alone(golden_set, freeze, settle, manager):
    item = settle("Refund", "One")
    version = freeze(golden_set)
    assert services.golden_member_drop(golden_set=golden_set, item_id=item.pk, by=manager, now=NOW)
    assert not services.golden_member_drop(golden_set=golden_set, item_id=item.pk, by=manager, now=NOW)
    assert version.items.count() == 1
