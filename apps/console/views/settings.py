"""Settings of a project: the overview, reasons, product versions, weights and API keys."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.console.forms_settings import ApiKeyForm, NameForm, ProductVersionForm, ReasonForm, WeightsForm, form_refuse
from apps.console.guards import ProjectRequest, project_page
from apps.core.errors import Conflict, InvalidInput
from apps.projects import selectors, services
from apps.projects.labelling import config_of
from apps.projects.models import Project
from apps.projects.rights import Right


def settings_page(
    request: ProjectRequest, project: Project, name: str, *, status: int = 200, **context: Any
) -> HttpResponse:
    frame = {"project": project, "station": "settings", "can_manage": Right.MANAGE in request.rights}
    return render(request, f"console/settings/{name}.html", frame | context, status=status)


@project_page()
@require_safe
def settings(request: ProjectRequest, project: Project) -> HttpResponse:
    return _overview(request, project, NameForm(initial={"name": project.name, "description": project.description}))


@project_page(Right.MANAGE)
@require_POST
def settings_name(request: ProjectRequest, project: Project) -> HttpResponse:
    form = NameForm(request.POST)
    if not form.is_valid():
        return _overview(request, project, form, status=422)
    services.project_rename(project=project, **form.cleaned_data, by=request.user, now=timezone.now())
    messages.success(request, _("The project's name is saved."))
    return redirect("console:settings", project.slug)


def _overview(request: ProjectRequest, project: Project, form: NameForm, *, status: int = 200) -> HttpResponse:
    schema = selectors.schema_current(project=project)
    context = {
        "form": form,
        "schema": schema,
        "config": config_of(schema),
        "guideline": selectors.guideline_current(project=project),
        "n_reasons": selectors.reasons_of(project=project).filter(is_active=True).count(),
        "product_version": selectors.product_versions_of(project=project).first(),
        "n_keys": selectors.api_keys_of(project=project).filter(revoked_at__isnull=True).count(),
        "n_weights": len(project.signal_weights),
    }
    return settings_page(request, project, "overview", status=status, **context)


@project_page()
@require_safe
def reasons(request: ProjectRequest, project: Project) -> HttpResponse:
    return _reasons_page(request, project, ReasonForm(labels=services.reason_labels(project)))


@project_page(Right.MANAGE)
@require_POST
def reasons_create(request: ProjectRequest, project: Project) -> HttpResponse:
    form = ReasonForm(request.POST, labels=services.reason_labels(project))
    if form.is_valid():
        fields = {name: form.cleaned_data[name] for name in ("code", "text", "severity", "label")}
        try:
            services.reason_create(project=project, **fields, by=request.user, now=timezone.now())
        except (InvalidInput, Conflict) as exc:
            form_refuse(form, exc)
        else:
            messages.success(request, _("Clients can send this reason from now on."))
            return redirect("console:reasons", project.slug)
    return _reasons_page(request, project, form, status=422)


def _reasons_page(request: ProjectRequest, project: Project, form: ReasonForm, *, status: int = 200) -> HttpResponse:
    rows = selectors.reasons_of(project=project)
    return settings_page(request, project, "reasons", status=status, reasons=rows, form=form)


@project_page(Right.MANAGE)
def reason(request: ProjectRequest, project: Project, reason_id: Any) -> HttpResponse:
    """One reason: GET shows its form, POST saves it."""
    row = get_object_or_404(selectors.reasons_of(project=project), pk=reason_id)
    labels = services.reason_labels(project)
    initial = {"code": row.code, "text": row.text, "severity": row.severity, "label": row.label}
    form = ReasonForm(
        request.POST or None, labels=labels, initial=initial | {"is_active": row.is_active}, code=row.code
    )
    if request.method != "POST":
        return settings_page(request, project, "reason", reason=row, form=form)
    if not form.is_valid():
        return settings_page(request, project, "reason", reason=row, form=form, status=422)
    fields = {name: form.cleaned_data[name] for name in ("text", "severity", "label", "is_active")}
    services.reason_update(reason=row, **fields, by=request.user, now=timezone.now())
    messages.success(request, _("The reason is saved."))
    return redirect("console:reasons", project.slug)


@project_page()
@require_safe
def product_versions(request: ProjectRequest, project: Project) -> HttpResponse:
    return _product_versions_page(request, project, ProductVersionForm())


@project_page(Right.MANAGE)
@require_POST
def product_versions_create(request: ProjectRequest, project: Project) -> HttpResponse:
    form = ProductVersionForm(request.POST)
    if form.is_valid():
        try:
            services.product_version_create(project=project, **form.cleaned_data, by=request.user, now=timezone.now())
        except (InvalidInput, Conflict) as exc:
            form_refuse(form, exc)
        else:
            messages.success(request, _("The product version is saved."))
            return redirect("console:product_versions", project.slug)
    return _product_versions_page(request, project, form, status=422)


def _product_versions_page(
    request: ProjectRequest, project: Project, form: ProductVersionForm, *, status: int = 200
) -> HttpResponse:
    rows = selectors.product_versions_of(project=project)
    return settings_page(request, project, "product_versions", status=status, versions=rows, form=form)


@project_page()
@require_safe
def weights(request: ProjectRequest, project: Project) -> HttpResponse:
    return settings_page(request, project, "weights", form=WeightsForm(weights=project.signal_weights))


@project_page(Right.MANAGE)
@require_POST
def weights_save(request: ProjectRequest, project: Project) -> HttpResponse:
    form = WeightsForm(request.POST, weights=project.signal_weights)
    if not form.is_valid():
        return settings_page(request, project, "weights", form=form, status=422)
    services.signal_weights_set(project=project, weights=form.own_weights(), by=request.user, now=timezone.now())
    messages.success(request, _("The weights count for signals that come in from now on."))
    return redirect("console:weights", project.slug)


@project_page(Right.MANAGE)
@require_safe
def api_keys(request: ProjectRequest, project: Project) -> HttpResponse:
    return _api_keys_page(request, project, ApiKeyForm())


@project_page(Right.MANAGE)
@require_POST
def api_keys_create(request: ProjectRequest, project: Project) -> HttpResponse:
    """Answers with the page itself, not with a redirect: the key exists in this one answer only."""
    form = ApiKeyForm(request.POST)
    if not form.is_valid():
        return _api_keys_page(request, project, form, status=422)
    row, key = services.api_key_create(project=project, **form.cleaned_data, by=request.user, now=timezone.now())
    response = _api_keys_page(request, project, ApiKeyForm(), made=row, key=key, status=201)
    response["Cache-Control"] = "no-store"
    return response


@project_page(Right.MANAGE)
@require_POST
def api_key_revoke(request: ProjectRequest, project: Project, key_id: Any) -> HttpResponse:
    row = get_object_or_404(selectors.api_keys_of(project=project), pk=key_id)
    services.api_key_revoke(api_key=row, by=request.user, now=timezone.now())
    messages.success(request, _("The key “%(name)s” opens nothing any more.") % {"name": row.name})
    return redirect("console:api_keys", project.slug)


def _api_keys_page(
    request: ProjectRequest, project: Project, form: ApiKeyForm, *, status: int = 200, **context: Any
) -> HttpResponse:
    rows = selectors.api_keys_of(project=project)
    return settings_page(request, project, "api_keys", status=status, keys=rows, form=form, **context)


_HERE = "p/<slug:slug>/settings/"
urlpatterns = [
    path(_HERE, settings, name="settings"),
    path(f"{_HERE}name/", settings_name, name="settings_name"),
    path(f"{_HERE}reasons/", reasons, name="reasons"),
    path(f"{_HERE}reasons/create/", reasons_create, name="reasons_create"),
    path(f"{_HERE}reasons/<uuid:reason_id>/", reason, name="reason"),
    path(f"{_HERE}product-versions/", product_versions, name="product_versions"),
    path(f"{_HERE}product-versions/create/", product_versions_create, name="product_versions_create"),
    path(f"{_HERE}weights/", weights, name="weights"),
    path(f"{_HERE}weights/save/", weights_save, name="weights_save"),
    path(f"{_HERE}keys/", api_keys, name="api_keys"),
    path(f"{_HERE}keys/create/", api_keys_create, name="api_keys_create"),
    path(f"{_HERE}keys/<uuid:key_id>/revoke/", api_key_revoke, name="api_key_revoke"),
]
