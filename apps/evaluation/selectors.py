"""Reads of evaluation runs and gate decisions."""

from django.db.models import QuerySet

from apps.evaluation.models import EvaluationRun, GateDecision
from apps.golden.models import GoldenVersion
from apps.golden.selectors import versions_of
from apps.projects.models import Project
from apps.training.models import ModelVersion


def runs_of(*, project: Project) -> QuerySet[EvaluationRun]:
    """The project's runs, newest first, with what a list shows of each. The only way views reach a run. One query."""
    return (
        EvaluationRun.objects.filter(project=project)
        .select_related("candidate", "champion", "golden_version__golden_set", "gate_decision", "created_by")
        .order_by("-created_at", "-pk")
    )


def decisions_of(*, project: Project) -> QuerySet[GateDecision]:
    """The project's gate decisions. The only way views reach one."""
    return GateDecision.objects.filter(evaluation_run__project=project).select_related(
        "evaluation_run__candidate", "evaluation_run__champion", "evaluation_run__golden_version__golden_set"
    )


def models_evaluable(*, project: Project) -> QuerySet[ModelVersion]:
    """Models that may be held against the champion, newest first."""
    models = ModelVersion.objects.filter(project=project).exclude(state=ModelVersion.State.CHAMPION)
    return models.select_related("golden_version__golden_set").order_by("-number")


def versions_evaluable(*, project: Project) -> QuerySet[GoldenVersion]:
    """Frozen versions that have a test side, newest first."""
    return versions_of(project=project).filter(manifest__splits__test__gt=0)
