"""Celery doors of the workbench."""

from celery import shared_task
from django.utils import timezone


@shared_task
def agreement_days_update() -> None:
    """Give everybody his own figure for today, where there is one."""
    from apps.workbench import pace

    pace.agreement_days_update(now=timezone.now())
