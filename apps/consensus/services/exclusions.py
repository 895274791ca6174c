"""What leaving a reviewer out changes about one item: its consensus, and a proposal where it had settled."""

from copy import copy
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from apps.accounts.models import User
from apps.consensus.models import Consensus, ConsensusProposal
from apps.consensus.services.aggregate import consensus_of, consensus_update
from apps.consensus.services.facts import item_facts
from apps.consensus.services.proposals import TOLERATED, State
from apps.labeling.models import Annotation
from apps.queues.models import Item, Queue, ReviewerExclusion


def items_to_recompute(*, queue: Queue, reviewer: User) -> QuerySet[Item]:
    """Items whose consensus is older than the latest word on whether this person's answers count. Lowest id first."""
    word = ReviewerExclusion.objects.filter(queue=queue, reviewer=reviewer).order_by("-started_at").first()
    if word is None:
        return Item.objects.none()
    mine = Annotation.objects.filter(reviewer=reviewer, item__queue=queue, status=Annotation.Status.CURRENT)
    stale = Item.objects.filter(queue=queue, pk__in=mine.values("item"))
    stale = stale.filter(consensus__updated_at__lt=word.ended_at or word.started_at)
    return stale.order_by("pk")


def exclusions_unfinished() -> list[tuple[UUID, UUID]]:
    """(queue, reviewer) of everybody whose items may not have been recomputed to the end. For the periodic task."""
    changed = ReviewerExclusion.objects.annotate(changed_at=Coalesce("ended_at", "started_at"))
    mine = Q(queue__items__annotations__reviewer=F("reviewer"), queue__items__annotations__status="current")
    stale = changed.filter(mine, queue__items__consensus__updated_at__lt=F("changed_at"))
    return list(stale.order_by().values_list("queue", "reviewer").distinct())


def settled_recompute(*, item: Item, exclusion: ReviewerExclusion, now: datetime) -> ConsensusProposal | None:
    """Bring a settled item's posterior up to date; what it would not settle on any more is proposed to a manager.

    The caller holds the item's lock. Settled is sticky: neither label nor state change here.
    """
    before = Consensus.objects.filter(item=item).values_list("confidence", flat=True).first()
    consensus = consensus_update(item=item, now=now)
    open_now = ConsensusProposal.objects.filter(item=item, state=State.OPEN)
    open_now.exclude(exclusion=None).delete()
    if exclusion.ended_at is not None or consensus.state != Consensus.State.SETTLED:
        return None
    afresh = _afresh(item=item, now=now)
    enough = afresh.n_annotations >= item.queue.overlap_min
    is_same = (afresh.label, afresh.result if not afresh.label else None) == (
        consensus.label,
        consensus.result if not consensus.label else None,
    )
    if is_same and enough and afresh.confidence >= item.queue.settle_threshold - TOLERATED:
        return None
    leader, share = afresh.label or max(afresh.posterior, key=lambda one: afresh.posterior[one], default=""), 0.0
    share = afresh.posterior.get(leader, afresh.confidence)
    open_now.delete()
    return ConsensusProposal.objects.create(
        item=item,
        fit=afresh.fit,
        exclusion=exclusion,
        label=consensus.label,
        confidence_before=before if before is not None else consensus.confidence,
        confidence=min(max(afresh.posterior.get(consensus.label, 0.0 if consensus.label else share), 0.0), 1.0),
        leader=leader,
        leader_confidence=share,
        n_annotations=afresh.n_annotations,
        created_at=now,
    )


def _afresh(*, item: Item, now: datetime) -> Consensus:
    """What the answers that count would make of the item if it had never settled. Nothing is stored."""
    undecided = copy(item)
    undecided.state = Item.State.OPEN
    return consensus_of(item=undecided, facts=replace(item_facts(item=item), consensus=None), now=now)
