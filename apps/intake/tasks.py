"""Celery doors of the intake floor."""

from celery import shared_task
from django.utils import timezone


@shared_task(acks_late=True)
def intake_tidy() -> None:
    """Drop stored answers and unconfirmed files that have had their time."""
    from apps.intake import services

    services.responses_forget(now=timezone.now())
    services.uploads_forget(now=timezone.now())
