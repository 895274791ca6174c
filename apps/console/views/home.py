"""The front page is the loop: its stations, what needs a decision, what runs now."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.console import loop_figures as loop
from apps.console.decisions import decisions, rail_counts
from apps.console.guards import ProjectRequest, project_page
from apps.console.queue_figures import queue_rows, queues_of
from apps.console.training_figures import STATE_KINDS, ms_left
from apps.core.models import Job
from apps.evaluation import selectors as evaluation
from apps.intake import selectors as intake
from apps.projects.models import Membership, Project
from apps.queues.models import Queue
from apps.rollout import selectors as rollout
from apps.rollout.models import RescoringRun
from apps.training import selectors as training

_RUNS = 12


@dataclass(frozen=True)
class RunningJob:
    """One line of what runs or waits for a worker."""

    job: Job
    words: str
    url: str
    kind: str
    ms_left: float | None


@project_page()
@require_safe
def home(request: ProjectRequest, project: Project) -> HttpResponse:
    now = timezone.now()
    rows = queue_rows(queues=queues_of(project=project).exclude(state=Queue.State.CLOSED), now=now)
    runs = _runs(project)
    trainings, evaluations, rescorings = runs
    deployments = list(rollout.deployments_of(project=project).select_related("gate_decision__evaluation_run")[:_RUNS])
    warnings = intake.loop_warnings(project=project, now=now)
    found = decisions(project=project, rows=rows, trainings=trainings, evaluations=evaluations, rescorings=rescorings)
    context: dict[str, Any] = {
        "project": project,
        "station": "home",
        "tiles": [
            loop.intake_tile(project=project, now=now),
            loop.queues_tile(project=project, rows=rows, now=now),
            loop.quality_tile(project=project),
            loop.golden_tile(project=project),
            loop.training_tile(project=project, runs=trainings),
            loop.evaluation_tile(project=project, runs=evaluations),
            loop.rollout_tile(
                project=project,
                active=next((one for one in deployments if one.ended_at is None), None),
                rescorings=rescorings,
                now=now,
            ),
            loop.feedback_tile(project=project, warnings=warnings, now=now),
        ],
        "decisions": found,
        "rail_counts": rail_counts(found),
        "rows": rows,
        "longest": max((row.n_undecided for row in rows), default=0),
        "champions": loop.champion_points(deployments),
        "warnings": warnings,
        "steps": _first_steps(project, rows),
        "now": now,
        **_jobs(project, runs),
    }
    return render(request, "console/home/loop.html", context)


@project_page()
@require_safe
def home_jobs(request: ProjectRequest, project: Project) -> HttpResponse:
    """What runs now; asked for every few seconds while something does."""
    context = {"project": project, **_jobs(project, _runs(project))}
    return render(request, "console/home/_jobs.html", context)


def _runs(project: Project) -> tuple[list[Any], list[Any], list[Any]]:
    """Training, evaluation and re-scoring runs, newest first."""
    return (
        list(training.runs_of(project=project)[:_RUNS]),
        list(evaluation.runs_of(project=project)[:_RUNS]),
        list(rollout.rescorings_of(project=project)[:_RUNS]),
    )


def _jobs(project: Project, runs: tuple[list[Any], list[Any], list[Any]]) -> dict[str, Any]:
    now = timezone.now()
    trainings, evaluations, rescorings = runs
    told = [
        *((run, _("Training on %(on)s") % {"on": run.golden_version}, "training_run") for run in trainings),
        *((run, _("Evaluation of model %(n)s") % {"n": run.candidate.number}, "evaluation_run") for run in evaluations),
        *((run, _rescoring_words(run), "rollout") for run in rescorings),
    ]
    jobs = [
        RunningJob(
            run,
            words,
            reverse(f"console:{page}", args=[project.slug, *([] if page == "rollout" else [run.pk])]),
            STATE_KINDS[run.state],
            ms_left(run, now=now),
        )
        for run, words, page in told
        if not run.is_terminal
    ]
    return {"jobs": jobs}


def _rescoring_words(run: RescoringRun) -> str:
    if run.model_version is None:
        return _("Re-scoring by a starting probe on %(n)s settled items") % {"n": run.config["settled"]}
    return _("Re-scoring by model %(n)s") % {"n": run.model_version.number}


def _first_steps(project: Project, rows: Sequence[Any]) -> list[tuple[bool, str, str]]:
    """(done, words, address) of what a new project needs before the loop turns; empty once all is there."""
    here = [project.slug]
    steps = [
        (project.guidelines.exists(), _("Write the guideline"), reverse("console:guidelines", args=here)),
        (
            project.memberships.filter(role=Membership.Role.REVIEWER).exists(),
            _("Invite reviewers"),
            reverse("console:people", args=here),
        ),
        (bool(rows), _("Open a queue"), reverse("console:queue_new", args=here)),
        (project.traces.exists(), _("Send or upload the first traces"), reverse("console:intake", args=here)),
    ]
    return [] if all(done for done, _words, _url in steps) else steps


_HERE = "p/<slug:slug>/"
urlpatterns = [
    path(_HERE, home, name="home"),
    path(f"{_HERE}jobs/", home_jobs, name="home_jobs"),
]
