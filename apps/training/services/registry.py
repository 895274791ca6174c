"""From a finished output folder to a registered model version."""

import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from apps.core.jobs import job_finish
from apps.core.models import Job
from apps.events.services import event_record
from apps.projects.models import Project
from apps.training import selectors
from apps.training.errors import ModelDamaged
from apps.training.models import ModelVersion, TrainingRun
from apps.training.trainer.artifact import HASHES, RESULT, read_json, verify_hashes
from apps.training.trainer.errors import TrainerError


def artifact_keep(out: Path) -> str:
    """Verify a finished folder and move it to the artifact store, where its digest is its name.

    Outside of any transaction: a folder that no row names is harmless, a row without its folder is not.

    Returns:
        The digest.
    Raises:
        ModelDamaged: a file is not what its hash says, here or already in the store.
    """
    try:
        digest = verify_hashes(out)
        target = Path(settings.ARTIFACT_ROOT) / "models" / digest
        if target.exists():
            verify_hashes(target)
            shutil.rmtree(out)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            out.rename(target)
    except TrainerError as error:
        raise ModelDamaged(error.message) from error
    return digest


@transaction.atomic
def model_version_register(*, run: TrainingRun, digest: str, now: datetime) -> ModelVersion:
    """Write the model version and end its run, both or neither. The files must lie in the store.

    Raises:
        JobLost: the run was given to another attempt meanwhile; nothing is written.
    """
    folder = Path(settings.ARTIFACT_ROOT) / "models" / digest
    result = read_json(folder / RESULT)
    # Two runs that finish at once would take the same number.
    project = Project.objects.select_for_update().get(pk=run.project_id)
    job_finish(run, state=Job.State.SUCCEEDED, now=now)
    TrainingRun.objects.filter(pk=run.pk).update(metrics=run_metrics(run.metrics, result["metrics"]))
    model = ModelVersion.objects.create(
        project=project,
        number=(ModelVersion.objects.filter(project=project).aggregate(last=Max("number"))["last"] or 0) + 1,
        kind=result["kept"],
        base=run.config["base"],
        labels=run.config["labels"],
        artifact_sha256=digest,
        files=read_json(folder / HASHES)["files"],
        parent=selectors.champion_of(project=project),
        training_run=run,
        golden_version_id=run.golden_version_id,
        metrics=result["metrics"],
        created_at=now,
    )
    event_record(
        verb="model_version.registered",
        obj=model,
        project_id=project.pk,
        actor=run.created_by,
        payload={"number": model.number, "run_id": str(run.pk), "sha256": digest, "kind": model.kind},
        at=now,
    )
    return model


def model_state_set(*, model: ModelVersion, state: str) -> ModelVersion:
    """Write a model's state in the caller's transaction; a second champion of a project is refused by the database."""
    ModelVersion.objects.filter(pk=model.pk).update(state=state)
    model.refresh_from_db(fields=["state"])
    return model


def run_metrics(live: dict[str, Any], final: dict[str, Any]) -> dict[str, Any]:
    """The run's metrics at its end: the final ones, and beside them the curves as they were seen live."""
    return {**final, "loss_curve": live.get("loss_curve", []), "validation_curve": live.get("validation_curve", [])}
