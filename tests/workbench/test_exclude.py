"""A person's answers are left out, and put back: every item they touch follows."""

from datetime import timedelta

import pytest

from apps.consensus.models import Consensus, ConsensusProposal
from apps.consensus.services import quality_fit
from apps.consensus.services.exclusions import exclusions_unfinished, items_to_recompute
from apps.consensus.services.proposals import proposal_apply
from apps.core.errors import Conflict, InvalidInput
from apps.queues import services as queues
from apps.queues.errors import ReviewerHeld, StaleLease
from apps.queues.models import Item, Review, ReviewerExclusion
from apps.workbench import services
from apps.workbench.services_exclude import exclusion_recompute, reviewer_exclude, reviewer_include
from apps.workbench.services_revise import stand_again
from tests import factories
from tests.factories import NOW, choices_result

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=1)
MUCH_LATER = NOW + timedelta(hours=2)
# What the three give and what the fourth, who answers by chance, gives; "" is no answer.
GIVEN = [
    (("Refund", "", ""), "Exchange"),  # waits for a third because of him
    (("Refund", "", ""), "Refund"),  # settled because of him
    (("Refund", "Refund", ""), "Exchange"),  # held open by him
    (("Refund", "Exchange", ""), "Exchange"),
    (("Refund", "Exchange", ""), "Order status"),  # disputed, by him too
    (("Refund", "Refund", "Refund"), "Exchange"),
    (("", "", ""), "Refund"),  # his alone
    (("Exchange", "Exchange", ""), ""),  # none of his
]


@pytest.fixture
def people(project):
    return [factories.member(project, name=f"Reviewer {n}") for n in range(6)]


@pytest.fixture
def careless(project):
    return factories.member(project, name="Careless")


def stand(item, person):
    stand_again(queues.item_lock(item_id=item.pk), reviewer=person, now=NOW)


def filled(project, people, careless, *, method, with_him, rounds=4):
    """Some rounds of GIVEN (four are enough for a fit); each item as its answers leave it."""
    queue = factories.queue(project, consensus_method=method, overlap_min=2, overlap_max=3, settle_threshold=0.85)
    for _ in range(rounds):
        for three, his in GIVEN:
            item = factories.item(queue)
            stand(item, careless)
            for person, label in [(careless, his if with_him else ""), *zip(people, three, strict=False)]:
                if label:
                    factories.annotation(item, person, label)
                    stand(item, careless)
    if method == "dawid_skene":
        quality_fit(queue=queue, now=NOW)
        for item in queue.items.order_by("pk"):
            stand(item, careless)
    return queue


def standing(queue):
    """All that the answers decide about each item, in order."""
    rows = Item.objects.filter(queue=queue).order_by("pk").select_related("consensus")
    return [
        (
            (item.state, item.wanted if item.state == "open" else 0, item.open_slots, item.adjudication_reason),
            (item.consensus.state, item.consensus.label, item.consensus.n_annotations),
            {label: round(p, 6) for label, p in item.consensus.posterior.items()},
        )
        for item in rows
    ]


@pytest.mark.parametrize("method", ["majority", "dawid_skene"])
def test_recompute_after_leaving_a_reviewer_out_equals_never_having_had_him(project, people, careless, manager, method):
    queue = filled(project, people, careless, method=method, with_him=True)
    never = standing(filled(project, people, careless, method=method, with_him=False))
    before = standing(queue)
    settled = [row[0][0] == "settled" for row in before]
    reviewer_exclude(queue=queue, reviewer=careless, reason="By chance", by=manager, now=LATER)
    exclusion_recompute(queue=queue, reviewer=careless, now=LATER)
    after = standing(queue)
    # What was undecided stands in every respect as if he had never answered; of what had settled, the posterior does.
    assert [row for row, is_settled in zip(after, settled, strict=True) if not is_settled] == [
        row for row, is_settled in zip(never, settled, strict=True) if not is_settled
    ]
    touched = [bool(his) for _three, his in GIVEN] * 4  # the others' items are judged by the new fit when they change
    assert [row[2] for row, is_his in zip(after, touched, strict=True) if is_his] == [
        row[2] for row, is_his in zip(never, touched, strict=True) if is_his
    ]
    # Settled is sticky: label and state stay, and what would be otherwise now is proposed.
    was = [row for row, is_settled in zip(before, settled, strict=True) if is_settled]
    assert [row[0][0] for row in was] == ["settled"] * len(was)
    proposed = set(ConsensusProposal.objects.filter(exclusion__isnull=False).values_list("item", flat=True))
    for item, now_row, never_row, is_his in zip(queue.items.order_by("pk"), after, never, touched, strict=True):
        if now_row[0][0] == "settled" and is_his:
            assert (item.pk in proposed) == (never_row[1][:2] != now_row[1][:2])
    assert proposed
    # And put back, everything is as it was.
    reviewer_include(queue=queue, reviewer=careless, by=manager, now=MUCH_LATER)
    exclusion_recompute(queue=queue, reviewer=careless, now=MUCH_LATER)
    assert standing(queue) == before
    assert not ConsensusProposal.objects.filter(state="open", exclusion__isnull=False).exists()


