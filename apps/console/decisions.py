"""What waits for somebody's decision, over all stations."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Min
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.console.people_standing import held_people
from apps.console.queue_figures import QueueRow
from apps.core import figures
from apps.core.models import Job
from apps.evaluation.models import EvaluationRun, GateDecision
from apps.evaluation.selectors import decisions_of
from apps.projects.models import Project
from apps.queues.models import Item, Queue
from apps.rollout.models import Override, RescoringRun
from apps.rollout.selectors import overrides_of
from apps.training.models import ModelVersion, TrainingRun

# From so many settled items on a first model says more than chance.
FIRST_MODEL_FROM = 50


@dataclass(frozen=True)
class Decision:
    """One line of the table: what, why, where, since when, and the page that decides it."""

    words: str
    detail: str
    station: str  # code of the rail
    since: datetime | None  # None: nobody knows since when
    url: str
    action: str


def decisions(
    *,
    project: Project,
    rows: Sequence[QueueRow],
    trainings: Sequence[TrainingRun],
    evaluations: Sequence[EvaluationRun],
    rescorings: Sequence[RescoringRun],
) -> list[Decision]:
    """All of them, what waits longest first. Five queries; runs are given newest first."""
    found = [
        *_of_queues(project, rows),
        *_disputed(project, rows),
        *_paused(project),
        *_gates(project),
        *_overrides(project),
        *_first_model(project, rows, trainings),
        *_failed(project, trainings, evaluations, rescorings),
    ]
    return sorted(found, key=lambda one: (one.since is None, one.since or 0))


def rail_counts(found: Sequence[Decision]) -> dict[str, int]:
    """How many decisions wait at each station."""
    return dict(Counter(one.station for one in found))


def _at(name: str, project: Project, *args: object) -> str:
    return reverse(f"console:{name}", args=[project.slug, *args])


def _of_queues(project: Project, rows: Sequence[QueueRow]) -> list[Decision]:
    found = []
    for row in rows:
        if row.queue.state == Queue.State.CLOSED:
            continue
        here = _at("queue", project, row.queue.slug)
        name = {"queue": row.queue.name, "n": figures.count(row.counts.late)}
        if not row.n_people:
            words = _("Nobody works in “%(queue)s”") % name
            detail = _("Its items wait for ever. Give somebody the reviewer role, or name people in the queue.")
            found.append(Decision(words, detail, "queues", row.counts.oldest_at, here, _("Open the queue")))
        elif row.queue.state == Queue.State.PAUSED and row.counts.waiting:
            detail = ngettext("%(n)s item waits.", "%(n)s items wait.", row.counts.waiting)
            words = _("“%(queue)s” is paused") % name
            told = detail % {"n": figures.count(row.counts.waiting)}
            found.append(Decision(words, told, "queues", row.counts.oldest_at, here, _("Open the queue")))
        elif row.counts.late:
            words = ngettext(
                "%(n)s item in “%(queue)s” is late", "%(n)s items in “%(queue)s” are late", row.counts.late
            )
            late = f"{_at('items', project)}?queue={row.queue.slug}&age=late&sort=oldest"
            found.append(Decision(words % name, _pace(row), "queues", row.counts.oldest_at, late, _("See them")))
    return found


def _pace(row: QueueRow) -> str:
    promise = _("Promise: %(promise)s.") % {"promise": row.promise}
    if not row.time_to_clear:
        nobody = _("Nobody answered here in the last 24 hours.")
        return f"{promise} {nobody}"
    words = _("At the last day’s pace of %(n)s answers the queue is clear in about %(time)s.")
    return f"{promise} {words % {'n': row.n_answers_day, 'time': row.time_to_clear}}"


def _disputed(project: Project, rows: Sequence[QueueRow]) -> list[Decision]:
    queues = {row.queue.pk: row.queue for row in rows if row.counts.in_adjudication}
    disputed = Item.objects.filter(queue__in=queues, state=Item.State.ADJUDICATION)
    found = []
    for pk, n, since in disputed.order_by().values_list("queue").annotate(n=Count("pk"), since=Min("enqueued_at")):
        words = ngettext(
            "%(n)s disagreement in “%(queue)s” waits for an adjudicator",
            "%(n)s disagreements in “%(queue)s” wait for an adjudicator",
            n,
        )
        url = reverse("workbench:adjudicate", args=[pk])
        detail = _("Votes side by side, one decision each.")
        found.append(
            Decision(words % {"n": n, "queue": queues[pk].name}, detail, "items", since, url, _("Settle them"))
        )
    return found


def _paused(project: Project) -> list[Decision]:
    return [
        Decision(
            _("%(who)s is paused in “%(queue)s”") % {"who": one.reviewer, "queue": one.queue},
            one.reason,
            "quality",
            one.started_at,
            _at("quality_reviewer", project, one.reviewer_id),
            _("Have a look"),
        )
        for one in held_people(project=project)
    ]


def _gates(project: Project) -> list[Decision]:
    """The latest decision on each candidate that is newer than the champion and waits for nobody else."""
    champion = project.model_versions.filter(state=ModelVersion.State.CHAMPION).values_list("number", flat=True)
    newest: dict[UUID, GateDecision] = {}
    rows = decisions_of(project=project).filter(
        evaluation_run__candidate__state=ModelVersion.State.CANDIDATE,
        evaluation_run__candidate__number__gt=max(champion, default=0),
    )
    for decision in rows.exclude(overrides__state=Override.State.REQUESTED).order_by("-created_at")[:20]:
        newest.setdefault(decision.evaluation_run.candidate_id, decision)
    words = {
        "pass": _("Model %(n)s passed its gate and may be promoted"),
        "fail": _("Model %(n)s did not pass its gate"),
        "not_enough_evidence": _("There is not enough evidence about model %(n)s"),
    }
    return [
        Decision(
            words[one.verdict] % {"n": one.evaluation_run.candidate.number},
            one.words,
            "evaluation",
            one.created_at,
            _at("evaluation_gate", project, one.evaluation_run_id),
            _("See the gate"),
        )
        for one in newest.values()
    ]


def _overrides(project: Project) -> list[Decision]:
    waiting = overrides_of(project=project).filter(state=Override.State.REQUESTED)
    return [
        Decision(
            _("An override for model %(n)s waits for a second manager")
            % {"n": one.gate_decision.evaluation_run.candidate.number},
            _("Asked for by %(who)s.") % {"who": one.requested_by},
            "rollout",
            one.requested_at,
            _at("rollout", project),
            _("Decide"),
        )
        for one in waiting
    ]


def _first_model(project: Project, rows: Sequence[QueueRow], trainings: Sequence[TrainingRun]) -> list[Decision]:
    settled = sum(row.counts.settled for row in rows)
    if trainings or settled < FIRST_MODEL_FROM:
        return []
    words = _("%(n)s items are settled and there is no model yet") % {"n": figures.count(settled)}
    detail = _("Freeze a golden version and train the first model; it then orders the queues by its doubt.")
    return [Decision(words, detail, "training", None, _at("training", project), _("Train a model"))]


def _failed(
    project: Project,
    trainings: Sequence[TrainingRun],
    evaluations: Sequence[EvaluationRun],
    rescorings: Sequence[RescoringRun],
) -> list[Decision]:
    """The latest run of a kind, where it failed: an older failure was followed by something."""
    latest: list[tuple[Sequence[Job], str, str, str, bool]] = [
        (trainings, _("The latest training failed"), "training", "training_run", True),
        (evaluations, _("The latest evaluation failed"), "evaluation", "evaluation_run", True),
        (rescorings, _("The latest re-scoring failed"), "rollout", "rollout", False),
    ]
    return [
        Decision(
            words,
            runs[0].error[:200],
            station,
            runs[0].finished_at,
            _at(page, project, *([runs[0].pk] if takes_run else [])),
            _("Look"),
        )
        for runs, words, station, page, takes_run in latest
        if runs and runs[0].state == Job.State.FAILED
    ]
