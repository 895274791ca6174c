from datetime import timedelta

import numpy as np
import pytest

from apps.consensus.models import Consensus, ConsensusProposal, QualityFit
from apps.consensus.services import consensus_update, quality_fit
from apps.consensus.services.proposals import proposal_apply, proposal_dismiss, proposal_revert
from apps.consensus.services.quality import fitted, one_of
from apps.consensus.services.vote_stream import queue_votes
from apps.core.errors import Conflict
from apps.projects.labelling import config_of
from apps.queues.services import item_lock
from tests import factories
from tests.consensus.judging import LABELS, judged, thirty
from tests.factories.clock import NOW


def test_queue_votes_reads_what_is_current(queue, people):
    thirty(queue, people)
    withdrawn = judged(queue, people[:1], ["Refund"])
    withdrawn.annotations.update(status="withdrawn")
    judged(factories.queue(queue.project, "Another"), people[:1], ["Refund"])
    found = queue_votes(queue=queue)
    assert (found.n_items, len(found.label_idx)) == (30, 120)
    assert found.labels == ("Refund", "Exchange", "Order status", "Other")
    by_person = {
        person: [found.labels[label] for label in found.label_idx[found.reviewer_idx == index]]
        for index, person in enumerate(found.reviewers)
    }
    assert by_person[people[0].pk].count("Refund") == 15
    assert by_person[people[3].pk].count("Other") == 15
    assert sorted(np.bincount(found.item_idx)) == [4] * 30


def test_queue_votes_of_an_empty_queue(queue):
    found = queue_votes(queue=queue)
    assert (found.n_items, len(found.item_idx), found.reviewers) == (0, 0, ())
    assert quality_fit(queue=queue, now=NOW) is None


def test_queue_votes_takes_one_query(queue, people, django_assert_max_num_queries):
    thirty(queue, people)
    # The answers, and the project's label schemas for their names.
    with django_assert_max_num_queries(4):
        queue_votes(queue=queue)


def test_fit_sees_who_is_wrong(queue, people):
    thirty(queue, people)
    fit = quality_fit(queue=queue, now=NOW)
    accuracy = {each.reviewer_id: each.accuracy for each in fit.reviewers.all()}
    assert accuracy[people[0].pk] > 0.95
    assert accuracy[people[3].pk] < 0.05
    assert (fit.n_items, fit.n_annotations, fit.converged) == (30, 120, True)


def test_submit_gives_what_the_batch_gives_with_the_same_matrices(queue, people):
    thirty(queue, people)
    fit = quality_fit(queue=queue, now=NOW)
    given = queue_votes(queue=queue)
    matrices = {each.reviewer_id: np.array(each.confusion) for each in fit.reviewers.all()}
    stacked = np.stack([matrices[person] for person in given.reviewers])
    log_joint = np.tile(np.log(fit.prior), (given.n_items, 1))
    for item, reviewer, label in zip(given.item_idx, given.reviewer_idx, given.label_idx, strict=True):
        log_joint[item] += np.log(stacked[reviewer, :, label])
    weights = np.exp(fit.temperature * log_joint)
    batch = weights / weights.sum(axis=1, keepdims=True)
    # The fit's own posterior rests on the same matrices, before they were rounded for storing.
    np.testing.assert_allclose(batch, fitted(given, one_of(config_of(queue.items.first().schema))).posterior, atol=1e-6)
    items = list(queue.items.order_by("pk"))
    for row, item in zip(batch, sorted(items, key=lambda each: each.pk.int), strict=True):
        consensus = consensus_update(item=item_lock(item_id=item.pk), now=NOW)
        assert consensus.confidence == pytest.approx(row.max(), abs=1e-9)


def test_the_same_votes_weigh_by_who_gave_them_once_a_fit_knows_them(queue, people):
    right, wrong = people[0], people[3]
    one, other = (judged(queue, pair, ["Refund", "Exchange"]) for pair in ([right, wrong], [wrong, right]))

    def labels():
        return [consensus_update(item=item_lock(item_id=item.pk), now=NOW).label for item in (one, other)]

    assert labels() == ["", ""]  # before the first fit: a tie
    thirty(queue, people)
    quality_fit(queue=queue, now=NOW)
    assert labels() == ["Refund", "Exchange"]
    for _ in range(3):
        thirty(queue, [wrong, *people[1:3], right])  # from now on "Exchange" is what he says to a refund
    quality_fit(queue=queue, now=NOW + timedelta(days=1))
    assert labels() == ["Refund", "Refund"]


