"""Guidelines: the text in force, its versions, and publishing the next one."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.console.guards import ProjectRequest, project_page
from apps.console.views.settings import settings_page
from apps.core.errors import Conflict, InvalidInput
from apps.labeling.widgets import render_diff
from apps.projects import selectors, services
from apps.projects.models import Project
from apps.projects.rights import Right


@project_page()
@require_safe
def guidelines(request: ProjectRequest, project: Project) -> HttpResponse:
    current = selectors.guideline_current(project=project)
    return _guidelines_page(request, project, current.text if current else "")


@project_page(Right.MANAGE)
@require_POST
def guidelines_publish(request: ProjectRequest, project: Project) -> HttpResponse:
    text = request.POST.get("text", "")
    try:
        guideline = services.guideline_publish(project=project, text=text, by=request.user, now=timezone.now())
    except (InvalidInput, Conflict) as exc:
        return _guidelines_page(request, project, text, error=exc.message, status=422)
    messages.success(request, _("Version %(n)s is what reviewers read from now on.") % {"n": guideline.version})
    return redirect("console:guidelines", project.slug)


@project_page(Right.MANAGE)
@require_POST
def guidelines_preview(request: ProjectRequest, project: Project) -> HttpResponse:
    return render(request, "console/settings/_guideline.html", {"text": request.POST.get("text", "")})


@project_page()
@require_safe
def guidelines_version(request: ProjectRequest, project: Project, version: int) -> HttpResponse:
    versions = {row.version: row for row in selectors.guidelines_of(project=project)}
    if version not in versions:
        raise Http404
    guideline, before = versions[version], versions.get(version - 1)
    diff = render_diff(before.text, guideline.text) if before else None
    return settings_page(request, project, "guidelines_version", guideline=guideline, before=before, diff=diff)


def _guidelines_page(
    request: ProjectRequest, project: Project, text: str, *, error: str = "", status: int = 200
) -> HttpResponse:
    versions = list(selectors.guidelines_of(project=project))
    next_version = versions[0].version + 1 if versions else 1
    context = {"text": text, "error": error, "versions": versions, "next_version": next_version}
    return settings_page(request, project, "guidelines", status=status, **context)


_HERE = "p/<slug:slug>/settings/guidelines/"
urlpatterns = [
    path(_HERE, guidelines, name="guidelines"),
    path(f"{_HERE}publish/", guidelines_publish, name="guidelines_publish"),
    path(f"{_HERE}preview/", guidelines_preview, name="guidelines_preview"),
    path(f"{_HERE}<int:version>/", guidelines_version, name="guidelines_version"),
]
