"""An adjudicator's question to reviewers, which goes back with the item."""

from datetime import datetime

from apps.consensus.models import Adjudication
from apps.labeling.models import Annotation
from apps.labeling.threads import thread_tell


def question_pass_on(*, adjudication: Adjudication, now: datetime) -> None:
    """Let the adjudicator's question reach the next reviewers, beside the item, and those who answered, as a thread."""
    item, question = adjudication.item, adjudication.question
    item.guidance = question
    item.save(update_fields=["guidance"])
    if not question:
        return
    answered = item.annotations.filter(status=Annotation.Status.CURRENT, source=Annotation.Source.HUMAN)
    for annotation in answered.select_related("reviewer"):
        thread_tell(item=item, reviewer=annotation.reviewer, author=adjudication.adjudicator, text=question, now=now)
