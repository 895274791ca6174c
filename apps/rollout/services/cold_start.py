"""The cold start: before the first champion, a linear probe on what is settled orders the queues by its doubt.

Until 50 items are settled the order is random. A probe is no model version: nobody evaluates or promotes it, and the
first champion takes its place. It speaks only where no model has told probabilities.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from apps.consensus.models import Consensus
from apps.core.models import Job
from apps.core.version import code_version
from apps.golden.texts import shown_text
from apps.intake.models import Prediction
from apps.labeling.schema_chain import SchemaChain
from apps.projects.labelling import parse_config
from apps.projects.models import LabelSchema, Project
from apps.projects.selectors import schema_current
from apps.queues.models import Item
from apps.rollout import tasks
from apps.rollout.models import RescoringRun
from apps.rollout.selectors import items_unscored
from apps.training.models import ModelVersion
from apps.training.services import StartingProbe, starting_probe_fit

START_AT = 50  # settled items
GROWN_BY = 1.5  # fitted anew when so many times as many are settled
PROBE_REF = "starting-probe-"
ARRIVALS_ONLY = "arrivals_only"  # in a run's config: it moves only what it predicts

_TOLD = Prediction.objects.filter(trace=OuterRef("trace"), probabilities__isnull=False)
PROBE_ONLY_WHERE = ~Q(Exists(_TOLD.exclude(model_ref__startswith=PROBE_REF)))


@transaction.atomic
def starting_probes_ask(*, now: datetime) -> int:
    """Periodic: ask for a run by a starting probe where one is due. Returns how many were asked for."""
    asked = 0
    for project_id in _candidates():
        # Two beats at once must not ask twice.
        project = Project.objects.select_for_update().get(pk=project_id)
        pending = RescoringRun.objects.filter(project=project, state__in=[Job.State.QUEUED, Job.State.RUNNING])
        if pending.exists():
            continue
        run = _due(project=project, now=now)
        if run is None or not _has_work(run):
            continue
        run.save(force_insert=True)
        transaction.on_commit(partial(tasks.rescoring_run_execute.delay, str(run.pk)))
        asked += 1
    return asked


def _candidates() -> list[Any]:
    """Projects with enough settled items and no champion."""
    champions = ModelVersion.objects.filter(state=ModelVersion.State.CHAMPION).values("project")
    settled = _SETTLED.exclude(item__queue__project__in=champions).values("item__queue__project")
    enough = settled.annotate(n=Count("pk"), n_labels=Count("label", distinct=True)).filter(n__gte=START_AT)
    return list(enough.filter(n_labels__gte=2).values_list("item__queue__project", flat=True).order_by())


_SETTLED = Consensus.objects.filter(
    item__state=Item.State.SETTLED,
    item__trace__payload__erased_at=None,
    item__trace__isnull=False,
    state__in=Consensus.SURE,
).exclude(label="")


def _due(*, project: Project, now: datetime) -> RescoringRun | None:
    """The run that would be right now: a new fit, the last fit for what has come in since, or none after a failure."""
    schema = schema_current(project=project)
    n_settled = _settled_of(project).count()
    runs = RescoringRun.objects.filter(project=project, model_version=None).exclude(state=Job.State.CANCELLED)
    last = runs.order_by("-created_at").first()
    if last is None or last.config["schema"] != str(schema.pk) or n_settled >= GROWN_BY * last.config["settled"]:
        config = {"model": f"{PROBE_REF}{schema.version}.{n_settled}", "schema": str(schema.pk), "settled": n_settled}
        return RescoringRun(project=project, config={**config, "code": code_version()}, created_at=now)
    if last.state != Job.State.SUCCEEDED:
        return None
    config = {**last.config, "code": code_version(), ARRIVALS_ONLY: True}
    return RescoringRun(project=project, config=config, probe_sha256=last.probe_sha256, created_at=now)


def _has_work(run: RescoringRun) -> bool:
    return items_unscored(project=run.project, model_ref=run.model_ref).filter(PROBE_ONLY_WHERE).exists()


def _settled_of(project: Project) -> QuerySet[Consensus]:
    return _SETTLED.filter(item__queue__project=project)


def starting_probe_of(run: RescoringRun, *, workdir: Path, on_progress: Callable[[float, str], None]) -> StartingProbe:
    """The run's probe, fitted first where it is not yet.

    Raises:
        TrainerFailed: with the reason, such as settled items of a single label.
    """
    if run.probe_sha256:
        return StartingProbe(run.model_ref, run.probe_sha256)
    schema = LabelSchema.objects.get(pk=run.config["schema"])
    labels = parse_config(schema.config).classes
    probe = starting_probe_fit(
        ref=run.model_ref,
        rows=_rows(run.project, schema=schema, labels=frozenset(labels)),
        labels=labels,
        workdir=workdir,
        on_progress=on_progress,
    )
    # A second attempt after a kill finds the fit done.
    RescoringRun.objects.filter(pk=run.pk).update(probe_sha256=probe.artifact_sha256)
    run.refresh_from_db(fields=["probe_sha256"])
    return probe


def _rows(project: Project, *, schema: LabelSchema, labels: frozenset[str]) -> Iterator[tuple[str, str, str]]:
    """(id, text, label) of what is settled, by the label's name in the schema."""
    chain = SchemaChain(project)
    names = {old.pk: chain.label_names(old=old, new=schema) for old in chain.versions if old.version <= schema.version}
    found = _settled_of(project).select_related("item__schema").order_by("item_id")
    for consensus in found.iterator(chunk_size=2000):
        item = consensus.item
        config = parse_config(item.schema.config)
        label = names.get(item.schema_id, {}).get(consensus.label, consensus.label)
        if config.kind == "categorical" and label in labels:
            yield str(item.pk), shown_text(config, item.data), label