def test_decided_answers_are_evidence(queue, people):
    # Two agree always, two others say otherwise; the adjudicator has decided twenty times for the others.
    for number in range(60):
        wrong, right = LABELS[number % 2], LABELS[1 - number % 2]
        decided = {"settled": right, "state": "adjudicated"} if number < 20 else {}
        judged(queue, people, [wrong, wrong, wrong, right], **decided)
    fit = quality_fit(queue=queue, now=NOW)
    accuracy = {each.reviewer_id: each.accuracy for each in fit.reviewers.all()}
    assert accuracy[people[3].pk] > 0.9 > 0.2 > accuracy[people[0].pk]


def test_one_answer_is_no_consensus_unless_the_queue_asks_for_one(queue, people):
    thirty(queue, people)
    quality_fit(queue=queue, now=NOW)
    item = judged(queue, people[:1], ["Refund"])
    assert consensus_update(item=item_lock(item_id=item.pk), now=NOW).state == Consensus.State.UNSETTLED
    type(queue).objects.filter(pk=queue.pk).update(overlap_min=1, settle_threshold=0.5)
    assert consensus_update(item=item_lock(item_id=item.pk), now=NOW).state == Consensus.State.SETTLED


@pytest.fixture
def doubtful(queue, people):
    """Settled on what only the one says who is always wrong."""
    thirty(queue, people)
    return judged(queue, people[2:], ["Refund", "Exchange"], settled="Exchange")


def test_fit_proposes_and_changes_nothing_by_itself(queue, doubtful):
    quality_fit(queue=queue, now=NOW)
    proposal = ConsensusProposal.objects.get()
    assert (proposal.item, proposal.label, proposal.leader, proposal.state) == (doubtful, "Exchange", "Refund", "open")
    assert proposal.confidence < 0.5 < proposal.leader_confidence
    assert Consensus.objects.get(item=doubtful).label == "Exchange"
    doubtful.refresh_from_db()
    assert doubtful.state == "settled"
    quality_fit(queue=queue, now=NOW)
    assert ConsensusProposal.objects.count() == 1


def test_fit_proposes_nothing_where_majority_decides(queue, doubtful):
    type(queue).objects.filter(pk=queue.pk).update(consensus_method="majority")
    queue.refresh_from_db()
    quality_fit(queue=queue, now=NOW)
    assert QualityFit.objects.exists()
    assert not ConsensusProposal.objects.exists()


def test_applied_proposal_asks_for_one_more_and_can_be_taken_back(queue, doubtful, manager):
    quality_fit(queue=queue, now=NOW)
    proposal = ConsensusProposal.objects.get()
    proposal_apply(proposal_id=proposal.pk, by=manager, now=NOW)
    doubtful.refresh_from_db()
    assert (doubtful.state, doubtful.open_slots) == ("open", 1)
    with pytest.raises(Conflict):
        proposal_apply(proposal_id=proposal.pk, by=manager, now=NOW)
    proposal_revert(proposal_id=proposal.pk, by=manager, now=NOW)
    doubtful.refresh_from_db()
    assert (doubtful.state, doubtful.open_slots) == ("settled", 0)
    assert Consensus.objects.get(item=doubtful).label == "Exchange"
    assert ConsensusProposal.objects.get().state == "reverted"


def test_applied_proposal_stands_once_somebody_has_answered(queue, doubtful, manager, people):
    quality_fit(queue=queue, now=NOW)
    proposal = ConsensusProposal.objects.get()
    proposal_apply(proposal_id=proposal.pk, by=manager, now=NOW)
    factories.annotation(doubtful, people[0], "Refund")
    with pytest.raises(Conflict, match="taken up"):
        proposal_revert(proposal_id=proposal.pk, by=manager, now=NOW)


def test_dismissed_proposal_comes_back_only_with_a_new_answer(queue, doubtful, manager, people):
    quality_fit(queue=queue, now=NOW)
    proposal_dismiss(proposal_id=ConsensusProposal.objects.get().pk, by=manager, now=NOW)
    quality_fit(queue=queue, now=NOW)
    assert [each.state for each in ConsensusProposal.objects.all()] == ["dismissed"]
    factories.annotation(doubtful, people[0], "Refund")
    quality_fit(queue=queue, now=NOW)
    assert ConsensusProposal.objects.filter(state="open").count() == 1
