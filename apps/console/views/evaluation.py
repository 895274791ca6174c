"""Evaluation: runs, what they measured, and the gate."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.console import evaluation_figures as figures
from apps.console.forms_evaluation import EvaluationForm
from apps.console.forms_rollout import OverrideForm
from apps.console.forms_settings import form_refuse
from apps.console.guards import ProjectRequest, project_page
from apps.console.paging import page_of
from apps.console.training_figures import STATE_KINDS, ms_left, ms_taken
from apps.core.errors import Conflict, InvalidInput
from apps.evaluation import selectors, services
from apps.evaluation.models import EvaluationRun
from apps.evaluation.predictions import predictions_path
from apps.projects.models import Project
from apps.projects.rights import Right
from apps.rollout import selectors as rollout


def evaluation_page(
    request: ProjectRequest, project: Project, name: str, *, status: int = 200, **context: Any
) -> HttpResponse:
    frame = {"project": project, "station": "evaluation", "can_manage": Right.MANAGE in request.rights}
    return render(request, f"console/evaluation/{name}.html", frame | context, status=status)


@project_page()
@require_safe
def evaluation(request: ProjectRequest, project: Project) -> HttpResponse:
    return _list(request, project, EvaluationForm(project=project))


def _list(request: ProjectRequest, project: Project, form: EvaluationForm, *, status: int = 200) -> HttpResponse:
    rows = page_of(request, selectors.runs_of(project=project), size=25)
    context = {
        "rows": rows,
        "runs": [(run, STATE_KINDS[run.state], _verdict_kind(run)) for run in rows],
        "form": form,
        "has_models": selectors.models_evaluable(project=project).exists(),
        "has_versions": selectors.versions_evaluable(project=project).exists(),
    }
    return evaluation_page(request, project, "list", status=status, **context)


def _verdict_kind(run: EvaluationRun) -> str:
    decision = getattr(run, "gate_decision", None)
    return figures.VERDICT_KINDS[decision.verdict] if decision else ""


@project_page(Right.MANAGE)
@require_POST
def evaluation_start(request: ProjectRequest, project: Project) -> HttpResponse:
    form = EvaluationForm(request.POST, project=project)
    if form.is_valid():
        try:
            run = services.evaluation_run_create(**form.cleaned_data, by=request.user, now=timezone.now())
        except (InvalidInput, Conflict) as exc:
            form_refuse(form, exc)
        else:
            return redirect("console:evaluation_run", project.slug, run.pk)
    return _list(request, project, form, status=422)


def _run(project: Project, run_id: UUID) -> EvaluationRun:
    return get_object_or_404(selectors.runs_of(project=project), pk=run_id)


def _context(run: EvaluationRun) -> dict[str, Any]:
    context: dict[str, Any] = {
        "run": run,
        "kind": STATE_KINDS[run.state],
        "decision": getattr(run, "gate_decision", None),
        "ms_left": ms_left(run, now=timezone.now()),
        "ms_taken": ms_taken(run),
    }
    if run.metrics:
        context |= {
            "metrics": run.metrics,
            "measures": figures.measures(run.metrics),
            "confusions": figures.confusions(run.metrics),
            "n_errors": figures.errors(run.metrics),
            "folds_matrix": len(run.metrics["labels"]) > figures.MATRIX_LABELS,
            "verdict_kind": _verdict_kind(run),
            "headline": figures.headline(run.gate_decision.verdict, run.gate_decision.rules),
            "p_words": figures.p_words(run.metrics["paired"]["mcnemar"]["exact"]),
        }
    return context


@project_page()
@require_safe
def evaluation_run(request: ProjectRequest, project: Project, run_id: UUID) -> HttpResponse:
    return evaluation_page(request, project, "run", **_context(_run(project, run_id)))


@project_page()
@require_safe
def evaluation_run_live(request: ProjectRequest, project: Project, run_id: UUID) -> HttpResponse:
    """The part that moves; asked for every two seconds. When the run is over the whole page has more to say."""
    run = _run(project, run_id)
    response = evaluation_page(request, project, "_live", **_context(run))
    if run.is_terminal:
        response["HX-Refresh"] = "true"
    return response


@project_page(Right.MANAGE)
@require_POST
def evaluation_cancel(request: ProjectRequest, project: Project, run_id: UUID) -> HttpResponse:
    try:
        run = services.evaluation_run_cancel(run=_run(project, run_id), by=request.user, now=timezone.now())
    except Conflict as exc:
        messages.info(request, exc.message)
    else:
        over = run.state == EvaluationRun.State.CANCELLED
        messages.success(request, _("The run is cancelled.") if over else _("The run will stop within seconds."))
    return redirect("console:evaluation_run", project.slug, run_id)


@project_page()
@require_safe
def evaluation_predictions(request: ProjectRequest, project: Project, run_id: UUID) -> HttpResponse:
    """The answers behind every number, one JSON object an item."""
    run = _run(project, run_id)
    path = predictions_path(run.predictions_sha256)
    if not run.predictions_sha256 or not path.exists():
        raise Http404
    name = f"evaluation-{run.candidate.ref}-{run.predictions_sha256[:8]}.jsonl"
    response = HttpResponse(path.read_bytes(), content_type="application/x-ndjson")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@project_page()
@require_safe
def evaluation_gate(request: ProjectRequest, project: Project, run_id: UUID) -> HttpResponse:
    return gate_page(request, project, _run(project, run_id), OverrideForm())


def gate_page(
    request: ProjectRequest, project: Project, run: EvaluationRun, form: OverrideForm, *, status: int = 200
) -> HttpResponse:
    """The decision with its rules, and what can be done about it now. 404 while there is no decision."""
    decision = getattr(run, "gate_decision", None)
    if decision is None:
        raise Http404
    over_all, slices = figures.rules(decision.rules)
    start, end = figures.axis(slices, run.metrics["paired"])
    context = {
        "run": run,
        "metrics": run.metrics,
        "decision": decision,
        "verdict_kind": figures.VERDICT_KINDS[decision.verdict],
        "headline": figures.headline(decision.verdict, decision.rules),
        "rules": over_all,
        "slices": slices,
        "axis_start": start,
        "axis_end": end,
        "is_stale": rollout.is_stale(decision),
        "deployments": rollout.deployments_of(project=project).filter(gate_decision=decision),
        "waiting": rollout.override_waiting(decision=decision),
        "overrides": rollout.overrides_of(project=project).filter(gate_decision=decision).exclude(state="requested"),
        "form": form,
    }
    return evaluation_page(request, project, "gate", status=status, **context)


_RUN = "p/<slug:slug>/evaluation/<uuid:run_id>/"
urlpatterns = [
    path("p/<slug:slug>/evaluation/", evaluation, name="evaluation"),
    path("p/<slug:slug>/evaluation/start/", evaluation_start, name="evaluation_start"),
    path(_RUN, evaluation_run, name="evaluation_run"),
    path(f"{_RUN}live/", evaluation_run_live, name="evaluation_run_live"),
    path(f"{_RUN}cancel/", evaluation_cancel, name="evaluation_cancel"),
    path(f"{_RUN}predictions/", evaluation_predictions, name="evaluation_predictions"),
    path(f"{_RUN}gate/", evaluation_gate, name="evaluation_gate"),
]
