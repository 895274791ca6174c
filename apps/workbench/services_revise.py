"""A reviewer changes an answer given before, while the queue allows it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.consensus.models import Consensus
from apps.consensus.services import consensus_update
from apps.consensus.services.honeypots import honeypot_judge
from apps.core.canonical import canonical_bytes
from apps.core.errors import Conflict
from apps.events.services import event_record
from apps.golden.models import GoldenItem
from apps.intake.services import escalation_reopen
from apps.labeling.models import Annotation, Draft
from apps.labeling.revisions import annotation_replace
from apps.labeling.services import draft_drop, draft_save
from apps.labeling.widgets import Result
from apps.queues import services as queues
from apps.queues.models import Item, Queue
from apps.queues.people import is_held
from apps.workbench import services


def answer_is_open(*, annotation: Annotation) -> bool:
    """Whether its person may still change it. Why not is never told: it would say what became of the item."""
    item = annotation.item
    if annotation.source != Annotation.Source.HUMAN or item.state == Item.State.RETIRED:
        return False
    if item.queue.state == Queue.State.CLOSED or not item.queue.allows_revision or services.is_adjudicated(item):
        return False
    if is_held(user=annotation.reviewer, queue=item.queue):
        return False
    return not GoldenItem.objects.filter(item=item, version__frozen_at__isnull=False).exists()


@transaction.atomic
def answer_revise(
    *, annotation_id: UUID, reviewer: User, result: Result, note: str = "", duration_ms: int, now: datetime
) -> Annotation:
    """Replace one's own answer; the consensus, the item's state and what clients were told follow.

    The same answer again gives the current annotation back.

    Raises:
        Conflict: the queue or the item does not allow it any more, or the answer was changed elsewhere meanwhile.
        AnswerInvalid: the result does not fit the item's schema; names control and rule.
    """
    named = Annotation.objects.get(pk=annotation_id, reviewer=reviewer)
    item = queues.item_lock(item_id=named.item_id)
    current = Annotation.objects.filter(item=item, reviewer=reviewer, status=Annotation.Status.CURRENT).first()
    if current is not None and _same(current, result, note):
        return current
    if current is None or current.pk != named.pk:
        raise Conflict(_("This answer was changed or taken back meanwhile. Open it again from your history."))
    current.item = item
    if not answer_is_open(annotation=current):
        raise Conflict(_("This answer can no longer be changed."))
    made = annotation_replace(annotation=current, result=result, note=note, duration_ms=duration_ms, now=now)
    draft_drop(item=item, reviewer=reviewer)
    event_record(
        verb="annotation.revised",
        obj=made,
        project_id=item.queue.project_id,
        actor=reviewer,
        payload={"item": str(item.pk), "supersedes": str(current.pk)},
        at=now,
    )
    stand_again(item, reviewer=reviewer, now=now)
    return made


@transaction.atomic
def revision_keep(*, annotation: Annotation, fields: dict[str, Any], is_untouched: bool, now: datetime) -> Draft | None:
    """Keep a change that is being written; an untouched form keeps nothing.

    Raises:
        Conflict: the answer was changed or taken back meanwhile, or can no longer be changed.
    """
    # A change that is sent holds the item until it has dropped the draft: whichever comes second sees the first.
    queues.item_lock(item_id=annotation.item_id)
    current = Annotation.objects.filter(pk=annotation.pk, status=Annotation.Status.CURRENT)
    if not current.exists() or not answer_is_open(annotation=annotation):
        raise Conflict(_("This answer can no longer be changed."))
    if is_untouched:
        draft_drop(item=annotation.item, reviewer=annotation.reviewer)
        return None
    return draft_save(item=annotation.item, reviewer=annotation.reviewer, fields=fields, now=now)


def _same(annotation: Annotation, result: Result, note: str) -> bool:
    return annotation.note == note.strip() and canonical_bytes(annotation.result) == canonical_bytes(result)


def stand_again(item: Item, *, reviewer: User, now: datetime) -> None:
    """What the answers mean for the item now: as after an undo and the new answer. The caller holds its lock."""
    if item.source == Item.Source.HONEYPOT:
        given = Annotation.objects.get(item=item, reviewer=reviewer, status=Annotation.Status.CURRENT)
        given.item = item
        honeypot_judge(annotation=given, reviewer=reviewer, now=now)
        return
    if item.state != Item.State.OPEN:
        queues.item_reopen(item=item)
        for escalation in services.escalations_of(item):
            escalation_reopen(escalation=escalation, now=now)
    consensus = consensus_update(item=item, now=now)
    if consensus.state == Consensus.State.SETTLED:
        queues.item_settle(item=item, now=now)
        services.clients_answer(item=item, consensus=consensus, now=now)
    else:
        services.ask_or_dispute(item=item, consensus=consensus)
