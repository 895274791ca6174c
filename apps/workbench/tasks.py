"""Celery doors of the workbench."""

from celery import shared_task
from django.utils import timezone


@shared_task
def agreement_days_update() -> None:
    """Give everybody his own figures for today, where there are some."""
    from apps.workbench import pace

    pace.days_update(now=timezone.now())


@shared_task(acks_late=True)
def exclusion_recompute(queue_id: str, reviewer_id: str) -> None:
    """Bring a queue's items up to date with whether a person's answers count."""
    from apps.accounts.models import User
    from apps.queues.models import Queue
    from apps.workbench import services_exclude

    queue, reviewer = Queue.objects.select_related("project").get(pk=queue_id), User.objects.get(pk=reviewer_id)
    services_exclude.exclusion_recompute(queue=queue, reviewer=reviewer, now=timezone.now())


@shared_task
def exclusions_resume() -> None:
    """The periodic reaper: takes up what a killed worker left."""
    from apps.consensus.services.exclusions import exclusions_unfinished

    for queue_id, reviewer_id in exclusions_unfinished():
        exclusion_recompute(str(queue_id), str(reviewer_id))
