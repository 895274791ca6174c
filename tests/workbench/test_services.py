"""Answer, undo, adjudicate: each one transaction over the floors."""

import random
from datetime import timedelta

import pytest

from apps.consensus.models import Consensus
from apps.core.errors import Conflict, NotAllowed
from apps.labeling.errors import AnswerInvalid
from apps.labeling.models import Annotation, Draft
from apps.labeling.services import draft_save
from apps.queues import services as queues
from apps.queues.errors import StaleLease
from apps.queues.models import Item, Review
from apps.workbench import services
from tests import factories
from tests.factories import NOW, choices_result

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue(project):
    return factories.queue(project, overlap_min=2, overlap_max=3, consensus_method="majority")


@pytest.fixture
def people(project):
    return [factories.member(project, name=f"Reviewer {n}") for n in range(4)]


def claim(queue, person, now=NOW):
    return services.claim_next(queue=queue, reviewer=person, now=now, rng=random.Random(1))


def answer(queue, person, label, *, now=NOW, **fields):
    review = claim(queue, person, now)
    return services.answer_submit(
        review_id=review.pk,
        reviewer=person,
        token=review.token,
        result=choices_result(label),
        duration_ms=1200,
        now=now,
        **fields,
    )


def test_two_equal_answers_settle(queue, people):
    item = factories.item(queue)
    answer(queue, people[0], "Refund")
    item.refresh_from_db()
    assert item.state == "open"
    answer(queue, people[1], "Refund")
    item.refresh_from_db()
    consensus = Consensus.objects.get(item=item)
    assert (item.state, consensus.state, consensus.label, consensus.confidence) == ("settled", "settled", "Refund", 1.0)
    assert claim(queue, people[2]) is None


def test_two_different_answers_ask_for_a_third_then_adjudication(queue, people):
    item = factories.item(queue)
    answer(queue, people[0], "Refund")
    answer(queue, people[1], "Exchange")
    item.refresh_from_db()
    assert (item.state, item.wanted, item.open_slots) == ("open", 3, 1)
    answer(queue, people[2], "Refund")  # two of three is 0.67, below 0.9
    item.refresh_from_db()
    assert item.state == "adjudication"
    assert "3 answers, the limit" in item.adjudication_reason


def test_dawid_skene_settles_two_of_three(project, people):
    queue = factories.queue(project, overlap_min=2, overlap_max=3, consensus_method="dawid_skene")
    item = factories.item(queue)
    for person, label in zip(people, ["Refund", "Exchange", "Refund"], strict=False):
        answer(queue, person, label)
    item.refresh_from_db()
    consensus = Consensus.objects.get(item=item)
    # Three classes, accuracy .8 each, mistakes .1: .8*.8*.1 against .1*.1*.8 and .1*.1*.1, of .073 in all.
    assert consensus.confidence == pytest.approx(0.064 / 0.073)
    assert consensus.label == "Refund"
    assert item.state == "adjudication"  # .877 is below .9


def test_answer_submit_again_gives_the_same_annotation(queue, people):
    factories.item(queue)
    review = claim(queue, people[0])
    fields = {"review_id": review.pk, "reviewer": people[0], "token": review.token, "duration_ms": 5, "now": NOW}
    first = services.answer_submit(result=choices_result("Refund"), **fields)
    assert services.answer_submit(result=choices_result("Refund"), **fields) == first
    with pytest.raises(Conflict):
        services.answer_submit(result=choices_result("Exchange"), **fields)
    assert Annotation.objects.count() == 1


def test_answer_submit_refuses_what_does_not_fit_and_changes_nothing(queue, people):
    factories.item(queue)
    review = claim(queue, people[0])
    with pytest.raises(AnswerInvalid):
        services.answer_submit(
            review_id=review.pk, reviewer=people[0], token=review.token, result=[], duration_ms=5, now=NOW
        )
    review.refresh_from_db()
    assert review.state == Review.State.LEASED


