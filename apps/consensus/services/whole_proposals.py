"""What a new fit would change about settled items whose consensus is put together from several parts."""

from datetime import datetime

from apps.consensus.models import Consensus, ConsensusProposal, QualityFit
from apps.consensus.services.fits import MOST_SETTLED, ControlFits, Judged
from apps.consensus.services.parts import votes_on
from apps.consensus.services.proposals import MOST_PROPOSALS, TOLERATED, State
from apps.queues.models import Queue


def whole_proposals_refresh(*, queue: Queue, fit: QualityFit, controls: ControlFits, now: datetime) -> int:
    """Write the queue's open proposals anew. Returns how many there are. Part of the fit's transaction."""
    ConsensusProposal.objects.filter(item__queue=queue, state=State.OPEN, exclusion=None).delete()
    if queue.consensus_method != Queue.Method.DAWID_SKENE:
        return 0
    settled = [each for each in controls.items if each.state == Consensus.State.SETTLED][:MOST_SETTLED]
    found = [made for each in settled if (made := _proposal(each, fit, controls, queue.settle_threshold, now))]
    kept = ConsensusProposal.objects.filter(item__queue=queue).exclude(state=State.OPEN)
    dismissed = set(kept.filter(state=State.DISMISSED).values_list("item", "n_annotations"))
    new = [each for each in found if (each.item_id, each.n_annotations) not in dismissed]
    new.sort(key=lambda each: each.confidence)
    return len(ConsensusProposal.objects.bulk_create(new[:MOST_PROPOSALS], ignore_conflicts=True))


def _proposal(
    item: Judged, fit: QualityFit, controls: ControlFits, threshold: float, now: datetime
) -> ConsensusProposal | None:
    """None where the fit agrees, and is not much less sure."""
    whole = controls.whole(item)
    # By what is voted on: ids and what else came with an answer do not count.
    pairs = votes_on(controls.config, item.data, [whole.result, item.result])
    is_same = all(votes[0] == votes[1] for _, _, votes in pairs)
    confidence = whole.confidence if is_same else min(item.confidence, 1 - whole.confidence)
    if is_same and confidence >= threshold - TOLERATED:
        return None
    return ConsensusProposal(
        item_id=item.item_id,
        fit=fit,
        label=item.label,
        confidence_before=item.confidence,
        confidence=confidence,
        leader=whole.label,
        leader_confidence=whole.confidence,
        n_annotations=len(item.people),
        created_at=now,
    )
