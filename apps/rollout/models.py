"""Which model serves a project, since when, by whose word; and the re-scoring that follows."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.core.models import Job, UUIDModel


class Deployment(UUIDModel):
    """A span of time in which a model was the project's champion."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="deployments")
    model_version = models.ForeignKey("training.ModelVersion", on_delete=models.PROTECT, related_name="deployments")
    gate_decision = models.ForeignKey(
        "evaluation.GateDecision", on_delete=models.PROTECT, null=True, related_name="deployments"
    )  # null: rollback
    previous = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")  # null: the first
    is_rollback = models.BooleanField(default=False)
    override = models.OneToOneField(
        "Override", on_delete=models.PROTECT, null=True, related_name="deployment"
    )  # null: gate passed
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)  # null: serves now

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project"], condition=Q(ended_at__isnull=True), name="deployment_one_active"
            ),
            models.CheckConstraint(
                condition=Q(is_rollback=True) | Q(gate_decision__isnull=False), name="deployment_has_gate"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model_version} since {self.started_at}"


class Override(UUIDModel):
    """A manager wants to promote against the gate: needs a reason, and a second manager's confirmation."""

    class State(models.TextChoices):
        REQUESTED = "requested"
        CONFIRMED = "confirmed"
        REFUSED = "refused"

    gate_decision = models.ForeignKey("evaluation.GateDecision", on_delete=models.PROTECT, related_name="overrides")
    state = models.CharField(max_length=16, choices=State, default=State.REQUESTED)
    reason = models.TextField()
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )  # null: open
    decided_at = models.DateTimeField(null=True)  # null: open

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["gate_decision"], condition=Q(state="requested"), name="override_one_waiting"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="override_has_reason"),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("requested_by")) | Q(state="refused"),
                name="override_two_people",
            ),
            models.CheckConstraint(
                condition=Q(state="requested", decided_by__isnull=True)
                | (Q(state__in=["confirmed", "refused"]) & Q(decided_by__isnull=False)),
                name="override_decided_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"override of {self.gate_decision_id}"


class RescoringRun(Job):
    """A model predicts the waiting items anew and their order follows: the champion, or before it a starting probe."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="rescoring_runs")
    model_version = models.ForeignKey(
        "training.ModelVersion", on_delete=models.PROTECT, null=True, related_name="rescoring_runs"
    )  # null: a starting probe
    probe_sha256 = models.CharField(max_length=64, blank=True)  # the starting probe's files; empty: not fitted yet
    n_items = models.PositiveIntegerField(default=0)
    n_moved = models.PositiveIntegerField(default=0)  # items whose sort key changed

    class Meta(Job.Meta):
        constraints = [
            *Job.Meta.constraints,
            models.CheckConstraint(
                condition=Q(model_version__isnull=True) | Q(probe_sha256=""), name="rescoringrun_one_model"
            ),
        ]

    def __str__(self) -> str:
        return f"re-scoring by {self.model_version or 'a starting probe'}"

    @property
    def model_ref(self) -> str:
        """The text id under which its predictions are stored."""
        return self.model_version.ref if self.model_version else str(self.config["model"])
