"""Celery doors of the queues floor."""

from celery import shared_task
from django.utils import timezone


@shared_task
def leases_expire() -> None:
    """The periodic reaper; claims do not depend on it."""
    from apps.queues import services

    services.leases_expire(now=timezone.now())
