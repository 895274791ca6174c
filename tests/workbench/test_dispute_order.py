"""The adjudicator's queue: hardest first, narrowed, and cheap however long it is."""

from datetime import timedelta

import pytest

from apps.consensus.algorithms.doubt import doubt_bits, labels_running
from apps.consensus.services import disputes_judge
from apps.queues.models import Item
from apps.queues.selectors import Narrowing, items_to_adjudicate
from apps.queues.services import item_to_adjudication
from apps.workbench import services
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("posterior", "confidence", "bits"),
    [
        ({"a": 1.0}, 1.0, 0.0),
        ({"a": 0.5, "b": 0.5}, 0.5, 1.0),
        ({"a": 0.25, "b": 0.25, "c": 0.25, "d": 0.25}, 0.25, 2.0),
        ({"a": 0.9, "b": 0.1}, 0.9, 0.5),  # .9 * .152 + .1 * 3.322 = .469
        ({"a": 1.0}, 0.4, 0.6),  # another question of the same item is the open one
        ({}, 0.3, 0.7),  # no posterior: 1 - .3
    ],
)
def test_doubt_is_the_entropy_in_tenths_of_a_bit(posterior, confidence, bits):
    assert doubt_bits(posterior, confidence=confidence) == bits


def test_labels_running_are_those_that_may_still_win():
    assert labels_running({"c": 0.04, "b": 0.46, "a": 0.5}) == ("a", "b")


def disputed(queue, *labels, **fields):
    return factories.disputed_item(queue, labels=labels, **fields)


def order(queue, user, **narrowed):
    return list(items_to_adjudicate(queue=queue, user=user, narrowed=Narrowing(**narrowed)))


def test_hardest_first_then_due_then_severe_then_old(project, queue, adjudicator):
    sure = disputed(queue, "Refund", "Refund", "Refund", "Exchange")
    hard = disputed(queue, "Refund", "Exchange", "Order status")
    tie = {"enqueued_at": NOW - timedelta(hours=1)}
    old, young = disputed(queue, "Refund", "Exchange", **tie), disputed(queue, "Refund", "Exchange")
    severe = disputed(queue, "Refund", "Exchange", severity=3)
    due = disputed(queue, "Refund", "Exchange", due_at=NOW)
    assert order(queue, adjudicator) == [hard, due, severe, old, young, sure]
    assert order(queue, adjudicator, order="due")[:2] == [due, hard]


def test_narrowed_by_reason_and_by_label(project, queue, adjudicator):
    one = disputed(queue, "Refund", "Exchange")
    asked = disputed(queue, "Refund", "Order status", kind="asked")
    assert order(queue, adjudicator, kind="asked") == [asked]
    assert order(queue, adjudicator, label="Exchange") == [one]
    assert set(order(queue, adjudicator, label="Refund")) == {one, asked}
    assert order(queue, adjudicator, kind="asked", label="Exchange") == []


def answer(queue, reviewer, label):
    review = services.claim_next(queue=queue, reviewer=reviewer, now=NOW)
    result = factories.choices_result(label, control="intent", target="message")
    return services.answer_submit(
        review_id=review.pk, reviewer=reviewer, token=review.token, result=result, duration_ms=9, now=NOW
    )


def test_an_answer_that_leaves_doubt_says_how_much(project, queue):
    first, second = factories.member(project), factories.member(project)
    factories.member(project)
    item = factories.item(queue)
    answer(queue, first, "Refund")
    answer(queue, second, "Exchange")
    item.refresh_from_db()
    assert (item.state, item.dispute_kind, item.doubt) == ("adjudication", "split", 1.0)
    assert item.dispute_labels == ["Exchange", "Refund"]


def test_a_late_answer_changes_the_doubt_of_a_disputed_item(project, queue):
    people = [factories.member(project) for _ in range(3)]
    item = factories.item(queue, wanted=3, wanted_max=3, open_slots=3)
    late = services.claim_next(queue=queue, reviewer=people[2], now=NOW)
    for person, label in zip(people, ("Refund", "Exchange"), strict=False):
        answer(queue, person, label)
    item.refresh_from_db()
    item_to_adjudication(item=item, reason="asked", kind="asked")
    result = factories.choices_result("Refund", control="intent", target="message")
    services.answer_submit(
        review_id=late.pk, reviewer=people[2], token=late.token, result=result, duration_ms=9, now=NOW
    )
    item.refresh_from_db()
    assert (item.state, item.dispute_kind, item.doubt) == ("adjudication", "asked", 0.9)  # 2/3 against 1/3: .918


def test_what_nobody_can_answer_any_more_is_judged(project, queue):
    first, last = factories.member(project), factories.member(project)
    item = factories.item(queue)
    answer(queue, first, "Refund")
    review = services.claim_next(queue=queue, reviewer=last, now=NOW)
    services.answer_skip(review=review, token=review.token, reason="I cannot tell")
    item.refresh_from_db()
    assert (item.state, item.dispute_kind, item.doubt) == ("adjudication", "nobody_left", 0.0)


def test_the_periodic_look_judges_what_became_disputed_without_an_answer(queue):
    item = disputed(queue, "Refund", "Exchange")
    Item.objects.filter(pk=item.pk).update(doubt=None, dispute_labels=[])
    assert disputes_judge() == 1
    item.refresh_from_db()
    assert (item.doubt, item.dispute_labels) == (1.0, ["Exchange", "Refund"])
    assert disputes_judge() == 0


@pytest.mark.parametrize(
    ("narrowed", "index"),
    [
        ({}, "item_disputed_hardest"),
        ({"kind": "asked"}, "item_disputed_kind"),
        ({"order": "due"}, "item_disputed_due"),
    ],
)
def test_the_next_item_comes_off_an_index(queue, adjudicator, narrowed, index):
    template = disputed(queue, "Refund", "Exchange")
    factories.item_copies(template, 5000, doubt="n %% 20 / 10.0")
    plan = items_to_adjudicate(queue=queue, user=adjudicator, narrowed=Narrowing(**narrowed))[:1].explain()
    assert index in plan
    assert "Sort" not in plan
