"""What comes next, in which order and of how many, tells nothing of what others did with items that one may still get.

Two queues of one shape, one untouched, one that others work in: whoever works through both gets the same replies.
"""

import random

import pytest
from django.urls import reverse

from apps.labeling.models import Draft, Suggestion
from apps.labeling.threads import thread_ask
from apps.queues.models import Review
from apps.workbench import services
from tests import factories
from tests.factories import NOW
from tests.workbench.test_assistance import never_control, queue_of
from tests.workbench.test_blindness import CONFIG, HTMX, look, result
from tests.workbench.test_blindness_roles import steady

__all__ = ["never_control"]  # a fixture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("never_control")]

N_ITEMS = 6


class World:
    """A queue, somebody who works in it, and others who may. Enough answers are wanted that each item stays open."""

    def __init__(self, client, policy):
        self.client, self.policy = client, policy
        config = CONFIG if policy == "none" else None
        project = factories.project(name="One of two", **({"config": config} if config else {}))
        self.queue = queue_of(project, policy, overlap_min=5, overlap_max=7)
        self.me = factories.member(project, name="Quillfeather")
        self.others = [factories.member(project, name=f"Other {n}") for n in range(3)]
        for place in range(N_ITEMS):
            trace = factories.trace(project, f"Message {place}.")
            guess = factories.prediction(trace, {"Refund": 0.7, "Exchange": 0.3})
            fields = {"sort_key": -float(place), "open_slots": 5, "wanted": 5, "enqueued_at": NOW}
            factories.item(self.queue, trace=trace, prediction=guess, **fields)

    def do(self, name, *args, method="post", **data):
        address = reverse(f"workbench:{name}", args=[self.queue.pk, *args])
        return steady(look(self.client, self.me, name, method, address, data, **HTMX))

    def page(self, name, *args):
        return steady(look(self.client, self.me, name, "get", reverse(f"workbench:{name}", args=args)))

    def around(self):
        """What stands around an item: the start page, the count of what is left, what one did."""
        return [self.page("home"), self.do("tally", method="get"), self.do("history", method="get")]

    def other(self, number, label=None):
        """Another person takes his next item and answers it, or keeps it with a draft and a question."""
        person = self.others[number]
        review = services.claim_next(queue=self.queue, reviewer=person, now=NOW, rng=random.Random(1))
        if label is None:
            Draft.objects.create(
                item=review.item, reviewer=person, fields={}, schema=review.item.schema, updated_at=NOW
            )
            thread_ask(item=review.item, asker=person, text="Which is it?", now=NOW)
            return
        given = result(label, "mine") if self.policy == "none" else factories.choices_result(label)
        services.answer_submit(
            review_id=review.pk, reviewer=person, token=review.token, result=given, duration_ms=900, now=NOW
        )


def worked_through(world, *, busy):
    """Every reply on the way through the whole queue, while others answer before, between and otherwise."""
    seen = world.around()
    for place in range(N_ITEMS + 1):
        if busy and place in (0, 1, 3):
            world.other(0, "Refund")
            world.other(1, "Exchange" if place else "Refund")
        if busy and place == 2:
            world.other(2)
        seen += [world.do("claim"), world.page("queue", world.queue.pk), *world.around()]
        review = Review.objects.filter(item__queue=world.queue, reviewer=world.me, state="leased").first()
        if review is not None:
            seen.append(world.do("answer", review.pk, token=review.token, **{"answer.intent": "Refund"}))
    return seen


def test_the_way_through_a_queue_is_the_same_whatever_others_answered(client):
    untouched, busy = (worked_through(World(client, "none"), busy=is_busy) for is_busy in (False, True))
    assert [sum(f"Message {place}." in each for each in untouched) > 0 for place in range(N_ITEMS)] == [True] * N_ITEMS
    assert [n for n, pair in enumerate(zip(untouched, busy, strict=True)) if pair[0] != pair[1]] == []


def test_a_grid_is_the_same_whatever_others_answered(client):
    def grid(*, busy):
        world = World(client, "pre_annotated")
        for number in (0, 1) if busy else ():
            for label in ("Refund", "Exchange", "Refund"):
                world.other(number, label)
        return [world.do("batch_take"), world.page("batch", world.queue.pk), *world.around()]

    untouched, busy = grid(busy=False), grid(busy=True)
    assert Suggestion.objects.filter(result__isnull=False).count() > N_ITEMS
    assert all(f"Message {place}." in untouched[0] for place in range(N_ITEMS))
    assert [n for n, pair in enumerate(zip(untouched, busy, strict=True)) if pair[0] != pair[1]] == []


def test_what_has_its_number_of_answers_is_no_longer_offered(client):
    """That much the rule of the queue itself implies, and the docs say so: the eyes above would see a difference."""
    world = World(client, "none")
    before = world.around()
    item = world.queue.items.order_by("-sort_key").first()
    item.__class__.objects.filter(pk=item.pk).update(open_slots=0, state="settled", settled_at=NOW)
    assert world.around() != before
    world.do("claim")
    assert Review.objects.get(reviewer=world.me).item != item
