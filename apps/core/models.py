"""Bases of the tables: UUIDv7 keys, and rows that stand for long-running work."""

from typing import ClassVar

import uuid6
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy


class UUIDModel(models.Model):
    """A row with a time-ordered id."""

    id = models.UUIDField(primary_key=True, default=uuid6.uuid7, editable=False)

    class Meta:
        abstract = True


class Job(UUIDModel):
    """Work that a Celery worker does and that this row is the truth about. See `apps.core.jobs` for the transitions."""

    class State(models.TextChoices):
        QUEUED = "queued", gettext_lazy("Queued")  # waits for a worker
        RUNNING = "running", gettext_lazy("Running")  # a worker holds it and beats its heart
        SUCCEEDED = "succeeded", gettext_lazy("Succeeded")
        FAILED = "failed", gettext_lazy("Failed")  # `error` says why
        CANCELLED = "cancelled", gettext_lazy("Cancelled")

    TERMINAL: ClassVar[tuple[str, ...]] = (State.SUCCEEDED, State.FAILED, State.CANCELLED)

    state = models.CharField(max_length=16, choices=State, default=State.QUEUED)
    attempt = models.PositiveSmallIntegerField(default=0)  # raised at each claim; fences a worker that was given up
    cancel_requested = models.BooleanField(default=False)
    progress = models.FloatField(default=0)  # share done, in [0, 1]
    phase = models.CharField(max_length=200, blank=True)  # what it does now, in words
    seed = models.BigIntegerField(default=0)
    config = models.JSONField(default=dict)  # the exact parameters, never changed after creation
    log_tail = models.TextField(blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)  # null until first claimed
    heartbeat_at = models.DateTimeField(null=True)  # of its worker; while queued: when it was last sent again
    finished_at = models.DateTimeField(null=True)  # null until terminal

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running", "succeeded", "failed", "cancelled"]),
                name="%(class)s_state_known",
            ),
            models.CheckConstraint(condition=Q(progress__gte=0, progress__lte=1), name="%(class)s_progress_share"),
            models.CheckConstraint(
                condition=~Q(state="running") | Q(heartbeat_at__isnull=False), name="%(class)s_running_beats"
            ),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True) | Q(finished_at__gte=F("created_at")),
                name="%(class)s_ends_after_start",
            ),
        ]

    @property
    def is_terminal(self) -> bool:
        return self.state in self.TERMINAL