def test_late_answer_is_kept_out_when_the_slot_is_gone(project, people):
    queue = factories.queue(project, overlap_min=1, overlap_max=1, settle_threshold=0.5, consensus_method="majority")
    item = factories.item(queue)
    review = claim(queue, people[0])
    draft_save(item=item, reviewer=people[0], fields={"c-intent": ["Refund"]}, now=NOW)
    later = review.expires_at + timedelta(seconds=1)
    answer(queue, people[1], "Refund", now=later)
    with pytest.raises(StaleLease):
        services.answer_submit(
            review_id=review.pk,
            reviewer=people[0],
            token=review.token,
            result=choices_result("Refund"),
            duration_ms=5,
            now=later,
        )
    assert Draft.objects.filter(item=item, reviewer=people[0]).exists()


def test_running_lease_is_honoured_when_the_item_settles(project, people):
    queue = factories.queue(project, overlap_min=1, overlap_max=3, settle_threshold=0.5, consensus_method="majority")
    item = factories.item(queue, wanted=2, open_slots=2)
    held = claim(queue, people[0])
    answer(queue, people[1], "Refund")
    item.refresh_from_db()
    assert item.state == "settled"
    services.answer_submit(
        review_id=held.pk,
        reviewer=people[0],
        token=held.token,
        result=choices_result("Exchange"),
        duration_ms=5,
        now=NOW,
    )
    consensus = Consensus.objects.get(item=item)
    assert (consensus.state, consensus.label, consensus.confidence) == ("settled", "Refund", 0.5)
    assert consensus.n_annotations == 2


def test_answer_undo_gives_the_same_item_back_to_the_same_person(queue, people):
    item = factories.item(queue)
    factories.item(queue)
    answer(queue, people[0], "Refund")
    answer(queue, people[1], "Refund")
    following = claim(queue, people[1])
    back = services.answer_undo(reviewer=people[1], queue=queue, now=NOW)
    item.refresh_from_db()
    following.refresh_from_db()
    assert (back.item_id, back.state, item.state, item.open_slots) == (item.pk, "leased", "open", 0)
    assert following.state == Review.State.EXPIRED
    assert claim(queue, people[1]) == back
    assert Consensus.objects.get(item=item).state == "unsettled"
    answer(queue, people[1], "Exchange")
    assert set(item.annotations.values_list("label", "status")) == {
        ("Refund", "current"),
        ("Refund", "withdrawn"),
        ("Exchange", "current"),
    }


def test_answer_undo_steps_back_one_by_one_and_then_refuses(queue, people):
    for n in range(2):
        factories.item(queue, sort_key=float(n))
    answer(queue, people[0], "Refund")
    answer(queue, people[0], "Refund")
    first = services.answer_undo(reviewer=people[0], queue=queue, now=NOW)
    second = services.answer_undo(reviewer=people[0], queue=queue, now=NOW)
    assert first.item_id != second.item_id
    with pytest.raises(Conflict):
        services.answer_undo(reviewer=people[0], queue=queue, now=NOW)


def test_adjudicate_settles_and_only_its_adjudicator_undoes(queue, people, adjudicator, project):
    item = factories.item(queue)
    for person, label in zip(people, ["Refund", "Exchange", "Order status"], strict=False):
        answer(queue, person, label)
    services.adjudicate(
        item_id=item.pk,
        adjudicator=adjudicator,
        decision="label",
        result=choices_result("Exchange"),
        reason="ends with another size",
        now=NOW,
    )
    consensus = Consensus.objects.get(item=item)
    item.refresh_from_db()
    assert (item.state, consensus.state, consensus.label, consensus.method) == (
        "settled",
        "adjudicated",
        "Exchange",
        "adjudication",
    )
    other = factories.member(project, "adjudicator")
    with pytest.raises(Conflict):
        services.adjudication_undo(adjudicator=other, queue=queue, now=NOW)
    services.adjudication_undo(adjudicator=adjudicator, queue=queue, now=NOW)
    item.refresh_from_db()
    assert item.state == "adjudication"


def test_adjudicate_refuses_who_has_answered(queue, people, adjudicator, manager):
    queues.members_set(queue=queue, user_ids=[adjudicator.pk], by=manager)
    item = factories.item(queue)
    for person, label in zip([adjudicator, *people], ["Refund", "Exchange", "Order status"], strict=False):
        answer(queue, person, label)
    with pytest.raises(NotAllowed):
        services.adjudicate(item_id=item.pk, adjudicator=adjudicator, decision="ambiguous", now=NOW)


