"""Items that others have locked at the moment are passed over, however many; they are not "nothing left"."""

import contextlib
import random

import pytest
from django.db import connection
from django.utils import timezone

from apps.queues.models import Item
from apps.queues.services import review_claim
from tests import factories


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("n_locked", [1, 16, 40])
def test_a_claim_finds_the_first_item_behind_all_that_are_locked(n_locked):
    project = factories.project()
    queue, person = factories.queue(project), factories.member(project)
    items = [factories.item(queue, sort_key=float(-n)) for n in range(n_locked + 1)]
    with contextlib.closing(connection.copy()) as other:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            ids = [item.pk for item in items[:-1]]
            cursor.execute("SELECT id FROM queues_item WHERE id = ANY(%s) FOR UPDATE", [ids])
            assert len(cursor.fetchall()) == n_locked
        review = review_claim(queue=queue, reviewer=person, now=timezone.now(), rng=random.Random(1))
        other.rollback()
    assert review is not None
    assert review.item_id == items[-1].pk
    assert Item.objects.get(pk=items[-1].pk).open_slots == items[-1].open_slots - 1
