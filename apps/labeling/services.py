"""Writes of the labeling floor: answers and drafts."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from apps.accounts.models import User
from apps.core.db import violates
from apps.core.errors import Conflict
from apps.labeling.models import Annotation, Draft
from apps.labeling.widgets import Result, answer_label, check_result
from apps.projects.labelling import config_of
from apps.projects.selectors import guideline_current
from apps.queues.models import Item, Review

NOTE_CHARS = 2000


class AlreadyAnswered(Conflict):
    """The reviewer has a current answer to this item."""

    code = "already_answered"


def annotation_submit(
    *,
    review: Review,
    token: int,
    result: Result,
    note: str = "",
    duration_ms: int,
    source: str = Annotation.Source.HUMAN,
    now: datetime,
) -> Annotation:
    """Store an answer given under a lease, in the transaction of the caller, who holds the lock on the review's item.

    The schema is the item's: an open lease finishes under the version it began with.

    Raises:
        AnswerInvalid: `result` does not fit the schema version; names control and rule.
        AlreadyAnswered: the reviewer has a current answer to this item.
    """
    config = config_of(review.item.schema)
    check_result(config, result)
    try:
        # Inner block: the outer transaction must survive the refused insert.
        with transaction.atomic():
            return Annotation.objects.create(
                item=review.item,
                review=review,
                reviewer_id=review.reviewer_id,
                schema=review.item.schema,
                guideline=guideline_current(project=review.item.queue.project),
                result=result,
                label=(answer_label(config, result) or "")[:500],
                note=note.strip()[:NOTE_CHARS],
                source=source,
                token=token,
                duration_ms=max(duration_ms, 0),
                created_at=now,
            )
    except IntegrityError as exc:
        if not violates(exc, "annotation_one_current"):
            raise
        raise AlreadyAnswered("You have answered this item already; undo that answer to change it.") from exc


def annotation_withdraw(*, annotation: Annotation) -> None:
    """Take an answer back. The caller holds the lock on the item.

    Raises:
        Conflict: it was taken back or replaced already.
    """
    current = Annotation.objects.filter(pk=annotation.pk, status=Annotation.Status.CURRENT)
    if not current.update(status=Annotation.Status.WITHDRAWN):
        raise Conflict("This answer was already taken back.")


@transaction.atomic
def draft_save(*, item: Item, reviewer: User, fields: dict[str, Any], now: datetime) -> Draft:
    """Keep unfinished work; the latest wins."""
    draft, _ = Draft.objects.update_or_create(
        item=item, reviewer=reviewer, defaults={"fields": fields, "updated_at": now}
    )
    return draft


def draft_of(*, item: Item, reviewer: User) -> Draft | None:
    """The person's own draft on the item."""
    return Draft.objects.filter(item=item, reviewer=reviewer).first()


def draft_drop(*, item: Item, reviewer: User) -> None:
    """The work became an answer."""
    Draft.objects.filter(item=item, reviewer=reviewer).delete()
