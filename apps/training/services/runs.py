"""Training runs: asked for, executed under supervision, cancelled, rescued."""

import json
import logging
import shutil
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.errors import TouchstoneError
from apps.core.jobs import JobLost, job_beat, job_cancel, job_claim, job_finish, jobs_reap
from apps.core.models import Job
from apps.events.services import event_record
from apps.golden.models import GoldenVersion
from apps.projects.models import Project
from apps.training import selectors, tasks
from apps.training.errors import TrainingRefused
from apps.training.models import TrainingRun
from apps.training.run_config import checked_config
from apps.training.services.live import Live
from apps.training.services.process import trainer_run
from apps.training.services.registry import artifact_keep, model_version_register

logger = logging.getLogger(__name__)

# A worker beats about every second; after so many without one it is taken for dead.
STALE_AFTER = timedelta(seconds=20)


class CancelAsked(Exception):
    """Somebody asked for the end of the run."""


@transaction.atomic
def training_run_create(
    *,
    project: Project,
    golden_version: GoldenVersion,
    config: Mapping[str, Any],
    seed: int,
    by: User,
    now: datetime,
    send: bool = True,
) -> TrainingRun:
    """Queue a fine-tune on the training split of a frozen version.

    Args:
        config: any of base, tuner, validation_share, time_budget_s, early_stopping_patience and lora; the rest gets its
            default, and the row keeps them all.
        send: False where the caller executes the run himself.
    Raises:
        TrainingRefused: the version or a setting cannot be trained with; names the field.
    """
    if golden_version.golden_set.project_id != project.pk or golden_version.frozen_at is None:
        raise TrainingRefused(_("Choose a frozen golden version of this project."), field="golden_version")
    run = TrainingRun.objects.create(
        project=project,
        golden_version=golden_version,
        config=checked_config(config, version=golden_version),
        seed=seed,
        created_by=by,
        created_at=now,
    )
    payload = {"golden_version_id": str(golden_version.pk), "seed": seed, "tuner": run.config["tuner"]}
    event_record(verb="training_run.created", obj=run, project_id=project.pk, actor=by, payload=payload, at=now)
    if send:
        transaction.on_commit(partial(tasks.training_run_execute.delay, str(run.pk)))
    return run


@transaction.atomic
def training_run_cancel(*, run: TrainingRun, by: User, now: datetime) -> TrainingRun:
    """End a run: at once while it waits, within seconds while it runs; a finished one stays as it is."""
    job_cancel(run, now=now)
    if run.cancel_requested:
        event_record(verb="training_run.cancel_asked", obj=run, project_id=run.project_id, actor=by, at=now)
    return run


def training_run_execute(*, run_id: UUID | str) -> None:
    """Do a queued run, in this process's child; returns at once when the run is not queued (any more).

    Not one transaction: progress must be seen while it runs. What it writes at its end is one.
    """
    run = job_claim(TrainingRun, job_id=run_id, now=timezone.now())
    if run is None:
        return
    workdir = _fresh_workdir(run)
    try:
        digest = artifact_keep(trainer_run(workdir=workdir, job=_job(run, workdir), on_beat=partial(_beat, run)))
        model_version_register(run=run, digest=digest, now=timezone.now())
    except JobLost:
        # The reaper gave the run away while this worker was held up; the other attempt writes the result.
        logger.warning("Training run %s attempt %s was given up.", run.pk, run.attempt)
    except CancelAsked:
        _end(run, state=Job.State.CANCELLED, verb="training_run.cancelled")
    except TouchstoneError as error:
        _end(run, state=Job.State.FAILED, verb="training_run.failed", error=error.message)
    except Exception as error:
        _end(run, state=Job.State.FAILED, verb="training_run.failed", error=f"{type(error).__name__}: {error}")
        raise
    finally:
        shutil.rmtree(workdir, ignore_errors=True)


def runs_reap(*, now: datetime) -> int:
    """Send runs again whose worker died or whose message was lost; fail those that died twice. Returns how many."""
    waiting = jobs_reap(TrainingRun, now=now, stale_after=STALE_AFTER)
    for run in waiting:
        tasks.training_run_execute.delay(str(run.pk))
    return len(waiting)


def _job(run: TrainingRun, workdir: Path) -> dict[str, Any]:
    """The trainer's job; writes the training split beside it."""
    version = run.golden_version
    n_erased = _write_rows(version, workdir / "train.jsonl")
    return {
        **run.config,
        "kind": "train",
        "train": str(workdir / "train.jsonl"),
        "cache_dir": str(settings.EMBEDDING_CACHE_ROOT),
        "seed": run.seed,
        "golden": {
            "golden set": version.golden_set.name,
            "version": version.number,
            "content hash": version.content_hash,
            "items left out because their content was erased": n_erased,
            "items that rest on simulated answers or traces": version.manifest["simulated"]["items"],
        },
    }


def _write_rows(version: GoldenVersion, path: Path) -> int:
    """Write the training split as JSONL; returns how many items are gaps."""
    n_erased = 0
    with path.open("w", encoding="utf-8") as file:
        for row in selectors.training_rows(version=version):
            if row is None:
                n_erased += 1
            else:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return n_erased


def _fresh_workdir(run: TrainingRun) -> Path:
    """An empty folder for this attempt. Texts that killed attempts left behind, of this run or of others, go."""
    root = Path(settings.ARTIFACT_ROOT) / "work"
    workdir = root / f"training-{run.pk}-{run.attempt}"
    rows = TrainingRun.objects.filter(state=Job.State.RUNNING).values_list("pk", "attempt")
    in_use = {f"training-{pk}-{attempt}" for pk, attempt in rows} - {workdir.name}
    for stale in root.glob("training-*"):
        if stale.name not in in_use:
            shutil.rmtree(stale, ignore_errors=True)
    workdir.mkdir(parents=True)
    return workdir


def _beat(run: TrainingRun, live: Live) -> None:
    """Store progress; raise where the run must stop."""
    curves = {"loss_curve": live.losses, "validation_curve": live.accuracies}
    if curves != run.metrics:
        run.metrics = {name: list(points) for name, points in curves.items()}
        TrainingRun.objects.filter(pk=run.pk, attempt=run.attempt, state=Job.State.RUNNING).update(metrics=run.metrics)
    if job_beat(run, now=timezone.now(), progress=live.share, phase=live.phase, log_tail=live.log_tail):
        raise CancelAsked


@transaction.atomic
def _end(run: TrainingRun, *, state: str, verb: str, error: str = "") -> None:
    now = timezone.now()
    try:
        job_finish(run, state=state, now=now, error=error)
    except JobLost:
        return
    event_record(verb=verb, obj=run, project_id=run.project_id, payload={"attempt": run.attempt}, at=now)
