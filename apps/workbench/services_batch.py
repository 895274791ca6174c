"""A grid of items grouped by the model's guess: leased together, answered one by one."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.errors import Conflict
from apps.labeling.models import Annotation, Suggestion
from apps.labeling.suggestions import blind_reason, guess_of, suggestion_draw
from apps.labeling.widgets import Result, one_press
from apps.projects.labelling import LabellingConfig
from apps.queues.models import Item, Queue, Review
from apps.queues.services.batch import LANE, batch_claim, batch_of
from apps.workbench.services import answer_submit, answer_undo

SIZE = 12


def batch_is_offered(*, queue: Queue, config: LabellingConfig) -> bool:
    """Where the queue fills the guess in and one single choice is the whole question."""
    is_single = one_press(config) and config.controls[0].kind == "categorical"
    return queue.assistance == Queue.Assistance.PRE_ANNOTATED and is_single


@transaction.atomic
def grid_claim(*, queue: Queue, reviewer: User, now: datetime) -> list[Review]:
    """The person's grid, filled up with items that he is shown a guess on.

    Raises:
        QueueNotOpen, ReviewerHeld, NotAdmitted: as for a single claim.
    """

    def fits(item: Item) -> bool:
        known = Suggestion.objects.filter(item=item, reviewer=reviewer, schema=item.schema).first()
        if known is not None:
            return known.result is not None and known.mode == Queue.Assistance.PRE_ANNOTATED
        return not blind_reason(item=item, reviewer=reviewer) and guess_of(item=item)[0] is not None

    for review in batch_claim(queue=queue, reviewer=reviewer, size=SIZE, fits=fits, now=now):
        suggestion_draw(review=review, now=now)
    return list(batch_of(queue=queue, reviewer=reviewer, now=now))


def grid_answer(*, review: Review, reviewer: User, token: int, result: Result, now: datetime) -> Annotation:
    """Answer one item of the grid. The same answer under the same lease again gives the first annotation back.

    Raises:
        Conflict: the item is no longer in the grid, or was answered otherwise before; StaleLease is one.
        AnswerInvalid: the result does not fit the item's schema; names control and rule.
    """
    if review.lane != LANE or not review.sees_guess:
        raise Conflict(_("This item is no longer in your grid. Answer it on its own page, where it is offered."))
    return answer_submit(
        review_id=review.pk,
        reviewer=reviewer,
        token=token,
        result=result,
        duration_ms=_duration_ms(review, now),
        is_batch=True,
        now=now,
    )


def _duration_ms(review: Review, now: datetime) -> int:
    """Since the person's last answer, or since the grid was filled: nobody sees which item the eye was on."""
    last = Annotation.objects.filter(reviewer=review.reviewer_id, created_at__gt=review.leased_at)
    begun = last.order_by("-created_at").values_list("created_at", flat=True).first() or review.leased_at
    return min(max(int((now - begun).total_seconds() * 1000), 0), 2**31 - 1)


@transaction.atomic
def grid_undo(*, queue: Queue, reviewer: User, answer_id: UUID | None, now: datetime) -> Review | None:
    """Take the last answer back into the grid. None: the one that the page names was taken back already.

    Raises:
        Conflict: there is nothing to undo, or the last answer was not given in a grid.
    """
    mine = Annotation.objects.filter(reviewer=reviewer, item__queue=queue, status=Annotation.Status.CURRENT)
    last = mine.order_by("-created_at", "-pk").first()
    if last is None or not last.is_batch:
        raise Conflict(_("There is nothing to undo in this grid."))
    if answer_id is not None and last.pk != answer_id:
        return None
    return answer_undo(reviewer=reviewer, queue=queue, now=now)
