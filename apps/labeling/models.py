"""Answers: annotations, never edited, and drafts, seen by their writer only."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.core.models import UUIDModel


class Annotation(UUIDModel):
    """One reviewer's answer to one item. Rows are superseded or withdrawn, never edited (trigger annotation_frozen)."""

    class Status(models.TextChoices):
        CURRENT = "current"  # counts towards the consensus
        SUPERSEDED = "superseded"  # replaced by a later answer of the same reviewer
        WITHDRAWN = "withdrawn"  # undone; the review was given back

    class Source(models.TextChoices):
        HUMAN = "human"
        SIMULATED = "simulated"  # demos and benchmarks; marked everywhere
        MODEL = "model"
        IMPORTED = "imported"

    item = models.ForeignKey("queues.Item", on_delete=models.PROTECT, related_name="annotations")
    review = models.ForeignKey("queues.Review", on_delete=models.PROTECT, related_name="annotations")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    schema = models.ForeignKey("projects.LabelSchema", on_delete=models.PROTECT, related_name="+")
    guideline = models.ForeignKey(
        "projects.Guideline", on_delete=models.PROTECT, null=True, related_name="+"
    )  # null: none yet
    result = models.JSONField()  # Label Studio result: a list of regions
    label = models.CharField(
        max_length=500, blank=True
    )  # canonical value for consensus; empty: free text, not voted on
    note = models.TextField(blank=True)  # for the adjudicator
    status = models.CharField(max_length=16, choices=Status, default=Status.CURRENT)
    source = models.CharField(max_length=16, choices=Source, default=Source.HUMAN)
    token = (
        models.BigIntegerField()
    )  # of the lease it was given under: the same token and answer again is the same answer
    duration_ms = models.PositiveIntegerField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item", "reviewer"], condition=Q(status="current"), name="annotation_one_current"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["current", "superseded", "withdrawn"]), name="annotation_status_known"
            ),
            models.CheckConstraint(
                condition=Q(source__in=["human", "simulated", "model", "imported"]), name="annotation_source_known"
            ),
        ]
        indexes = [models.Index(fields=["reviewer", "-created_at"], name="annotation_of_person")]  # history, undo
        triggers = [
            pgtrigger.ReadOnly(name="annotation_frozen", exclude=["status"]),
            pgtrigger.Protect(name="annotation_kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="annotation_not_revived",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(new__status="current") & ~pgtrigger.Q(old__status="current"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reviewer}: {self.label}"


class Draft(UUIDModel):
    """Unfinished work on an item. It survives the lease and is shown to nobody else."""

    item = models.ForeignKey("queues.Item", on_delete=models.CASCADE, related_name="+")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    fields = models.JSONField()  # the form as posted, {name: [values]}
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "reviewer"], name="draft_once")]

    def __str__(self) -> str:
        return f"draft of {self.reviewer} on {self.item_id}"
