"""A person changes an answer that was given before: the old one stays, superseded."""

from datetime import datetime

from django.utils.translation import gettext as _

from apps.core.errors import Conflict
from apps.labeling.models import Annotation
from apps.labeling.suggestions import aid_of
from apps.labeling.widgets import Result, answer_label, check_result
from apps.projects.labelling import config_of
from apps.projects.selectors import guideline_current

NOTE_CHARS = 2000


def annotation_replace(
    *, annotation: Annotation, result: Result, note: str = "", duration_ms: int, now: datetime
) -> Annotation:
    """Put another answer in the place of one's own, under the same lease. The caller holds the lock on the item.

    Raises:
        AnswerInvalid: `result` does not fit the schema version that the item has; names control and rule.
        Conflict: it was taken back or replaced already.
    """
    item = annotation.item
    config = config_of(item.schema)
    check_result(config, result, data=item.data)
    aid = aid_of(review=annotation.review, result=result)
    current = Annotation.objects.filter(pk=annotation.pk, status=Annotation.Status.CURRENT)
    if not current.update(status=Annotation.Status.SUPERSEDED):
        raise Conflict(_("This answer was changed or taken back meanwhile."))
    return Annotation.objects.create(
        item=item,
        review_id=annotation.review_id,
        reviewer_id=annotation.reviewer_id,
        schema=item.schema,
        guideline=guideline_current(project=item.queue.project),
        result=result,
        label=(answer_label(config, result) or "")[:500],
        note=note.strip()[:NOTE_CHARS],
        source=annotation.source,
        token=annotation.token,
        duration_ms=max(duration_ms, 0),
        assistance=aid.assistance,
        suggestion=aid.suggestion,
        weight=aid.weight,
        created_at=now,
    )
