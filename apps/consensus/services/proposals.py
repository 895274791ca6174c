"""What a new fit would change about settled items, and what a manager makes of it.

Settled is sticky: a fit changes no settled label by itself. Where its posterior falls well below the queue's threshold,
or another label leads, it leaves a proposal. A manager who follows it opens the item for one answer more, which is then
weighed by the new fit; until somebody answers he can take that back.
"""

from datetime import datetime
from uuid import UUID

import numpy as np
from django.db import transaction
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from apps.accounts.models import User
from apps.consensus.models import Consensus, ConsensusProposal, QualityFit
from apps.consensus.services.vote_stream import QueueVotes
from apps.core.errors import Conflict
from apps.events.services import event_record
from apps.queues.models import Item, Queue, Review
from apps.queues.services import item_requeue, item_settle
from apps.queues.services.slots import item_lock

# So far below the threshold a posterior may fall before anybody is asked.
TOLERATED = 0.05
# The most that one fit proposes, worst first: a list for a person.
MOST_PROPOSALS = 500
State = ConsensusProposal.State


def proposals_refresh(
    *, queue: Queue, fit: QualityFit, given: QueueVotes, posterior: NDArray[np.float64], now: datetime
) -> int:
    """Write the queue's open proposals anew. Returns how many there are. Part of the fit's transaction.

    What was dismissed is not proposed again while the item has the same answers. What is proposed because somebody was
    left out stays until he is put back.
    """
    ConsensusProposal.objects.filter(item__queue=queue, state=State.OPEN, exclusion=None).delete()
    if queue.consensus_method != Queue.Method.DAWID_SKENE:
        return 0
    found = proposals_of(fit=fit, given=given, posterior=posterior, threshold=queue.settle_threshold, now=now)
    dismissed = set(
        ConsensusProposal.objects.filter(item__queue=queue, state=State.DISMISSED).values_list("item", "n_annotations")
    )
    new = [each for each in found if (each.item_id, each.n_annotations) not in dismissed]
    new.sort(key=lambda each: each.confidence)
    return len(ConsensusProposal.objects.bulk_create(new[:MOST_PROPOSALS], ignore_conflicts=True))


def proposals_of(
    *, fit: QualityFit, given: QueueVotes, posterior: NDArray[np.float64], threshold: float, now: datetime
) -> list[ConsensusProposal]:
    """The dry run: what the fit would change, nothing stored."""
    n_answers = np.bincount(given.item_idx, minlength=given.n_items)
    found = []
    for each in given.settled:
        row = posterior[each.item]
        leader = int(row.argmax())
        if row[leader] <= row[each.label] and row[each.label] >= threshold - TOLERATED:
            continue
        found.append(
            ConsensusProposal(
                item_id=each.item_id,
                fit=fit,
                label=given.labels[each.label],
                confidence_before=each.confidence,
                confidence=float(row[each.label]),
                leader=given.labels[leader],
                leader_confidence=float(row[leader]),
                n_annotations=int(n_answers[each.item]),
                created_at=now,
            )
        )
    return found


@transaction.atomic
def proposal_apply(*, proposal_id: UUID, by: User, now: datetime) -> ConsensusProposal:
    """Open the item for one answer more.

    Raises:
        Conflict: it is no open proposal any more, or the item is not settled.
    """
    proposal, item = _locked(proposal_id, State.OPEN)
    if item.state != Item.State.SETTLED:
        raise Conflict(_("This item is not settled any more; nothing was changed."))
    item_requeue(item_ids=[item.pk], by=by, now=now)
    return _decided(proposal, State.APPLIED, item=item, by=by, now=now)


@transaction.atomic
def proposal_dismiss(*, proposal_id: UUID, by: User, now: datetime) -> ConsensusProposal:
    """Let the label stand. Raises Conflict where somebody has decided already."""
    proposal, item = _locked(proposal_id, State.OPEN)
    return _decided(proposal, State.DISMISSED, item=item, by=by, now=now)


@transaction.atomic
def proposal_revert(*, proposal_id: UUID, by: User, now: datetime) -> ConsensusProposal:
    """Settle the item again as it was, while nobody has taken it.

    Raises:
        Conflict: it was not applied, or somebody has the item or has answered it since.
    """
    proposal, item = _locked(proposal_id, State.APPLIED)
    is_taken = item.reviews.filter(state=Review.State.LEASED).exists()
    consensus = Consensus.objects.filter(item=item, label=proposal.label, state__in=Consensus.SURE).first()
    given = item.annotations.filter(status="current")
    # Texts have no label, and count all the same.
    answers = given.exclude(label="").count() if proposal.label else given.count()
    waits = item.state in (Item.State.OPEN, Item.State.ADJUDICATION)
    if not waits or is_taken or consensus is None or answers != proposal.n_annotations:
        raise Conflict(_("Somebody has taken up this item since; it settles by the new answer."))
    item_settle(item=item, now=now)
    return _decided(proposal, State.REVERTED, item=item, by=by, now=now)


def _locked(proposal_id: UUID, expected: str) -> tuple[ConsensusProposal, Item]:
    """The item is locked first, as by every writer."""
    item_id = ConsensusProposal.objects.values_list("item", flat=True).get(pk=proposal_id)
    item = item_lock(item_id=item_id)
    proposal = ConsensusProposal.objects.filter(pk=proposal_id).first()
    if proposal is None or proposal.state != expected:
        raise Conflict(_("Somebody has decided this meanwhile; nothing was changed."))
    return proposal, item


def _decided(proposal: ConsensusProposal, state: str, *, item: Item, by: User, now: datetime) -> ConsensusProposal:
    proposal.state, proposal.decided_by, proposal.decided_at = state, by, now
    proposal.save(update_fields=["state", "decided_by", "decided_at"])
    event_record(verb=f"proposal.{state}", obj=item, project_id=item.queue.project_id, actor=by, at=now)
    return proposal
