"""What is decided about one person in one queue: paused, left out, let in. Each can be ended again."""

from datetime import datetime
from typing import TypeVar

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.db import violates
from apps.core.errors import Conflict, InvalidInput
from apps.core.stored import stored
from apps.core.typed import typed
from apps.events.services import event_record
from apps.queues.models import Queue, Review, ReviewerAdmission, ReviewerExclusion, ReviewerPause
from apps.queues.models_people import ReviewerMeasure
from apps.queues.selectors import REVIEWING_ROLES
from apps.queues.services.leases import leases_return

M = TypeVar("M", bound=ReviewerMeasure)
_REASON_CHARS = 300
_ANSWERED_BEFORE = stored("answered here before a qualification was asked for")


def reviewer_pause(*, queue: Queue, reviewer: User, reason: str, by: User | None, now: datetime) -> ReviewerPause:
    """Give the person nothing more until a manager has looked; what he holds goes back, his drafts stay.

    `by` None: a test did it. Pausing a paused person changes nothing.

    Raises:
        InvalidInput: no reason, or he has no role to review here.
    """
    return _begin(ReviewerPause, "reviewer.paused", queue=queue, reviewer=reviewer, reason=reason, by=by, now=now)


def reviewer_resume(*, queue: Queue, reviewer: User, by: User, now: datetime) -> ReviewerPause:
    """Give the person items again; the test starts afresh from here.

    Raises:
        Conflict: he is not paused.
    """
    refusal = _("This reviewer is not paused in this queue.")
    return _end(ReviewerPause, "reviewer.resumed", refusal, queue=queue, reviewer=reviewer, by=by, now=now)


def reviewer_admit(*, queue: Queue, reviewer: User, reason: str, by: User | None, now: datetime) -> ReviewerAdmission:
    """Let the person work in a queue that asks newcomers for a qualification. `by` None: he qualified."""
    return _begin(ReviewerAdmission, "reviewer.admitted", queue=queue, reviewer=reviewer, reason=reason, by=by, now=now)


def reviewer_admission_end(*, queue: Queue, reviewer: User, by: User, now: datetime) -> ReviewerAdmission:
    """Take the admission back; his answers stay.

    Raises:
        Conflict: he is not admitted.
    """
    refusal = _("This reviewer is not admitted to this queue.")
    return _end(ReviewerAdmission, "reviewer.unadmitted", refusal, queue=queue, reviewer=reviewer, by=by, now=now)


def reviewer_exclusion_begin(
    *, queue: Queue, reviewer: User, reason: str, by: User, now: datetime
) -> ReviewerExclusion:
    """From now on the person's answers in the queue count for nothing. The caller has his items recomputed."""
    made = _begin(ReviewerExclusion, "reviewer.excluded", queue=queue, reviewer=reviewer, reason=reason, by=by, now=now)
    # An answer that arrives late under a lease of before must not count either: its token is nobody's any more.
    late = Review.objects.filter(item__queue=queue, reviewer=reviewer, state=Review.State.EXPIRED)
    late.update(token=0)
    return made


def reviewer_exclusion_end(*, queue: Queue, reviewer: User, by: User, now: datetime) -> ReviewerExclusion:
    """The person's answers count again. The caller has his items recomputed.

    Raises:
        Conflict: they are not left out.
    """
    refusal = _("This reviewer’s answers are not left out of this queue.")
    return _end(ReviewerExclusion, "reviewer.included", refusal, queue=queue, reviewer=reviewer, by=by, now=now)


def admit_those_who_answered(*, queue: Queue, by: User, now: datetime) -> int:
    """Whoever has answered here before goes on when a qualification is first asked for. Returns how many.

    Somebody who has left the project meanwhile is not let in.
    """
    have = queue.revieweradmissions.filter(ended_at=None).values("reviewer")
    worked = Review.objects.filter(item__queue=queue, state=Review.State.SUBMITTED).exclude(reviewer__in=have)
    able = queue.project.memberships.filter(role__in=REVIEWING_ROLES, user__in=worked.values("reviewer"))
    people = User.objects.filter(pk__in=able.values("user"))
    for person in people:
        reviewer_admit(queue=queue, reviewer=person, reason=_ANSWERED_BEFORE, by=by, now=now)
    return len(people)


@transaction.atomic
def _begin(
    model: type[M], verb: str, *, queue: Queue, reviewer: User, reason: str, by: User | None, now: datetime
) -> M:
    words = typed(reason)[:_REASON_CHARS]
    if not words:
        raise InvalidInput(_("Say why, in a few words."), field="reason")
    if not queue.project.memberships.filter(user=reviewer, role__in=REVIEWING_ROLES).exists():
        raise InvalidInput(_("This person has no role in the project with which they could review."), field="reviewer")
    one = model(queue=queue, reviewer=reviewer, reason=words, started_by=by, started_at=now)
    try:
        # Inner block: the outer transaction must survive the refused insert, of whoever was second.
        with transaction.atomic():
            one.save(force_insert=True)
    except IntegrityError as exc:
        if not violates(exc, f"{model._meta.model_name}_one_at_a_time"):
            raise
        return model._default_manager.get(queue=queue, reviewer=reviewer, ended_at=None)
    if model is not ReviewerAdmission:
        leases_return(reviewer=reviewer, queue=queue)
    _tell(verb, one, by, now)
    return one


@transaction.atomic
def _end(model: type[M], verb: str, refusal: str, *, queue: Queue, reviewer: User, by: User, now: datetime) -> M:
    # Locked, so that of two managers one ends it and the other is told.
    active = model._default_manager.select_for_update().filter(queue=queue, reviewer=reviewer, ended_at=None).first()
    if active is None:
        raise Conflict(refusal)
    active.ended_by, active.ended_at = by, now
    active.save(update_fields=["ended_by", "ended_at"])
    if model is ReviewerAdmission:
        leases_return(reviewer=reviewer, queue=queue)
    _tell(verb, active, by, now)
    return active


def _tell(verb: str, measure: ReviewerMeasure, by: User | None, now: datetime) -> None:
    payload = {"queue": str(measure.queue_id), "reviewer": str(measure.reviewer_id)}
    event_record(verb=verb, obj=measure, project_id=measure.queue.project_id, actor=by, payload=payload, at=now)
