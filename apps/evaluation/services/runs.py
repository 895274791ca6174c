"""Asking for an evaluation, and ending one that was asked for."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.jobs import job_cancel, jobs_reap
from apps.core.version import code_version
from apps.evaluation import tasks
from apps.evaluation.algorithms.gate_types import GateConfig
from apps.evaluation.errors import AlreadyChampion, RunOver, SetUnusable
from apps.evaluation.models import EvaluationRun
from apps.events.services import event_record
from apps.golden.models import GoldenVersion
from apps.training.models import ModelVersion
from apps.training.selectors import champion_of

STALE_AFTER = timedelta(seconds=45)


@transaction.atomic
def evaluation_run_create(
    *,
    candidate: ModelVersion,
    by: User,
    now: datetime,
    golden_version: GoldenVersion | None = None,
    external_set: Mapping[str, Any] | None = None,
    split: str = "test",
    seed: int = 0,
    send: bool = True,
) -> EvaluationRun:
    """Ask for a candidate to be held against the project's champion, or against the majority class where there is none.

    Args:
        external_set: instead of a golden version, as `evaluation.sets.external_set_write` returns it.
        send: False where the caller executes the run himself.
    Raises:
        AlreadyChampion: the candidate serves the project already.
        SetUnusable: not exactly one set is given, the version is another project's, or its split is empty.
    """
    champion = _opponent(candidate)
    _check_set(candidate, golden_version, external_set, split)
    run = EvaluationRun.objects.create(
        project=candidate.project,
        candidate=candidate,
        baseline=EvaluationRun.Baseline.CHAMPION if champion else EvaluationRun.Baseline.MAJORITY_CLASS,
        champion=champion,
        golden_version=golden_version,
        external_set=dict(external_set) if external_set is not None else None,
        split=split,
        seed=seed,
        config={"gate": gate_settings(), "code": code_version()},
        created_by=by,
        created_at=now,
    )
    between = {"candidate": str(candidate.pk), "champion": str(champion.pk) if champion else None}
    event_record(verb="evaluation_run.created", obj=run, project_id=run.project_id, actor=by, payload=between, at=now)
    if send:
        transaction.on_commit(partial(tasks.evaluation_run_execute.delay, str(run.pk)))
    return run


def _opponent(candidate: ModelVersion) -> ModelVersion | None:
    """The champion that the candidate is held against; None where there is none yet."""
    champion = champion_of(project=candidate.project)
    if champion == candidate:
        raise AlreadyChampion(
            _("Model %(candidate)s is the champion already; choose another one to compare.")
            % {"candidate": candidate.number}
        )
    return champion


def gate_settings() -> dict[str, float]:
    """The margins of the rules as the run keeps them."""
    config = GateConfig()
    return {
        "accuracy_margin": config.accuracy_margin,
        "slice_margin": config.slice_margin,
        "latency_ratio": config.latency_ratio,
        "min_slice_items": config.min_slice_items,
    }


def _check_set(
    candidate: ModelVersion, golden_version: GoldenVersion | None, external_set: Mapping[str, Any] | None, split: str
) -> None:
    if (golden_version is None) == (external_set is None):
        raise SetUnusable(_("Name a golden version or a list of rows, one of the two."), field="golden_version")
    if golden_version is None:
        return
    if golden_version.golden_set.project_id != candidate.project_id or golden_version.frozen_at is None:
        raise SetUnusable(_("This version does not belong to the project."), field="golden_version")
    if not golden_version.items.filter(split=split).exists():
        words = f"Version {golden_version.number} of {golden_version.golden_set} has no {split} items to evaluate on."
        raise SetUnusable(words, field="golden_version")


@transaction.atomic
def evaluation_run_cancel(*, run: EvaluationRun, by: User, now: datetime) -> EvaluationRun:
    """End a run: at once while it waits, at its next heartbeat while it runs.

    Raises:
        RunOver: it has ended already.
    """
    run.refresh_from_db()
    if run.is_terminal:
        raise RunOver(_("This evaluation has ended already; nothing was changed."))
    job_cancel(run, now=now)
    event_record(verb="evaluation_run.cancelled", obj=run, project_id=run.project_id, actor=by, at=now)
    return run


def evaluation_runs_reap(*, now: datetime) -> int:
    """Send again what waits without a message or lost its worker; fail what was lost twice. Returns how many were sent.

    No transaction of its own: each step is one conditional UPDATE.
    """
    waiting = jobs_reap(EvaluationRun, now=now, stale_after=STALE_AFTER)
    for run in waiting:
        tasks.evaluation_run_execute.delay(str(run.pk))
    return len(waiting)
