"""What managers and tests decide about one person in one queue. Each begins and ends; nothing of it is rewritten."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.core.models import UUIDModel


class ReviewerMeasure(UUIDModel):
    """A decision about a person in a queue that holds from its start to its end."""

    queue = models.ForeignKey("queues.Queue", on_delete=models.PROTECT, related_name="%(class)ss")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)  # in words, for managers
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )  # null: a test did it
    started_at = models.DateTimeField()
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)  # null: it holds

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(
                fields=["queue", "reviewer"], condition=Q(ended_at__isnull=True), name="%(class)s_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by__isnull=True)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="%(class)s_ended_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reviewer} in {self.queue}: {self.reason}"


class ReviewerPause(ReviewerMeasure):
    """The person gets nothing more from the queue until a manager has looked."""


class ReviewerExclusion(ReviewerMeasure):
    """The person's answers in the queue count for nothing; he gets nothing more there."""


class ReviewerAdmission(ReviewerMeasure):
    """The person may work in a queue that asks newcomers for a qualification."""