def test_adjudicate_sends_back_for_more_answers(queue, people, adjudicator):
    item = factories.item(queue)
    for person, label in zip(people, ["Refund", "Exchange", "Order status"], strict=False):
        answer(queue, person, label)
    services.adjudicate(item_id=item.pk, adjudicator=adjudicator, decision="sent_back", reason="look again", now=NOW)
    item.refresh_from_db()
    assert (item.state, item.wanted, item.open_slots) == ("open", 5, 2)
    assert claim(queue, people[3]).item == item


@pytest.mark.parametrize("had_it", [False, True])
def test_who_sent_an_item_back_never_gets_it_as_a_reviewer(queue, people, adjudicator, manager, had_it):
    queues.members_set(queue=queue, user_ids=[adjudicator.pk], by=manager)
    factories.item(queue)
    if had_it:
        lease = claim(queue, adjudicator)
        queues.review_release(review=lease, token=lease.token)
    for person, label in zip(people, ["Refund", "Exchange", "Order status"], strict=False):
        answer(queue, person, label)
    item = Item.objects.get()
    services.adjudicate(item_id=item.pk, adjudicator=adjudicator, decision="sent_back", now=NOW)
    assert claim(queue, adjudicator) is None
    assert claim(queue, people[3]).item == item


def test_adjudicate_ambiguous_gives_no_hard_label(queue, people, adjudicator):
    item = factories.item(queue)
    for person, label in zip(people, ["Refund", "Exchange", "Order status"], strict=False):
        answer(queue, person, label)
    services.adjudicate(item_id=item.pk, adjudicator=adjudicator, decision="ambiguous", now=NOW)
    consensus = Consensus.objects.get(item=item)
    assert (consensus.state, consensus.label) == ("ambiguous", "")


def test_answer_to_adjudicator(queue, people):
    item = factories.item(queue)
    review = claim(queue, people[0])
    services.answer_to_adjudicator(
        review_id=review.pk, reviewer=people[0], token=review.token, note="is this spam?", now=NOW
    )
    item.refresh_from_db()
    assert (item.state, item.adjudication_reason) == ("adjudication", "a reviewer asks: is this spam?")


def test_escalation_is_answered_and_corrected(queue, people, project, adjudicator):
    trace = factories.trace(project)
    escalation = factories.escalation(trace, factories.reason(project), deadline_at=NOW + timedelta(minutes=5))
    item = queues.item_escalate(escalation=escalation, now=NOW)
    assert (item.severity, item.due_at) == (3, escalation.deadline_at)
    answer(queue, people[0], "Refund")
    answer(queue, people[1], "Refund")
    escalation.refresh_from_db()
    assert (escalation.state, escalation.answer["label"]) == ("answered", "Refund")
    assert escalation.answer_ready_at == NOW + timedelta(seconds=60)  # a fifth of five minutes
    later = NOW + timedelta(minutes=2)
    services.answer_undo(reviewer=people[1], queue=queue, now=later)
    answer(queue, people[1], "Exchange", now=later)
    answer(queue, people[2], "Exchange", now=later)
    services.adjudicate(
        item_id=item.pk,
        adjudicator=adjudicator,
        decision="label",
        result=choices_result("Exchange"),
        now=later,
    )
    escalation.refresh_from_db()
    assert (escalation.state, escalation.answer["label"], escalation.revision) == ("corrected", "Exchange", 2)


def test_simulated_answers_are_counted_as_such(queue, people):
    item = factories.item(queue)
    answer(queue, people[0], "Refund", source="simulated")
    answer(queue, people[1], "Refund")
    assert Consensus.objects.get(item=item).n_simulated == 1


def test_answer_submit_does_not_reach_another_persons_review(queue, people):
    factories.item(queue)
    review = claim(queue, people[0])
    with pytest.raises(Review.DoesNotExist):
        services.answer_submit(
            review_id=review.pk,
            reviewer=people[1],
            token=review.token,
            result=choices_result("Refund"),
            duration_ms=5,
            now=NOW,
        )
    assert Item.objects.get().annotations.count() == 0
