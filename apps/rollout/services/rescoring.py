"""A new champion, or a starting probe, predicts the waiting items, and the queues' order follows."""

import tempfile
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import numpy as np
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from numpy.typing import NDArray

from apps.core.errors import TouchstoneError
from apps.core.jobs import JobLost, job_beat, job_cancel, job_claim, job_finish, jobs_reap
from apps.core.models import Job
from apps.core.version import code_version
from apps.events.services import event_record
from apps.golden.texts import shown_text
from apps.intake.models import Prediction
from apps.intake.services import predictions_store
from apps.labeling.schema_chain import SchemaChain
from apps.projects.labelling import parse_config
from apps.projects.models import Project
from apps.queues.models import Item, Queue
from apps.queues.services import cursors_reset, queue_rescore
from apps.rollout import tasks
from apps.rollout.models import RescoringRun
from apps.rollout.selectors import WAITING, items_unscored
from apps.rollout.services.cold_start import ARRIVALS_ONLY, PROBE_ONLY_WHERE, starting_probe_of
from apps.training.models import ModelVersion
from apps.training.services import StartingProbe, model_predict
from apps.training.services.runs import CancelAsked

STALE_AFTER = timedelta(seconds=45)
CHUNK = 500
PREDICTING = 0.8  # share of the work


def rescoring_run_create(*, project: Project, model: ModelVersion, now: datetime) -> RescoringRun:
    """Ask for a re-scoring in the caller's transaction; what an earlier champion still had to score is called off."""
    for running in RescoringRun.objects.filter(project=project, state__in=[Job.State.QUEUED, Job.State.RUNNING]):
        job_cancel(running, now=now)
    config = {"code": code_version(), "model": model.ref}
    run = RescoringRun.objects.create(project=project, model_version=model, config=config, created_at=now)
    transaction.on_commit(partial(tasks.rescoring_run_execute.delay, str(run.pk)))
    return run


@transaction.atomic
def rescoring_arrivals(*, now: datetime) -> int:
    """Periodic: let each champion score what came in after its re-scoring. Returns how many runs were asked for.

    One at a time for each project; such a run moves only the items that it predicts.
    """
    asked = 0
    for model in ModelVersion.objects.filter(state=ModelVersion.State.CHAMPION).order_by("project"):
        # Two beats at once must not ask twice.
        project = Project.objects.select_for_update().get(pk=model.project_id)
        pending = RescoringRun.objects.filter(project=project, state__in=[Job.State.QUEUED, Job.State.RUNNING])
        if pending.exists() or not items_unscored(project=project, model_ref=model.ref).exists():
            continue
        config = {"code": code_version(), "model": model.ref, ARRIVALS_ONLY: True}
        run = RescoringRun.objects.create(project=project, model_version=model, config=config, created_at=now)
        transaction.on_commit(partial(tasks.rescoring_run_execute.delay, str(run.pk)))
        asked += 1
    return asked


def rescoring_run_execute(*, run_id: object) -> None:
    """Do the run if it waits. Doing it twice changes nothing: predictions are stored once, places are recomputed.

    No transaction around the whole: predicting takes minutes, and items are moved in portions.
    """
    run = job_claim(RescoringRun, job_id=run_id, now=timezone.now())
    if run is None:
        return
    try:
        _execute(run)
    except JobLost:
        return  # The reaper gave the run to another worker.
    except CancelAsked:
        _end(run, state=Job.State.CANCELLED, error="")
    except TouchstoneError as exc:
        _end(run, state=Job.State.FAILED, error=exc.message)
    except Exception as exc:
        _end(run, state=Job.State.FAILED, error=f"{type(exc).__name__}: {exc}")
        raise


def rescoring_runs_reap(*, now: datetime) -> int:
    """Send again what waits without a message or lost its worker; fail what was lost twice. Returns how many were sent.

    No transaction of its own: each step is one conditional UPDATE.
    """
    waiting = jobs_reap(RescoringRun, now=now, stale_after=STALE_AFTER)
    for run in waiting:
        tasks.rescoring_run_execute.delay(str(run.pk))
    return len(waiting)


@transaction.atomic
def _end(run: RescoringRun, *, state: str, error: str = "") -> None:
    job_finish(run, state=state, now=timezone.now(), error=error)
    payload = {"model": run.model_ref, "items": run.n_items, "moved": run.n_moved}
    event_record(verb=f"rescoring_run.{state}", obj=run, project_id=run.project_id, payload=payload)


