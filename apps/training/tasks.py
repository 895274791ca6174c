"""Celery doors of training. The row is the truth; a second delivery of a message finds it taken and returns."""

from celery import shared_task
from django.utils import timezone


@shared_task(acks_late=True)
def training_run_execute(run_id: str) -> None:
    """Do one queued run."""
    from apps.training import services

    services.training_run_execute(run_id=run_id)


@shared_task
def training_runs_reap() -> None:
    """Rescue runs whose worker died. Goes to the default queue: the training worker may be busy, or be the dead one."""
    from apps.training import services

    services.runs_reap(now=timezone.now())
