"""Evaluation runs and what the gate decided."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.core.models import Job, UUIDModel


class EvaluationRun(Job):
    """A candidate, and the champion beside it, on the same items of a frozen version's split or of a fixed list."""

    class Baseline(models.TextChoices):
        CHAMPION = "champion"
        MAJORITY_CLASS = "majority_class"  # the project has no champion yet

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="evaluation_runs")
    candidate = models.ForeignKey("training.ModelVersion", on_delete=models.PROTECT, related_name="evaluation_runs")
    baseline = models.CharField(max_length=16, choices=Baseline)
    champion = models.ForeignKey(
        "training.ModelVersion", on_delete=models.PROTECT, null=True, related_name="+"
    )  # null: majority class
    golden_version = models.ForeignKey(
        "golden.GoldenVersion", on_delete=models.PROTECT, null=True, related_name="evaluation_runs"
    )  # null: external set
    split = models.CharField(max_length=16, default="test")
    # Rows that belong to no golden version (the loop command's gate half): {name, sha256, path in ARTIFACT_ROOT}.
    external_set = models.JSONField(null=True)
    metrics = models.JSONField(default=dict)  # accuracy, macro-F1, per class, confusion, calibration, latency, paired
    predictions_sha256 = models.CharField(max_length=64, blank=True)  # file in ARTIFACT_ROOT/predictions
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta(Job.Meta):
        constraints = [
            *Job.Meta.constraints,
            models.CheckConstraint(
                condition=Q(golden_version__isnull=False) ^ Q(external_set__isnull=False), name="evaluationrun_one_set"
            ),
            models.CheckConstraint(
                condition=Q(baseline="champion", champion__isnull=False)
                | Q(baseline="majority_class", champion__isnull=True),
                name="evaluationrun_baseline_fits",
            ),
        ]

    def __str__(self) -> str:
        return f"evaluation of {self.candidate}"


class GateDecision(UUIDModel):
    """What the rules said about a candidate, with the evidence. Never edited."""

    class Verdict(models.TextChoices):
        PASS = "pass"  # noqa: S105 - a verdict, no password
        FAIL = "fail"
        NOT_ENOUGH_EVIDENCE = "not_enough_evidence"

    evaluation_run = models.OneToOneField(EvaluationRun, on_delete=models.PROTECT, related_name="gate_decision")
    verdict = models.CharField(max_length=24, choices=Verdict)
    words = models.TextField()
    rules = models.JSONField()  # [{code, name, verdict, value, low, high, limit, n, words, items_needed}]
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict__in=["pass", "fail", "not_enough_evidence"]), name="gatedecision_verdict_known"
            )
        ]
        triggers = [pgtrigger.Protect(name="gatedecision_immutable", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.verdict} for {self.evaluation_run_id}"
