"""A reviewer decides what he makes of the model's guess that he has seen after his own answer."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.canonical import canonical_bytes
from apps.core.errors import Conflict
from apps.events.services import event_record
from apps.labeling.models import Annotation, Suggestion
from apps.labeling.revisions import annotation_replace
from apps.labeling.second_look import second_look_close
from apps.labeling.suggestions import suggestion_seen
from apps.labeling.widgets import Result
from apps.queues import services as queues
from apps.queues.models import Item, Queue
from apps.workbench.services import is_adjudicated
from apps.workbench.services_revise import stand_again

Outcome = Suggestion.Outcome


@transaction.atomic
def second_look_decide(*, review_id: UUID, reviewer: User, result: Result | None, now: datetime) -> Annotation:
    """Keep one's answer (`result` None, or the same) or change it; then the change counts, and the first one stays.

    Decided once: again, it gives the current answer back.

    Raises:
        Conflict: the answer was taken back, or the item was decided or taken out meanwhile; the answer stays as it is.
        AnswerInvalid: the result does not fit the item's schema; names control and rule.
    """
    named = Annotation.objects.filter(review=review_id, reviewer=reviewer).order_by("-created_at").first()
    if named is None:
        raise Conflict(_("There is no answer of yours to this item."))
    item = queues.item_lock(item_id=named.item_id)
    current = Annotation.objects.filter(item=item, reviewer=reviewer, status=Annotation.Status.CURRENT)
    mine = current.select_related("review", "schema").first()
    if mine is None:
        raise Conflict(_("Your answer was taken back meanwhile."))
    mine.item = item
    seen = suggestion_seen(review=mine.review)
    if seen is None or seen.mode != Queue.Assistance.AFTER_ANSWER or seen.outcome:
        return mine
    if result is None or canonical_bytes(result) == canonical_bytes(mine.result):
        second_look_close(suggestion=seen, outcome=Outcome.KEPT)
        return mine
    if item.state == Item.State.RETIRED or is_adjudicated(item):
        raise Conflict(_("This item is decided; your first answer stays."))
    return _changed(mine, seen, result, now)


def _changed(mine: Annotation, seen: Suggestion, result: Result, now: datetime) -> Annotation:
    made = annotation_replace(annotation=mine, result=result, note=mine.note, duration_ms=mine.duration_ms, now=now)
    second_look_close(suggestion=seen, outcome=Outcome.CHANGED)
    event_record(
        verb="annotation.revised",
        obj=made,
        project_id=mine.item.queue.project_id,
        actor=mine.reviewer,
        payload={"item": str(mine.item_id), "supersedes": str(mine.pk), "assistance": made.assistance},
        at=now,
    )
    stand_again(mine.item, reviewer=mine.reviewer, now=now)
    return made
