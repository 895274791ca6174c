"""Celery doors of the queues floor."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone


@shared_task
def leases_expire() -> None:
    """The periodic reaper; claims do not depend on it."""
    from apps.queues import services

    services.leases_expire(now=timezone.now())


@shared_task
def asked_end() -> None:
    """Items that waited for one person are for everybody again."""
    from apps.queues import services

    services.asked_end(now=timezone.now())


@shared_task(acks_late=True)
def upload_import_execute(upload_id: str) -> None:
    from apps.queues.services import imports

    imports.upload_import_execute(upload_id=UUID(upload_id))


@shared_task
def imports_resume() -> None:
    """The periodic reaper of imports."""
    from apps.queues.services import imports

    imports.imports_resume(now=timezone.now())
