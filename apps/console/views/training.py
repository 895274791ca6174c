"""Training: runs, their progress, and the registry of models."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.console import training_figures as figures
from apps.console.forms_settings import form_refuse
from apps.console.forms_training import TrainingForm
from apps.console.guards import ProjectRequest, project_page
from apps.core.errors import InvalidInput
from apps.projects.models import Project
from apps.projects.rights import Right
from apps.training import selectors, services
from apps.training.models import ModelVersion, TrainingRun

RUNS_A_PAGE = 25


@project_page()
@require_safe
def training(request: ProjectRequest, project: Project) -> HttpResponse:
    return _overview(request, project, TrainingForm(project=project))


@project_page(Right.MANAGE)
@require_POST
def training_start(request: ProjectRequest, project: Project) -> HttpResponse:
    form = TrainingForm(request.POST, project=project)
    if form.is_valid():
        try:
            run = services.training_run_create(
                project=project,
                golden_version=form.cleaned_data["golden_version"],
                config=form.config(),
                seed=form.cleaned_data["seed"],
                by=request.user,
                now=timezone.now(),
            )
        except InvalidInput as exc:
            form_refuse(form, exc)
        else:
            return redirect("console:training_run", project.slug, run.pk)
    return _overview(request, project, form, status=422)


def _overview(request: ProjectRequest, project: Project, form: TrainingForm, *, status: int = 200) -> HttpResponse:
    runs = list(selectors.runs_page(project=project, before=_cursor(request), limit=RUNS_A_PAGE + 1))
    models = selectors.models_of(project=project)
    context = {
        "runs": [(run, figures.STATE_KINDS[run.state]) for run in runs[:RUNS_A_PAGE]],
        "older": runs[RUNS_A_PAGE - 1].pk if len(runs) > RUNS_A_PAGE else None,
        "models": [(model, figures.kept_accuracy(model)) for model in models],
        "form": form,
        "has_versions": selectors.versions_trainable(project=project).exists(),
    }
    return _page(request, project, "overview", status=status, **context)


def _cursor(request: ProjectRequest) -> UUID | None:
    given = request.GET.get("before")
    try:
        return UUID(given) if given else None
    except ValueError as exc:
        raise Http404 from exc


@project_page()
@require_safe
def training_run(request: ProjectRequest, project: Project, run_id: UUID) -> HttpResponse:
    return _page(request, project, "run", **_run_context(_run(project, run_id)))


@project_page()
@require_safe
def training_run_live(request: ProjectRequest, project: Project, run_id: UUID) -> HttpResponse:
    """The part of a run's page that moves; asked for every two seconds until the run is over."""
    return _page(request, project, "_run_live", **_run_context(_run(project, run_id)))


@project_page(Right.MANAGE)
@require_POST
def training_run_cancel(request: ProjectRequest, project: Project, run_id: UUID) -> HttpResponse:
    run = services.training_run_cancel(run=_run(project, run_id), by=request.user, now=timezone.now())
    if run.state == "cancelled":
        messages.success(request, _("The run is cancelled."))
    elif run.is_terminal:
        messages.info(request, _("The run was over before it could be stopped."))
    else:
        messages.success(request, _("The run will stop within seconds. Nothing of it is registered."))
    return redirect("console:training_run", project.slug, run.pk)


def _run(project: Project, run_id: UUID) -> TrainingRun:
    return get_object_or_404(selectors.runs_of(project=project), pk=run_id)


def _run_context(run: TrainingRun) -> dict[str, Any]:
    metrics = run.metrics
    return {
        "run": run,
        "kind": figures.STATE_KINDS[run.state],
        "model": getattr(run, "model_version", None),
        "ms_left": figures.ms_left(run, now=timezone.now()),
        "ms_taken": figures.ms_taken(run),
        "accuracies": figures.accuracies(metrics),
        "losses": [{"name": _("Training loss"), "points": metrics.get("loss_curve", [])}],
        "validation": [{"name": _("Validation part correct"), "points": metrics.get("validation_curve", [])}],
        "log": "\n".join(reversed(run.log_tail.splitlines())),
        "config": figures.config_text({"seed": run.seed} | run.config),
    }


@project_page()
@require_safe
def model_version(request: ProjectRequest, project: Project, number: int) -> HttpResponse:
    model = _model(project, number)
    context: dict[str, Any] = {
        "model": model,
        "accuracies": figures.accuracies(model.metrics),
        "labels": figures.label_counts(model.metrics),
        "files": sorted(model.files.items()),
        "card": selectors.model_card(model),
        "config": figures.config_text({"seed": model.training_run.seed} | model.training_run.config),
    }
    return _page(request, project, "model", **context)


@project_page()
@require_safe
def model_file(request: ProjectRequest, project: Project, number: int, name: str) -> FileResponse:
    """One file of a model, by its registered name; no other path is looked at."""
    model = _model(project, number)
    if name not in model.files:
        raise Http404
    try:
        file = (selectors.model_folder(model) / name).open("rb")
    except FileNotFoundError as exc:
        raise Http404 from exc
    response = FileResponse(file, as_attachment=True, filename=f"{model.ref}-{name.replace('/', '-')}")
    response["ETag"] = f'"{model.files[name]}"'
    return response


def _model(project: Project, number: int) -> ModelVersion:
    return get_object_or_404(selectors.models_of(project=project), number=number)


def _page(request: ProjectRequest, project: Project, name: str, *, status: int = 200, **context: Any) -> HttpResponse:
    frame = {"project": project, "station": "training", "can_manage": Right.MANAGE in request.rights}
    return render(request, f"console/training/{name}.html", frame | context, status=status)


_HERE = "p/<slug:slug>/training/"
urlpatterns = [
    path(_HERE, training, name="training"),
    path(f"{_HERE}start/", training_start, name="training_start"),
    path(f"{_HERE}runs/<uuid:run_id>/", training_run, name="training_run"),
    path(f"{_HERE}runs/<uuid:run_id>/live/", training_run_live, name="training_run_live"),
    path(f"{_HERE}runs/<uuid:run_id>/cancel/", training_run_cancel, name="training_run_cancel"),
    path(f"{_HERE}models/<int:number>/", model_version, name="model_version"),
    path(f"{_HERE}models/<int:number>/files/<path:name>", model_file, name="model_file"),
]
