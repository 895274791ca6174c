"""Writes of the labeling floor: answers and drafts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.errors import Conflict
from apps.core.rows import Writes, joined, new
from apps.labeling.models import Annotation, Draft
from apps.labeling.suggestions import BLIND, Aid
from apps.labeling.widgets import Checked, answer_label
from apps.projects.labelling import config_of
from apps.queues.models import Item, Review

NOTE_CHARS = 2000


@dataclass(frozen=True, slots=True)
class Sent:
    """What a person sends as his answer. `result` was checked against the schema of the item that it is for."""

    token: int
    result: Checked
    duration_ms: int
    note: str = ""
    source: str = Annotation.Source.HUMAN
    is_batch: bool = False


def annotation_submit(
    *, review: Review, sent: Sent, guideline_id: UUID | None, aid: Aid = BLIND, now: datetime, writes: Writes
) -> Annotation:
    """Store an answer given under a lease, in the transaction of the caller, who holds the lock on the review's item.

    The schema is the item's: an open lease finishes under the version it began with. The draft has become the answer.
    `aid`: what guess the person had seen (`suggestions.aid_of`).
    """
    item, schema = review.item, review.item.schema
    annotation = new(
        Annotation,
        item_id=item.pk,
        review_id=review.pk,
        reviewer_id=review.reviewer_id,
        schema_id=schema.pk,
        guideline_id=guideline_id,
        result=sent.result,
        label=(answer_label(config_of(schema), sent.result) or "")[:500],
        note=sent.note.strip()[:NOTE_CHARS],
        source=sent.source,
        token=sent.token,
        duration_ms=max(sent.duration_ms, 0),
        assistance=aid.assistance,
        suggestion_id=aid.suggestion.pk if aid.suggestion else None,
        weight=aid.weight,
        is_batch=sent.is_batch,
        created_at=now,
    )
    writes.insert(annotation)
    writes.add("DELETE FROM labeling_draft WHERE item_id = %s AND reviewer_id = %s", [item.pk, review.reviewer_id])
    return joined(annotation, item=item, review=review, schema=schema)


def annotation_withdraw(*, annotation: Annotation) -> None:
    """Take an answer back. The caller holds the lock on the item.

    Raises:
        Conflict: it was taken back or replaced already.
    """
    current = Annotation.objects.filter(pk=annotation.pk, status=Annotation.Status.CURRENT)
    if not current.update(status=Annotation.Status.WITHDRAWN):
        raise Conflict(_("This answer was already taken back."))


@transaction.atomic
def draft_save(*, item: Item, reviewer: User, fields: dict[str, Any], now: datetime) -> Draft:
    """Keep unfinished work; the latest wins."""
    draft, _ = Draft.objects.update_or_create(
        item=item, reviewer=reviewer, defaults={"fields": fields, "schema_id": item.schema_id, "updated_at": now}
    )
    return draft


def draft_of(*, item: Item, reviewer: User) -> Draft | None:
    """The person's own draft on the item."""
    return Draft.objects.filter(item=item, reviewer=reviewer).select_related("schema").first()


def draft_drop(*, item: Item, reviewer: User) -> None:
    """The work became an answer."""
    Draft.objects.filter(item=item, reviewer=reviewer).delete()
