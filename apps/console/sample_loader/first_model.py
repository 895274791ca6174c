"""The sample's first model: trained, evaluated and promoted by the services that do it for everybody."""

from datetime import datetime
from importlib.util import find_spec

from django.utils import timezone

from apps.accounts.models import User
from apps.evaluation.models import GateDecision
from apps.evaluation.services import evaluation_run_create, evaluation_run_execute
from apps.golden.models import GoldenVersion
from apps.projects.models import Project
from apps.rollout.models import RescoringRun
from apps.rollout.services import model_promote, rescoring_run_execute
from apps.training.models import ModelVersion
from apps.training.services import training_run_create, training_run_execute

_SEED = 20
# The probe alone: on so few labels it is the better one, and it is there in seconds.
_CONFIG = {"base": "minilm", "tuner": "probe"}


def sample_model(*, project: Project) -> None:
    """Make the first champion, unless somebody has trained before or the machine cannot.

    Not one transaction: jobs show their progress and keep what they have reached.
    """
    if project.training_runs.exists() or find_spec("torch") is None:
        return
    by = project.created_by
    version = GoldenVersion.objects.filter(golden_set__project=project).latest("frozen_at")
    model = _trained(project, version, by=by, now=timezone.now())
    decision = _judged(model, version, by=by, now=timezone.now()) if model else None
    if decision is not None and decision.verdict == GateDecision.Verdict.PASS:
        _promoted(project, decision, by=by)


def _trained(project: Project, version: GoldenVersion, *, by: User, now: datetime) -> ModelVersion | None:
    run = training_run_create(
        project=project, golden_version=version, config=_CONFIG, seed=_SEED, by=by, now=now, send=False
    )
    training_run_execute(run_id=run.pk)
    return ModelVersion.objects.filter(training_run=run).first()


def _judged(model: ModelVersion, version: GoldenVersion, *, by: User, now: datetime) -> GateDecision | None:
    run = evaluation_run_create(candidate=model, golden_version=version, by=by, now=now, seed=_SEED, send=False)
    evaluation_run_execute(run_id=run.pk)
    return GateDecision.objects.filter(evaluation_run=run).first()


def _promoted(project: Project, decision: GateDecision, *, by: User) -> None:
    model_promote(gate_decision=decision, by=by, now=timezone.now())
    # A worker may have been told as well; whoever claims the row does it, the other one returns.
    for pk in RescoringRun.objects.filter(project=project).values_list("pk", flat=True):
        rescoring_run_execute(run_id=pk)
