"""Doing an evaluation: predict, score, decide, and write all of it in one transaction."""

import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import TouchstoneError
from apps.core.jobs import JobLost, job_beat, job_claim, job_finish
from apps.core.models import Job
from apps.evaluation.algorithms.gate import GateConfig
from apps.evaluation.errors import SetUnusable
from apps.evaluation.judging import Judgement, RawAnswers, judge, rules_as_json
from apps.evaluation.models import EvaluationRun, GateDecision
from apps.evaluation.predictions import predictions_write
from apps.evaluation.sets import EvaluationSet, external_rows, golden_rows
from apps.events.services import event_record
from apps.labeling.schema_chain import SchemaChain
from apps.training.models import ModelVersion
from apps.training.services import PredictionResult, model_predict
from apps.training.services.runs import CancelAsked

PREDICTING = 0.9  # share of the work


def evaluation_run_execute(*, run_id: object) -> None:
    """Do the run if it waits, and end it: succeeded with its decision, failed with its reason, or cancelled.

    No transaction around the whole: predicting takes minutes. The results and the end are written in one.
    """
    run = job_claim(EvaluationRun, job_id=run_id, now=timezone.now())
    if run is None:
        return
    try:
        _execute(run)
    except JobLost:
        return  # The reaper gave the run to another worker, whose results count.
    except CancelAsked:
        _end(run, state=Job.State.CANCELLED, error="")
    except TouchstoneError as exc:
        _end(run, state=Job.State.FAILED, error=exc.message)
    except Exception as exc:
        _end(run, state=Job.State.FAILED, error=f"{type(exc).__name__}: {exc}")
        raise


def _end(run: EvaluationRun, *, state: str, error: str) -> None:
    with transaction.atomic():
        job_finish(run, state=state, now=timezone.now(), error=error)
        event_record(verb=f"evaluation_run.{state}", obj=run, project_id=run.project_id)


def _execute(run: EvaluationRun) -> None:
    models = [run.candidate] + ([run.champion] if run.champion else [])
    found = _evaluation_set(run, models)
    if not found.rows:
        raise SetUnusable(_("No item of the set can be evaluated: all were erased, or seen by one of the models."))
    with tempfile.TemporaryDirectory(prefix="evaluation-") as workdir:
        predicted = model_predict(
            models=models,
            rows=[(row.id, row.text) for row in found.rows],
            workdir=Path(workdir),
            measure_latency=True,
            on_progress=_beat(run),
        )
    candidate = _raw(run.candidate, run, predicted)
    champion = _raw(run.champion, run, predicted) if run.champion else majority_label(run)
    job_beat(run, now=timezone.now(), progress=PREDICTING, phase="Scoring")
    config = GateConfig(**run.config["gate"])
    _write(run, found, judge(found=found, candidate=candidate, champion=champion, config=config, seed=run.seed))


def _evaluation_set(run: EvaluationRun, models: list[ModelVersion]) -> EvaluationSet:
    if run.golden_version is None:
        assert run.external_set is not None
        return external_rows(run.external_set)
    return golden_rows(run.golden_version, split=run.split, models=models)


def _beat(run: EvaluationRun) -> Callable[[float, str], None]:
    """Called about every second while the models predict; ends the process where somebody asked for it."""

    def beat(progress: float, phase: str) -> None:
        if job_beat(run, now=timezone.now(), progress=PREDICTING * progress, phase=phase):
            raise CancelAsked

    return beat


def _raw(model: ModelVersion, run: EvaluationRun, predicted: PredictionResult) -> RawAnswers:
    timed = predicted.latency
    return RawAnswers(
        labels=tuple(predicted.labels[model.ref]),
        probabilities=predicted.probabilities[model.ref],
        names=_names(model, run),
        ms=None if timed is None else np.asarray(timed["models"][model.ref]["raw_ms"]),
    )


def _names(model: ModelVersion, run: EvaluationRun) -> dict[str, str]:
    """What the model's labels are called in the set's schema; a list without a version uses the model's own words."""
    if run.golden_version is None:
        return {}
    old, new = model.golden_version.schema, run.golden_version.schema
    return SchemaChain(run.project).label_names(old=old, new=new) if old != new else {}


def majority_label(run: EvaluationRun) -> str:
    """The commonest label of what the candidate was trained on; the test side's own majority would be peeking."""
    trained = run.candidate.golden_version.items.filter(split="train").values_list("label", flat=True)
    counts = Counter(trained)
    # Of equally common labels the first by name, so that the baseline does not hang on the order of rows.
    label = min(counts, key=lambda name: (-counts[name], name))
    return _names(run.candidate, run).get(label, label)


@transaction.atomic
def _write(run: EvaluationRun, found: EvaluationSet, judged: Judgement) -> None:
    digest = predictions_write(found.rows, classes=judged.classes, candidate=judged.candidate, champion=judged.champion)
    now = timezone.now()
    EvaluationRun.objects.filter(pk=run.pk).update(metrics=judged.metrics, predictions_sha256=digest)
    decision = GateDecision.objects.create(
        evaluation_run=run,
        verdict=str(judged.result.verdict),
        words=judged.result.words,
        rules=rules_as_json(judged.result),
        created_at=now,
    )
    # Raises JobLost where the reaper gave the run away: then nothing of this is kept.
    job_finish(run, state=Job.State.SUCCEEDED, now=now)
    event_record(
        verb="gate_decision.made",
        obj=decision,
        project_id=run.project_id,
        payload={"evaluation_run": str(run.pk), "verdict": decision.verdict, "items": len(found.rows)},
        at=now,
    )
