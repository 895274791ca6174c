"""The registry of models and the runs that make them."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.core.models import Job, UUIDModel


class TrainingRun(Job):
    """One fine-tune on a frozen version. `config` holds base, tuner, budget and every other parameter."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="training_runs")
    golden_version = models.ForeignKey("golden.GoldenVersion", on_delete=models.PROTECT, related_name="training_runs")
    metrics = models.JSONField(default=dict)  # loss curve, probe and LoRA on validation, what was kept and why
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta(Job.Meta):
        pass

    def __str__(self) -> str:
        return f"training run {self.pk}"


class ModelVersion(UUIDModel):
    """A trained model whose files are complete and hashed. Only its state ever changes."""

    class State(models.TextChoices):
        CANDIDATE = "candidate"  # trained; not (or not yet) promoted
        CHAMPION = "champion"  # serves the project: scores its queues
        RETIRED = "retired"  # was champion

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="model_versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=16, choices=State, default=State.CANDIDATE)
    kind = models.CharField(max_length=16)  # probe | lora: what was kept
    base = models.CharField(max_length=300)  # as asked for: "minilm", a Hugging Face id, a folder's name
    labels = models.JSONField()  # order of the probabilities
    artifact_sha256 = models.CharField(max_length=64)  # digest over all files; the folder in ARTIFACT_ROOT/models
    files = models.JSONField()  # {path: sha256}
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="children"
    )  # champion at its birth
    training_run = models.OneToOneField(TrainingRun, on_delete=models.PROTECT, related_name="model_version")
    golden_version = models.ForeignKey("golden.GoldenVersion", on_delete=models.PROTECT, related_name="model_versions")
    metrics = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="modelversion_number_once"),
            models.UniqueConstraint(
                fields=["project"], condition=Q(state="champion"), name="modelversion_one_champion"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["candidate", "champion", "retired"]), name="modelversion_state_known"
            ),
            models.CheckConstraint(condition=Q(kind__in=["probe", "lora"]), name="modelversion_kind_known"),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="modelversion_frozen", exclude=["state"]),
            pgtrigger.Protect(name="modelversion_kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"model {self.number}"

    @property
    def ref(self) -> str:
        """The text id by which intake and queues name it."""
        return f"model-{self.number}"