def _execute(run: RescoringRun) -> None:
    queues = list(run.project.queues.exclude(state=Queue.State.CLOSED).order_by("pk"))
    wanted = _waiting_traces(run, queues)
    n_new = _predict_missing(run, wanted)
    n_predicted = n_new if run.config.get(ARRIVALS_ONLY) else len(wanted)
    moved = 0
    for index, queue in enumerate(queues):
        moved += _reorder(run, queue, done=index / len(queues))
    RescoringRun.objects.filter(pk=run.pk).update(n_items=n_predicted, n_moved=moved)
    run.refresh_from_db(fields=["n_items", "n_moved"])
    _end(run, state=Job.State.SUCCEEDED)


def _waiting_traces(run: RescoringRun, queues: Sequence[Queue]) -> dict[UUID, str]:
    """Text by trace id of what waits in the queues for this model and is judged by a single choice."""
    scope = PROBE_ONLY_WHERE if run.model_version is None else Q()
    items = (
        Item.objects.filter(WAITING, scope, queue__in=queues, trace__isnull=False, trace__payload__erased_at=None)
        .select_related("schema")
        .order_by("pk")
    )
    texts: dict[UUID, str] = {}
    for item in items.iterator(chunk_size=2000):
        config = parse_config(item.schema.config)
        if config.kind == "categorical":
            assert item.trace_id is not None
            texts.setdefault(item.trace_id, shown_text(config, item.data))
    return texts


def _predict_missing(run: RescoringRun, wanted: dict[UUID, str]) -> int:
    """Store a prediction for each trace that has none of this model yet. Returns how many there were."""
    known = set(_predictions(run).filter(trace__in=list(wanted)).values_list("trace_id", flat=True))
    rows = [(str(key), text) for key, text in wanted.items() if key not in known]
    if not rows:
        return 0
    with tempfile.TemporaryDirectory(prefix="rescoring-") as workdir:
        model = run.model_version or starting_probe_of(run, workdir=Path(workdir) / "fit", on_progress=_beat(run))
        predicted = model_predict(models=[model], rows=rows, workdir=Path(workdir) / "predict", on_progress=_beat(run))
    names = _label_names(model)
    labels = [names.get(label, label) for label in predicted.labels[model.ref]]
    shares = predicted.probabilities[model.ref]
    answers = ((UUID(key), *_answer(labels, row)) for (key, _text), row in zip(rows, shares, strict=True))
    predictions_store(model_ref=model.ref, rows=answers, now=timezone.now())
    return len(rows)


def _predictions(run: RescoringRun) -> QuerySet[Prediction]:
    return Prediction.objects.filter(model_ref=run.model_ref, trace__project=run.project)


def _label_names(model: ModelVersion | StartingProbe) -> dict[str, str]:
    """What the model's labels are called in the project's current schema, by which a starting probe was fitted."""
    if isinstance(model, StartingProbe):
        return {}
    chain, old = SchemaChain(model.project), model.golden_version.schema
    return chain.label_names(old=old, new=chain.current) if old != chain.current else {}


def _answer(labels: Sequence[str], shares: NDArray[np.float64]) -> tuple[str, dict[str, float]]:
    """(most probable label, probabilities); labels that were merged since the training are added up."""
    probabilities: dict[str, float] = {}
    for label, share in zip(labels, shares.tolist(), strict=True):
        probabilities[label] = probabilities.get(label, 0.0) + share
    return max(probabilities, key=lambda label: probabilities[label]), probabilities


def _beat(run: RescoringRun) -> Callable[[float, str], None]:
    """Called about every second while the model predicts; ends the process where somebody asked for it."""

    def beat(progress: float, phase: str) -> None:
        _progress(run, PREDICTING * progress, phase)

    return beat


def _progress(run: RescoringRun, progress: float, phase: str) -> None:
    if job_beat(run, now=timezone.now(), progress=progress, phase=phase):
        raise CancelAsked


def _reorder(run: RescoringRun, queue: Queue, *, done: float) -> int:
    """Give the queue's items their places by the new predictions, in portions. Returns how many moved."""
    moved = 0
    keys = Item.objects.filter(WAITING, queue=queue).values("trace")
    found = _predictions(run).filter(trace__in=keys)
    if run.config.get(ARRIVALS_ONLY):
        found = found.filter(created_at__gte=run.created_at)
    ids = list(found.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), CHUNK):
        _progress(run, PREDICTING + (1 - PREDICTING) * done, f"Reordering {queue}")
        predictions = list(Prediction.objects.filter(pk__in=ids[start : start + CHUNK]))
        moved += queue_rescore(queue=queue, predictions=predictions)
    if moved:
        cursors_reset(queue=queue)
    return moved
