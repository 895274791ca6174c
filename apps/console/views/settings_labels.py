"""Labels: the current schema, its versions, and publishing the next one."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.console.config_draft import ConfigDraft, sample_trace
from apps.console.guards import ProjectRequest, project_page
from apps.core.errors import Conflict, InvalidInput
from apps.labeling.widgets import render_diff
from apps.projects import selectors, services
from apps.projects.labelling import config_of
from apps.projects.models import Project
from apps.projects.rights import Right


@project_page()
@require_safe
def labels(request: ProjectRequest, project: Project) -> HttpResponse:
    schema = selectors.schema_current(project=project)
    draft = ConfigDraft.of(config=schema.config, mapping=schema.mapping, sample=sample_trace(project=project))
    return _page(request, project, draft.read())


@project_page(Right.MANAGE)
@require_POST
def labels_publish(request: ProjectRequest, project: Project) -> HttpResponse:
    current = selectors.schema_current(project=project)
    draft = ConfigDraft.from_post(request.POST).read(before=config_of(current))
    try:
        schema = services.schema_publish(
            project=project,
            config=draft.config,
            mapping=draft.used_mapping,
            label_map=draft.label_map,
            by=request.user,
            now=timezone.now(),
        )
    except (InvalidInput, Conflict) as exc:
        draft.refuse(exc)
        return _page(request, project, draft, status=422)
    words = _(
        "Version %(n)s is in use for items made from now on. Open leases finish under the version they began with."
    )
    messages.success(request, words % {"n": schema.version})
    return redirect("console:labels", project.slug)


@project_page(Right.MANAGE)
@require_POST
def labels_preview(request: ProjectRequest, project: Project) -> HttpResponse:
    """What the next version would look like and what it would do to old answers; writes nothing."""
    draft = ConfigDraft.from_post(request.POST)
    sent, olds = set(draft.mapping), set(request.POST.getlist("label_old"))
    draft.read(before=config_of(selectors.schema_current(project=project)))
    context = {
        "draft": draft,
        "new_rows": draft.parsed and set(draft.parsed.variables) != sent,
        "new_moves": {row.old for row in draft.moves} != olds,
        "changes": True,
    }
    return render(request, "console/projects/_preview_response.html", context)


@project_page()
@require_safe
def labels_version(request: ProjectRequest, project: Project, version: int) -> HttpResponse:
    versions = {schema.version: schema for schema in selectors.versions_of(project=project)}
    schema = versions.get(version)
    if schema is None:
        raise Http404
    before = versions.get(version - 1)
    context: dict[str, Any] = {
        "project": project,
        "station": "settings",
        "schema": schema,
        "before": before,
        "diff": render_diff(before.config, schema.config) if before else None,
    }
    return render(request, "console/settings/labels_version.html", context)


def _page(request: ProjectRequest, project: Project, draft: ConfigDraft, *, status: int = 200) -> HttpResponse:
    versions = list(selectors.versions_of(project=project))
    context = {
        "project": project,
        "station": "settings",
        "draft": draft,
        "versions": versions,
        "schema": versions[0],
        "next_version": versions[0].version + 1,
        "changes": True,
        "can_manage": Right.MANAGE in request.rights,
    }
    return render(request, "console/settings/labels.html", context, status=status)


urlpatterns = [
    path("p/<slug:slug>/settings/labels/", labels, name="labels"),
    path("p/<slug:slug>/settings/labels/publish/", labels_publish, name="labels_publish"),
    path("p/<slug:slug>/settings/labels/preview/", labels_preview, name="labels_preview"),
    path("p/<slug:slug>/settings/labels/<int:version>/", labels_version, name="labels_version"),
]
