"""Celery's doors of the rollout floor."""

from celery import shared_task
from django.utils import timezone


@shared_task(acks_late=True)
def rescoring_run_execute(run_id: str) -> None:
    """Do one re-scoring. A second delivery finds the run claimed and returns."""
    from apps.rollout import services  # the one lazy import allowed: breaks services <-> tasks

    services.rescoring_run_execute(run_id=run_id)


@shared_task(acks_late=True)
def rescoring_runs_reap() -> None:
    """Periodic: whatever stands still is sent again or failed."""
    from apps.rollout import services

    services.rescoring_runs_reap(now=timezone.now())


@shared_task(acks_late=True)
def rescoring_arrivals() -> None:
    """Periodic: what came in since is scored by the champion too, or by the starting probe of a cold start."""
    from apps.rollout import services

    services.rescoring_arrivals(now=timezone.now())
    services.starting_probes_ask(now=timezone.now())
