"""Further answers are asked of those at work whose answers tell most, for a while."""

import random
from datetime import timedelta

import pytest

from apps.consensus.models import QualityFit, ReviewerQuality
from apps.queues import services as queues
from apps.queues.models import Review
from apps.workbench import services
from tests import factories
from tests.factories import NOW, choices_result
from tests.factories.projects import LABELS

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue(project):
    return factories.queue(project, overlap_min=2, overlap_max=5, settle_threshold=0.97, asks_best=True)


@pytest.fixture
def people(project):
    return [factories.member(project, name=f"Reviewer {n}") for n in range(5)]


def matrix(accuracy):
    wrong = (1 - accuracy) / (len(LABELS) - 1)
    return [[accuracy if row == column else wrong for column in range(len(LABELS))] for row in range(len(LABELS))]


def fit(queue, skills):
    made = QualityFit.objects.create(
        queue=queue,
        labels=list(LABELS),
        prior=[1 / len(LABELS)] * len(LABELS),
        pooled_accuracy=0.8,
        n_items=100,
        n_annotations=300,
        converged=True,
        created_at=NOW,
    )
    for person, accuracy in skills.items():
        ReviewerQuality.objects.create(
            fit=made,
            reviewer=person,
            confusion=matrix(accuracy),
            accuracy=accuracy,
            accuracy_low=accuracy,
            accuracy_high=accuracy,
            n_annotations=60,
        )


def at_work(queue, person, when=NOW):
    """Somebody who has just answered something else in the queue."""
    done = factories.item(queue, state="settled", settled_at=when)
    factories.review(done, person, submitted_at=when, leased_at=when)


def claim(queue, person, now=NOW):
    return services.claim_next(queue=queue, reviewer=person, now=now, rng=random.Random(1))


def answer(queue, person, label, now=NOW):
    review = claim(queue, person, now)
    services.answer_submit(
        review_id=review.pk, reviewer=person, token=review.token, result=choices_result(label), duration_ms=9, now=now
    )
    return review.item


def disputed(queue, people):
    """One item, on which the first two disagree."""
    item = factories.item(queue, "Which one?")
    answer(queue, people[0], LABELS[0])
    answer(queue, people[1], LABELS[1])
    item.refresh_from_db()
    assert item.state == "open"
    return item


def test_item_waits_for_the_best_at_work_and_then_for_everybody(queue, people):
    fit(queue, dict(zip(people, [0.6, 0.6, 0.55, 0.95, 0.99], strict=True)))
    for person in people[2:4]:  # the best of all is not here
        at_work(queue, person)
    item = disputed(queue, people)
    assert (item.reserved_for, item.reserved_until) == (people[3], NOW + timedelta(minutes=10))
    assert claim(queue, people[2]) is None
    assert queues.asked_end(now=NOW + timedelta(minutes=9)) == 0
    assert queues.asked_end(now=NOW + timedelta(minutes=10)) == 1
    assert queues.asked_end(now=NOW + timedelta(minutes=10)) == 0
    assert claim(queue, people[2], NOW + timedelta(minutes=10)).item == item


def test_the_one_who_is_asked_gets_it_next_and_a_skip_frees_it(queue, people):
    fit(queue, dict(zip(people, [0.6, 0.6, 0.55, 0.95, 0.99], strict=True)))
    for person in people[2:4]:
        at_work(queue, person)
    item = disputed(queue, people)
    factories.item(queue, "Another", sort_key=item.sort_key + 100)
    review = claim(queue, people[3])
    assert (review.item, review.lane) == (item, "reserved")
    services.answer_skip(review=review, token=review.token, reason="I cannot tell")
    assert Review.objects.get(pk=review.pk).state == "skipped"
    item.refresh_from_db()
    assert item.reserved_for is None
    found = {claim(queue, people[2]).item_id}
    answer(queue, people[2], LABELS[0])
    assert item.pk in found | {claim(queue, people[2]).item_id}


@pytest.mark.parametrize(
    "why", ["not switched on", "no fit", "all alike", "a deadline", "nobody at work", "paused", "was here long ago"]
)
def test_everybody_may_take_it(queue, people, why):
    now = NOW
    if why == "not switched on":
        type(queue).objects.filter(pk=queue.pk).update(asks_best=False)
    if why != "no fit":
        best = 0.56 if why == "all alike" else 0.95
        fit(queue, dict(zip(people, [0.6, 0.6, 0.55, best, 0.55], strict=True)))
    if why != "nobody at work":
        for person in people[2:4]:
            at_work(queue, person, NOW - timedelta(minutes=11) if why == "was here long ago" else NOW)
    if why == "paused":
        queues.reviewer_pause(queue=queue, reviewer=people[3], reason="A look first.", by=people[4], now=NOW)
    queue.refresh_from_db()
    item = factories.item(queue, "Which one?", due_at=NOW + timedelta(days=1) if why == "a deadline" else None)
    answer(queue, people[0], LABELS[0])
    answer(queue, people[1], LABELS[1])
    item.refresh_from_db()
    assert (item.state, item.reserved_for) == ("open", None)
    assert claim(queue, people[2], now).item == item


def test_first_answers_are_everybodys(queue, people):
    fit(queue, dict(zip(people, [0.6, 0.6, 0.55, 0.95, 0.99], strict=True)))
    for person in people[2:4]:
        at_work(queue, person)
    item = factories.item(queue, "Which one?")
    answer(queue, people[0], LABELS[0])
    item.refresh_from_db()
    assert (item.open_slots, item.reserved_for) == (1, None)


def test_handing_an_item_to_somebody_lasts(queue, people, project):
    manager = factories.member(project, "manager")
    item = factories.item(queue, "Which one?")
    queues.item_hand_to(item_id=item.pk, user=people[0], by=manager)
    assert queues.asked_end(now=NOW + timedelta(days=1)) == 0
    item.refresh_from_db()
    assert item.reserved_for == people[0]
