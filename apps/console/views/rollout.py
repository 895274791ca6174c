"""Rollout: who is champion, how it came to be, the way back, and the re-scoring that follows."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.console.forms_rollout import OverrideForm
from apps.console.forms_settings import form_refuse
from apps.console.guards import ProjectRequest, project_page
from apps.console.paging import page_of
from apps.console.training_figures import STATE_KINDS
from apps.console.views.evaluation import gate_page
from apps.core.errors import Conflict, InvalidInput, NotAllowed
from apps.evaluation.models import GateDecision
from apps.evaluation.selectors import decisions_of
from apps.projects.models import Project
from apps.projects.rights import Right
from apps.rollout import selectors, services
from apps.rollout.models import Override


def rollout_page(
    request: ProjectRequest, project: Project, name: str, *, status: int = 200, **context: Any
) -> HttpResponse:
    frame = {"project": project, "station": "rollout", "can_manage": Right.MANAGE in request.rights}
    return render(request, f"console/rollout/{name}.html", frame | context, status=status)


@project_page()
@require_safe
def rollout(request: ProjectRequest, project: Project) -> HttpResponse:
    context: dict[str, Any] = {
        "active": selectors.deployment_active(project=project),
        "target": selectors.rollback_target(project=project),
        "rows": page_of(request, selectors.deployments_of(project=project), size=25),
        "waiting": selectors.overrides_of(project=project).filter(state=Override.State.REQUESTED),
    }
    return rollout_page(request, project, "overview", **(context | _rescoring(project)))


@project_page()
@require_safe
def rollout_rescoring(request: ProjectRequest, project: Project) -> HttpResponse:
    """The re-scoring's progress; asked for every two seconds while it lasts."""
    return rollout_page(request, project, "_rescoring", **_rescoring(project))


def _rescoring(project: Project) -> dict[str, Any]:
    run = selectors.rescorings_of(project=project).first()
    return {"rescoring": run, "rescoring_kind": STATE_KINDS[run.state] if run else ""}


def _decision(project: Project, decision_id: UUID) -> GateDecision:
    return get_object_or_404(decisions_of(project=project), pk=decision_id)


@project_page(Right.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def rollout_promote(request: ProjectRequest, project: Project, decision_id: UUID) -> HttpResponse:
    """GET says exactly what will happen; POST does it."""
    decision = _decision(project, decision_id)
    error, status = "", 200
    if request.method == "POST":
        try:
            services.model_promote(gate_decision=decision, by=request.user, now=timezone.now())
        except Conflict as exc:
            error, status = exc.message, 409
        else:
            return _promoted(request, project, decision)
    return _confirm_page(request, project, decision, error=error, status=status)


def _confirm_page(
    request: ProjectRequest,
    project: Project,
    decision: GateDecision,
    *,
    override: Override | None = None,
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "decision": decision,
        "run": decision.evaluation_run,
        "override": override,
        "is_stale": selectors.is_stale(decision),
        "n_waiting": selectors.items_waiting(project=project),
        "error": error,
    }
    return rollout_page(request, project, "confirm", status=status, **context)


def _promoted(request: ProjectRequest, project: Project, decision: GateDecision) -> HttpResponse:
    words = _("Model %(n)s is the champion now; the waiting items are being re-scored.")
    messages.success(request, words % {"n": decision.evaluation_run.candidate.number})
    return redirect("console:rollout", project.slug)


@project_page(Right.MANAGE)
@require_POST
def rollout_rollback(request: ProjectRequest, project: Project) -> HttpResponse:
    try:
        deployment = services.deployment_rollback(project=project, by=request.user, now=timezone.now())
    except Conflict as exc:
        messages.error(request, exc.message)
    else:
        words = _("Model %(n)s is the champion again; the waiting items are being re-scored.")
        messages.success(request, words % {"n": deployment.model_version.number})
    return redirect("console:rollout", project.slug)


@project_page(Right.MANAGE)
@require_POST
def override_request(request: ProjectRequest, project: Project, decision_id: UUID) -> HttpResponse:
    decision = _decision(project, decision_id)
    form = OverrideForm(request.POST)
    if form.is_valid():
        try:
            services.override_request(
                gate_decision=decision, reason=form.cleaned_data["reason"], by=request.user, now=timezone.now()
            )
        except (InvalidInput, Conflict) as exc:
            form_refuse(form, exc)
        else:
            messages.success(request, _("Asked. Nothing changes until another manager confirms."))
            return redirect("console:evaluation_gate", project.slug, decision.evaluation_run_id)
    return gate_page(request, project, decision.evaluation_run, form, status=422)


def _override(project: Project, override_id: UUID) -> Override:
    return get_object_or_404(selectors.overrides_of(project=project), pk=override_id)


@project_page(Right.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def override_confirm(request: ProjectRequest, project: Project, override_id: UUID) -> HttpResponse:
    """GET says exactly what will happen; POST does it, for another manager than the one who asked."""
    override = _override(project, override_id)
    decision = _decision(project, override.gate_decision_id)
    error, status = "", 200
    if request.method == "POST":
        try:
            services.override_confirm(override=override, by=request.user, now=timezone.now())
        except NotAllowed as exc:
            error, status = exc.message, 403
        except Conflict as exc:
            error, status = exc.message, 409
        else:
            return _promoted(request, project, decision)
    return _confirm_page(request, project, decision, override=override, error=error, status=status)


@project_page(Right.MANAGE)
@require_POST
def override_refuse(request: ProjectRequest, project: Project, override_id: UUID) -> HttpResponse:
    override = _override(project, override_id)
    try:
        services.override_refuse(override=override, by=request.user, now=timezone.now())
    except Conflict as exc:
        messages.error(request, exc.message)
    else:
        messages.success(request, _("The override is refused; the champion stays."))
    return redirect("console:evaluation_gate", project.slug, override.gate_decision.evaluation_run_id)


_ROLLOUT = "p/<slug:slug>/rollout/"
urlpatterns = [
    path(_ROLLOUT, rollout, name="rollout"),
    path(f"{_ROLLOUT}rescoring/", rollout_rescoring, name="rollout_rescoring"),
    path(f"{_ROLLOUT}rollback/", rollout_rollback, name="rollout_rollback"),
    path(f"{_ROLLOUT}promote/<uuid:decision_id>/", rollout_promote, name="rollout_promote"),
    path(f"{_ROLLOUT}override/<uuid:decision_id>/", override_request, name="override_request"),
    path(f"{_ROLLOUT}overrides/<uuid:override_id>/confirm/", override_confirm, name="override_confirm"),
    path(f"{_ROLLOUT}overrides/<uuid:override_id>/refuse/", override_refuse, name="override_refuse"),
]
