"""A decision that becomes a rule: a guideline version written because of it, and items asked about again."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.consensus.models import Adjudication, Consensus, ConsensusProposal, GuidelineChange
from apps.core.errors import Conflict
from apps.core.typed import typed
from apps.events.services import event_record
from apps.labeling.models import Annotation
from apps.projects.selectors import guideline_current
from apps.projects.services import guideline_publish
from apps.queues.models import Item, Queue
from apps.queues.services import item_lock, item_requeue


@transaction.atomic
def guideline_change_publish(
    *, adjudication: Adjudication, text: str, base: int, by: User, now: datetime
) -> GuidelineChange:
    """Publish the next guideline version because of a decision. The same text again gives the first change back.

    Args:
        base: the version that the text was written from; 0: there was none.
    Raises:
        InvalidInput: the text is too long.
        Conflict: somebody has published another version meanwhile, or nothing changed.
    """
    project = adjudication.item.queue.project
    current = guideline_current(project=project)
    if current is not None and current.version != base:
        change = GuidelineChange.objects.filter(guideline=current, adjudication=adjudication).first()
        if change is not None and current.text == typed(text.replace("\r\n", "\n")):
            return change
        message = _("Version %(n)s was published meanwhile. Your text is kept below; compare it and save again.")
        raise Conflict(message % {"n": current.version})
    guideline = guideline_publish(project=project, text=text, by=by, now=now)
    given = adjudication.item.annotations.filter(status=Annotation.Status.CURRENT).exclude(label="")
    labels = {adjudication.label, *given.values_list("label", flat=True)} - {""}
    return GuidelineChange.objects.create(guideline=guideline, adjudication=adjudication, labels=sorted(labels))


@transaction.atomic
def rechecks_ask(*, change: GuidelineChange, item_ids: Collection[UUID], by: User, now: datetime) -> int:
    """Open settled items of the project for one answer more, because of a new rule. Returns how many were opened.

    An item is asked about once for a change; what is not settled any more is left alone. Until somebody takes an item
    up, `proposal_revert` settles it again as it was.
    """
    project = change.guideline.project_id
    known = Item.objects.filter(pk__in=item_ids, queue__project=project).exclude(queue__state=Queue.State.CLOSED)
    asked = set(change.rechecks.values_list("item", flat=True))
    done = 0
    for item_id in sorted(set(known.values_list("pk", flat=True)) - asked):
        item = item_lock(item_id=item_id)
        consensus = Consensus.objects.filter(item=item).first()
        # Asked in between by the same click sent twice: the lock was waited for.
        if item.state != Item.State.SETTLED or consensus is None or change.rechecks.filter(item=item).exists():
            continue
        _recheck(change, item, consensus, by=by, now=now)
        done += 1
    return done


def _recheck(change: GuidelineChange, item: Item, consensus: Consensus, *, by: User, now: datetime) -> None:
    """The same record as that of a fit's proposal which a manager has followed."""
    ConsensusProposal.objects.create(
        item=item,
        guideline_change=change,
        label=consensus.label,
        confidence_before=consensus.confidence,
        confidence=consensus.confidence,
        leader=consensus.label,
        leader_confidence=consensus.confidence,
        n_annotations=item.annotations.filter(status=Annotation.Status.CURRENT).exclude(label="").count(),
        state=ConsensusProposal.State.APPLIED,
        created_at=now,
        decided_by=by,
        decided_at=now,
    )
    item_requeue(item_ids=[item.pk], by=by, now=now)
    payload = {"guideline": change.guideline.version}
    event_record(
        verb="item.rule_recheck", obj=item, project_id=item.queue.project_id, actor=by, payload=payload, at=now
    )
