"""Models, evaluations, decisions: the rows alone, without files."""

import itertools
from collections.abc import Sequence

from apps.core.canonical import sha256_hex
from apps.evaluation.models import EvaluationRun, GateDecision
from apps.golden.models import GoldenVersion
from apps.projects.labelling import parse_config
from apps.rollout.models import Deployment
from apps.training.models import ModelVersion, TrainingRun
from tests.factories.clock import NOW

_number = itertools.count(1)


def training_run(version: GoldenVersion, **fields) -> TrainingRun:
    """A run that succeeded."""
    project = version.golden_set.project
    defaults = {
        "state": "succeeded",
        "config": {"base": "minilm", "tuner": "probe"},
        "created_by": project.created_by,
        "created_at": NOW,
        "started_at": NOW,
        "heartbeat_at": NOW,
        "finished_at": NOW,
        "progress": 1.0,
    } | fields
    return TrainingRun.objects.create(project=project, golden_version=version, **defaults)


def model_version(version: GoldenVersion, *, labels: Sequence[str] = (), **fields) -> ModelVersion:
    """A registered model whose folder does not exist."""
    project = version.golden_set.project
    defaults = {
        "number": project.model_versions.count() + 1,
        "kind": "probe",
        "base": "minilm",
        "labels": list(labels or parse_config(version.schema.config).classes),
        "artifact_sha256": sha256_hex(["model", next(_number)]),
        "files": {},
        "created_at": NOW,
    } | fields
    run = defaults.pop("training_run", None) or training_run(version)
    return ModelVersion.objects.create(project=project, golden_version=version, training_run=run, **defaults)


def evaluation_run(candidate: ModelVersion, version: GoldenVersion, *, champion=None, **fields) -> EvaluationRun:
    """A queued run; against the majority class unless a champion is given."""
    defaults = {
        "baseline": "champion" if champion else "majority_class",
        "created_by": candidate.project.created_by,
        "created_at": NOW,
    } | fields
    return EvaluationRun.objects.create(
        project=candidate.project, candidate=candidate, champion=champion, golden_version=version, **defaults
    )


def gate_decision(run: EvaluationRun, verdict: str = "pass", **fields) -> GateDecision:
    defaults = {"words": "May be promoted.", "rules": [], "created_at": NOW} | fields
    return GateDecision.objects.create(evaluation_run=run, verdict=verdict, **defaults)


def deployment(model: ModelVersion, **fields) -> Deployment:
    """The model serves its project now; whoever served before has to be ended by the test."""
    ModelVersion.objects.filter(pk=model.pk).update(state="champion")
    model.refresh_from_db()
    if "gate_decision" not in fields and not fields.get("is_rollback"):
        fields["gate_decision"] = gate_decision(evaluation_run(model, model.golden_version, state="succeeded"))
    defaults = {"started_by": model.project.created_by, "started_at": NOW} | fields
    return Deployment.objects.create(project=model.project, model_version=model, **defaults)
