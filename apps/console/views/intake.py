"""What came in: traces, feedback with its verdicts, escalations."""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.console.cursor import cursor_page
from apps.console.forms_intake import AdversaryForm, EscalationFilterForm, SignalFilterForm, TraceFilterForm
from apps.console.guards import ProjectRequest, project_page
from apps.intake import selectors, services
from apps.intake.models import Escalation, Signal, Trace
from apps.intake.selectors.overview import MONTH
from apps.projects.models import Project
from apps.projects.rights import Right
from apps.queues.selectors import items_of_project, votes_hidden_from


def intake_page(
    request: ProjectRequest, project: Project, name: str, *, status: int = 200, **context: Any
) -> HttpResponse:
    frame = {"project": project, "station": "intake", "can_manage": Right.MANAGE in request.rights}
    return render(request, f"console/intake/{name}.html", frame | context, status=status)


@project_page()
@require_safe
def intake(request: ProjectRequest, project: Project) -> HttpResponse:
    now = timezone.now()
    form = TraceFilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    days = selectors.traces_by_day(project=project, now=now)
    context: dict[str, Any] = {
        "form": form,
        "is_filtered": any(wanted.values()),
        "page": cursor_page(request, _traces(project, wanted), moment="received_at"),
        "days": [{"x": f"{one.day:%-d %b}", "y": one.count} for one in days],
        "n_month": sum(one.count for one in days),
        "warnings": selectors.loop_warnings(project=project, now=now),
        "escalations": selectors.escalation_counts(project=project, now=now),
    }
    return intake_page(request, project, "traces", **context)


def _traces(project: Project, wanted: Mapping[str, Any]) -> QuerySet[Trace]:
    rows = selectors.traces_of(project=project)
    if text := wanted.get("q"):
        rows = rows.filter(Q(trace_id__startswith=text) | Q(user_ref=text))
    if model := wanted.get("model"):
        rows = rows.filter(model=model)
    if origin := wanted.get("origin"):
        rows = rows.filter(origin=origin)
    if since := wanted.get("since"):
        rows = rows.filter(received_at__gte=timezone.make_aware(datetime.combine(since, time())))
    return rows


@project_page()
@require_safe
def intake_signals(request: ProjectRequest, project: Project) -> HttpResponse:
    form = SignalFilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    context: dict[str, Any] = {
        "form": form,
        "is_filtered": any(wanted.values()),
        "page": cursor_page(request, _signals(project, wanted), moment="received_at"),
        "groups": selectors.signal_groups(project=project, since=timezone.now() - MONTH),
        "adversaries": project.adversarial_users.order_by("user_ref"),
        "adversary_form": AdversaryForm(),
    }
    return intake_page(request, project, "signals", **context)


def _signals(project: Project, wanted: Mapping[str, Any]) -> QuerySet[Signal]:
    named = {"kind": "kind", "verdict": "verdict", "user": "user_ref", "rule": "rule"}
    chosen = {field: wanted[name] for name, field in named.items() if wanted.get(name)}
    return selectors.signals_of(project=project).filter(**chosen)


@project_page()
@require_safe
def intake_escalations(request: ProjectRequest, project: Project) -> HttpResponse:
    now = timezone.now()
    reasons = project.escalation_reasons.order_by("code").values_list("code", "text")
    form = EscalationFilterForm(request.GET, reasons=list(reasons))
    wanted = form.cleaned_data if form.is_valid() else {}
    context: dict[str, Any] = {
        "form": form,
        "is_filtered": any(wanted.values()),
        "page": cursor_page(request, _escalations(project, wanted, now=now), moment="created_at"),
        "counts": selectors.escalation_counts(project=project, now=now),
        "has_reasons": reasons.exists(),
        "now": now,
    }
    return intake_page(request, project, "escalations", **context)


def _escalations(project: Project, wanted: Mapping[str, Any], *, now: datetime) -> QuerySet[Escalation]:
    rows = selectors.escalations_of(project=project)
    state = wanted.get("state")
    if state == "late":
        rows = rows.filter(state=Escalation.State.WAITING, deadline_at__lt=now)
    elif state:
        rows = rows.filter(state=state)
    if reason := wanted.get("reason"):
        rows = rows.filter(reason__code=reason)
    return rows


@project_page()
@require_safe
def intake_trace(request: ProjectRequest, project: Project, trace_pk: UUID) -> HttpResponse:
    """One trace with all that came in about it. No votes: they are on the item's page."""
    trace = get_object_or_404(selectors.traces_of(project=project), pk=trace_pk)
    items = list(items_of_project(project=project).filter(trace=trace).select_related("queue").order_by("pk"))
    context: dict[str, Any] = {
        "trace": trace,
        # Who may still get the item as a reviewer must not learn the model's guess here either.
        "is_blind": any(votes_hidden_from(user=request.user, item=item) for item in items),
        "predictions": trace.predictions.order_by("created_at"),
        "signals": trace.signals.select_related("reason").order_by("received_at"),
        "escalations": trace.escalations.select_related("reason").order_by("created_at"),
        "items": items,
        "is_adversary": project.adversarial_users.filter(user_ref=trace.user_ref).exists() if trace.user_ref else False,
        "now": timezone.now(),
    }
    return intake_page(request, project, "trace", **context)


@project_page(Right.MANAGE)
@require_POST
def adversary_add(request: ProjectRequest, project: Project) -> HttpResponse:
    form = AdversaryForm(request.POST)
    if form.is_valid():
        services.adversarial_user_add(project=project, **form.cleaned_data, by=request.user, now=timezone.now())
        messages.success(request, _("Feedback of “%(user)s” never trains from now on.") % form_user(form))
    else:
        messages.error(request, _("Give the user's pseudonym, up to 200 characters. Nothing was changed."))
    return redirect("console:intake_signals", project.slug)


@project_page(Right.MANAGE)
@require_POST
def adversary_remove(request: ProjectRequest, project: Project) -> HttpResponse:
    form = AdversaryForm(request.POST)
    if form.is_valid() and services.adversarial_user_remove(
        project=project, user_ref=form.cleaned_data["user_ref"], by=request.user, now=timezone.now()
    ):
        messages.success(request, _("“%(user)s” is off the list. What was refused stays refused.") % form_user(form))
    return redirect("console:intake_signals", project.slug)


def form_user(form: AdversaryForm) -> dict[str, str]:
    return {"user": form.cleaned_data["user_ref"]}


_HERE = "p/<slug:slug>/intake/"
urlpatterns = [
    path(_HERE, intake, name="intake"),
    path(f"{_HERE}signals/", intake_signals, name="intake_signals"),
    path(f"{_HERE}escalations/", intake_escalations, name="intake_escalations"),
    path(f"{_HERE}traces/<uuid:trace_pk>/", intake_trace, name="intake_trace"),
    path(f"{_HERE}adversaries/add/", adversary_add, name="adversary_add"),
    path(f"{_HERE}adversaries/remove/", adversary_remove, name="adversary_remove"),
]