def test_a_run_that_was_cut_off_is_taken_up(project, people, careless, manager):
    queue = filled(project, people, careless, method="majority", with_him=True, rounds=1)
    reviewer_exclude(queue=queue, reviewer=careless, reason="By chance", by=manager, now=LATER)
    waiting = items_to_recompute(queue=queue, reviewer=careless)
    n = waiting.count()
    assert n == 7
    Consensus.objects.filter(item=waiting[0]).update(updated_at=MUCH_LATER)
    assert exclusions_unfinished() == [(queue.pk, careless.pk)]
    assert exclusion_recompute(queue=queue, reviewer=careless, now=LATER) == n - 1
    assert exclusions_unfinished() == []
    assert exclusion_recompute(queue=queue, reviewer=careless, now=LATER) == 0


def test_what_an_adjudicator_decided_stays(project, people, careless, manager, adjudicator):
    queue = factories.queue(project, consensus_method="majority")
    item = factories.item(queue, state="settled", settled_at=NOW)
    factories.annotation(item, careless, "Exchange")
    factories.consensus(item, "Exchange", state="adjudicated", confidence=1.0)
    reviewer_exclude(queue=queue, reviewer=careless, reason="By chance", by=manager, now=LATER)
    exclusion_recompute(queue=queue, reviewer=careless, now=LATER)
    consensus = Consensus.objects.get(item=item)
    assert (consensus.state, consensus.label, consensus.confidence) == ("adjudicated", "Exchange", 1.0)
    assert consensus.posterior == {}
    assert not ConsensusProposal.objects.exists()


def test_a_followed_proposal_brings_the_item_back_for_others(project, people, careless, manager):
    queue = factories.queue(project, consensus_method="majority", overlap_min=2, overlap_max=3)
    item = factories.item(queue)
    for person in (people[0], careless):
        factories.annotation(item, person, "Refund")
    stand(item, careless)
    reviewer_exclude(queue=queue, reviewer=careless, reason="By chance", by=manager, now=LATER)
    exclusion_recompute(queue=queue, reviewer=careless, now=LATER)
    proposal = ConsensusProposal.objects.get()
    assert (proposal.label, proposal.n_annotations, proposal.exclusion.reviewer) == ("Refund", 1, careless)
    proposal_apply(proposal_id=proposal.pk, by=manager, now=LATER)
    item.refresh_from_db()
    assert (item.state, item.open_slots) == ("open", 1)
    assert services.claim_next(queue=queue, reviewer=people[1], now=LATER).item == item
    with pytest.raises(ReviewerHeld):
        services.claim_next(queue=queue, reviewer=careless, now=LATER)


def test_an_answer_that_comes_too_late_does_not_count(project, people, careless, manager):
    queue = factories.queue(project)
    factories.item(queue)
    review = services.claim_next(queue=queue, reviewer=careless, now=NOW)
    reviewer_exclude(queue=queue, reviewer=careless, reason="By chance", by=manager, now=LATER)
    with pytest.raises(StaleLease, match="kept as a draft"):
        services.answer_submit(
            review_id=review.pk,
            reviewer=careless,
            token=review.token,
            result=choices_result("Refund"),
            duration_ms=1,
            now=LATER,
        )
    assert Review.objects.get(pk=review.pk).state == "expired"


def test_a_reason_is_asked_for_and_twice_is_refused(project, people, careless, manager):
    queue = factories.queue(project)
    with pytest.raises(InvalidInput, match="Say why"):
        reviewer_exclude(queue=queue, reviewer=careless, reason="", by=manager, now=NOW)
    with pytest.raises(Conflict, match="not left out"):
        reviewer_include(queue=queue, reviewer=careless, by=manager, now=NOW)
    first = reviewer_exclude(queue=queue, reviewer=careless, reason="By chance", by=manager, now=NOW)
    assert reviewer_exclude(queue=queue, reviewer=careless, reason="Again", by=manager, now=LATER) == first
    assert ReviewerExclusion.objects.count() == 1
