"""What an answer is judged by is what stands once its item is locked, also where it had to wait for the lock."""

import pytest
from django.db import transaction

from apps.consensus.models import Consensus
from apps.consensus.services import FACTS, consensus_update
from apps.queues.models import Item
from apps.queues.services import review_enter
from tests import factories
from tests.beside import beside

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_answer_that_was_committed_meanwhile_is_among_the_facts(project):
    queue = factories.queue(project, overlap_min=3, overlap_max=3)
    item, (first, second) = factories.item(queue), [factories.member(project) for _ in range(2)]
    review = factories.review(item, second, state="leased")
    failures, seen = [], []

    def enter():
        with transaction.atomic():
            seen.append(review_enter(reviewer=second, queue_id=queue.pk, review_id=review.pk, beside=FACTS)[1])

    with transaction.atomic():
        locked = Item.objects.select_for_update().get()
        thread = beside(enter, failures)  # its statement began before the answer that follows
        given = factories.annotation(locked, first, "Refund")
        consensus_update(item=locked, now=factories.NOW)
    thread.join(timeout=60)
    assert failures == []
    (facts,) = seen
    assert [each.id for each in facts.given] == [given.pk]
    assert (facts.answers.live, facts.answers.submitted) == (0, 1)
    assert facts.consensus == Consensus.objects.get()
