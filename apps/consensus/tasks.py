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
def labels_allot_all() -> None:
    """The periodic look at where the next answers of the label budgets do most; claims do not depend on it."""
    from apps.consensus import services
    from apps.queues.models import Queue

    for queue in Queue.objects.filter(spending__isnull=False).exclude(state=Queue.State.CLOSED):
        while services.labels_allot(queue=queue, now=timezone.now()):
            pass  # once, but for what rests after a budget was ended: that goes on in steps


@shared_task
def disputes_judge() -> None:
    """The periodic look at what became disputed while nobody answered."""
    from apps.consensus import services

    services.disputes_judge()
