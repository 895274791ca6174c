"""Celery's doors of the evaluation floor."""

from celery import shared_task
from django.utils import timezone


@shared_task(acks_late=True)
def evaluation_run_execute(run_id: str) -> None:
    """Do one evaluation. A second delivery finds the run claimed and returns."""
    from apps.evaluation import services  # the one lazy import allowed: breaks services <-> tasks

    services.evaluation_run_execute(run_id=run_id)


@shared_task(acks_late=True)
def evaluation_runs_reap() -> None:
    """Periodic: whatever stands still is sent again or failed."""
    from apps.evaluation import services

    services.evaluation_runs_reap(now=timezone.now())
