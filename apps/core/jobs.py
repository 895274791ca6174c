"""The transitions of a job row. Every one is a conditional UPDATE, so two workers never both win."""

from datetime import datetime, timedelta
from typing import TypeVar

from django.db import transaction
from django.db.models import F

from apps.core.models import Job
from apps.core.stored import stored

J = TypeVar("J", bound=Job)

LOG_TAIL_CHARS = 20_000
MAX_ATTEMPTS = 2
_GIVEN_UP = stored("The worker stopped without a word, %(n)s times. Its log tail is kept below.")
_QUEUED_AGAIN = stored("the worker stopped; queued again")
RESEND_AFTER = timedelta(minutes=1)


class JobLost(Exception):
    """The row no longer belongs to this attempt: cancelled, or given to another worker."""


def job_claim(model: type[J], *, job_id: object, now: datetime) -> J | None:
    """QUEUED to RUNNING. None when somebody else has it or it is over: a second delivery is harmless."""
    with transaction.atomic():
        claimed = model._default_manager.filter(pk=job_id, state=Job.State.QUEUED).update(
            state=Job.State.RUNNING,
            attempt=F("attempt") + 1,
            started_at=now,
            heartbeat_at=now,
            progress=0,
            phase="",
            error="",
        )
        return model._default_manager.get(pk=job_id) if claimed else None


def job_beat(job: Job, *, now: datetime, progress: float, phase: str = "", log_tail: str = "") -> bool:
    """Store progress and the heartbeat. Returns whether a cancel was asked for.

    Raises:
        JobLost: this attempt was given up by the reaper.
    """
    model = type(job)
    updated = model._default_manager.filter(pk=job.pk, state=Job.State.RUNNING, attempt=job.attempt).update(
        heartbeat_at=now,
        progress=min(max(progress, 0.0), 1.0),
        phase=phase[:200],
        log_tail=log_tail[-LOG_TAIL_CHARS:],
    )
    if not updated:
        raise JobLost(f"{model.__name__} {job.pk} attempt {job.attempt}")
    return bool(model._default_manager.values_list("cancel_requested", flat=True).get(pk=job.pk))


def job_finish(job: Job, *, state: str, now: datetime, error: str = "") -> None:
    """RUNNING to a terminal state. Call it inside the transaction that writes the job's results.

    Raises:
        JobLost: this attempt was given up; the caller's transaction must roll back.
    """
    finished = (
        type(job)
        ._default_manager.filter(pk=job.pk, state=Job.State.RUNNING, attempt=job.attempt)
        .update(state=state, finished_at=now, error=error, **({"progress": 1.0} if state == "succeeded" else {}))
    )
    if not finished:
        raise JobLost(f"{type(job).__name__} {job.pk} attempt {job.attempt}")
    job.refresh_from_db()


def job_cancel(job: Job, *, now: datetime) -> None:
    """Ask for the end: a queued job is cancelled at once, a running one at its next heartbeat."""
    model = type(job)
    waiting = model._default_manager.filter(pk=job.pk, state=Job.State.QUEUED)
    if not waiting.update(state=Job.State.CANCELLED, cancel_requested=True, finished_at=now):
        model._default_manager.filter(pk=job.pk, state=Job.State.RUNNING).update(cancel_requested=True)
    job.refresh_from_db()


def jobs_reap(model: type[J], *, now: datetime, stale_after: timedelta) -> list[J]:
    """Re-queue running jobs whose heart stopped; fail those that have used up their attempts.

    Returns the jobs to be sent to a worker again: the re-queued ones and those whose message was lost.
    """
    stale = model._default_manager.filter(state=Job.State.RUNNING, heartbeat_at__lt=now - stale_after)
    stale.filter(cancel_requested=True).update(state=Job.State.CANCELLED, finished_at=now)
    stale.filter(attempt__gte=MAX_ATTEMPTS).update(
        state=Job.State.FAILED,
        finished_at=now,
        error=_GIVEN_UP % {"n": MAX_ATTEMPTS},
    )
    # Without a heartbeat it is sent again at once.
    stale.update(state=Job.State.QUEUED, heartbeat_at=None, phase=_QUEUED_AGAIN)
    return _to_send_again(model, now=now, stale_after=stale_after)


def _to_send_again(model: type[J], *, now: datetime, stale_after: timedelta) -> list[J]:
    """Queued jobs that nobody took. Sent at most once a minute: a job may just wait behind a long one."""
    waiting = model._default_manager.filter(state=Job.State.QUEUED)
    lost = waiting.filter(heartbeat_at=None, created_at__lt=now - stale_after)
    taken_before = waiting.filter(heartbeat_at__lt=now - max(stale_after, RESEND_AFTER))
    again = list((lost | taken_before).values_list("pk", flat=True))
    # A queued job's heartbeat is the time of its last message.
    model._default_manager.filter(pk__in=again, state=Job.State.QUEUED).update(heartbeat_at=now)
    return list(model._default_manager.filter(pk__in=again, state=Job.State.QUEUED))
