"""Labels change in mid-project: waiting items take them on, open leases finish, old answers are mapped."""

import random

import pytest

from apps.consensus.models import Consensus
from apps.projects.services import schema_publish
from apps.queues.models import Item
from apps.workbench import services
from tests import factories
from tests.factories import NOW, choices_config, choices_result

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue(project):
    return factories.queue(project, overlap_min=2, overlap_max=2, consensus_method="majority")


@pytest.fixture
def people(project):
    return [factories.member(project) for _ in range(3)]


def claim(queue, person):
    return services.claim_next(queue=queue, reviewer=person, now=NOW, rng=random.Random(1))


def answer(review, label):
    return services.answer_submit(
        review_id=review.pk,
        reviewer=review.reviewer,
        token=review.token,
        result=choices_result(label),
        duration_ms=1,
        now=NOW,
    )


def publish(project, manager, labels, label_map=None):
    return schema_publish(
        project=project,
        config=choices_config(labels),
        mapping={"message": "input"},
        label_map=label_map or {},
        by=manager,
        now=NOW,
    )


def test_waiting_item_takes_on_an_added_label_when_it_is_claimed(queue, project, people, manager):
    item = factories.item(queue)
    new = publish(project, manager, ["Refund", "Exchange", "Order status", "Complaint"])
    review = claim(queue, people[0])
    assert review.item.schema == new
    answer(review, "Complaint")
    item.refresh_from_db()
    assert item.schema == new


def test_open_lease_finishes_under_the_version_it_began_with(queue, project, people, manager):
    old = factories.item(queue).schema
    review = claim(queue, people[0])
    publish(project, manager, ["Money back", "Exchange", "Order status"], {"Refund": "Money back"})
    second = claim(queue, people[1])
    assert second.item.schema == old  # the first one still holds it
    annotation = answer(review, "Refund")
    assert (annotation.schema, annotation.label) == (old, "Refund")


def test_old_answers_count_under_their_new_names(queue, project, people, manager):
    item = factories.item(queue)
    answer(claim(queue, people[0]), "Refund")
    new = publish(project, manager, ["Money back", "Exchange", "Order status"], {"Refund": "Money back"})
    review = claim(queue, people[1])
    assert review.item.schema == new
    answer(review, "Money back")
    consensus = Consensus.objects.get(item=item)
    assert (consensus.state, consensus.label, consensus.confidence) == ("settled", "Money back", 1.0)
    assert consensus.result[0]["value"]["choices"] == ["Money back"]


def test_merged_labels_agree(queue, project, people, manager):
    item = factories.item(queue)
    answer(claim(queue, people[0]), "Exchange")
    publish(project, manager, ["Goods", "Order status"], {"Refund": "Goods", "Exchange": "Goods"})
    answer(claim(queue, people[1]), "Goods")
    assert Consensus.objects.get(item=item).label == "Goods"
    assert Item.objects.get().state == "settled"


def test_item_that_the_new_mapping_cannot_show_keeps_its_version(queue, project, people, manager):
    old = factories.item(queue).schema
    schema_publish(
        project=project,
        config=choices_config(),
        mapping={"message": "output"},  # these traces have no output
        label_map={},
        by=manager,
        now=NOW,
    )
    assert claim(queue, people[0]).item.schema == old
