"""Celery doors of the consensus floor."""

from celery import shared_task
from django.utils import timezone


@shared_task
def quality_fit_all() -> None:
    """Fit the reviewers of every queue that has not ended."""
    from apps.consensus import services
    from apps.queues.models import Queue

    for queue in Queue.objects.exclude(state=Queue.State.CLOSED):
        services.quality_fit(queue=queue, now=timezone.now())


@shared_task
def disputes_judge() -> None:
    """The periodic look at what became disputed while nobody answered."""
    from apps.consensus import services

    services.disputes_judge()
