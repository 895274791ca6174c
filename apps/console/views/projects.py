"""The list of projects, and the page that starts one."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.http import AuthedRequest
from apps.console.config_draft import ConfigDraft
from apps.core.errors import InvalidInput
from apps.projects import selectors, services
from apps.projects.label_templates import label_template, label_templates


@login_required
@require_safe
def project_list(request: AuthedRequest) -> HttpResponse:
    rows = selectors.memberships_of_person(user=request.user)
    return render(request, "console/projects/list.html", {"memberships": rows, "station": ""})


@login_required
@require_safe
def project_new(request: AuthedRequest) -> HttpResponse:
    _refuse_who_may_not(request)
    template = label_template(request.GET.get("template", "intent")) or label_templates()[0]
    draft = ConfigDraft.of(config=template.config, mapping=template.mapping, sample=template.sample).read()
    return _new_page(request, draft, chosen=template.slug)


@login_required
@require_POST
def project_create(request: AuthedRequest) -> HttpResponse:
    _refuse_who_may_not(request)
    draft = ConfigDraft.from_post(request.POST).read()
    try:
        project = services.project_create(
            name=request.POST.get("name", ""),
            description=request.POST.get("description", ""),
            config=draft.config,
            mapping=draft.used_mapping,
            created_by=request.user,
            now=timezone.now(),
        )
    except InvalidInput as exc:
        draft.refuse(exc)
        return _new_page(request, draft, status=422)
    messages.success(request, _("The project is there. Next: guidelines, people and a queue."))
    return redirect("console:settings", project.slug)


@login_required
@require_POST
def project_preview(request: AuthedRequest) -> HttpResponse:
    """What the reviewer will see, drawn from what is typed; writes nothing."""
    _refuse_who_may_not(request)
    draft = ConfigDraft.from_post(request.POST)
    before = set(draft.mapping)
    draft.read()
    context = {"draft": draft, "new_rows": draft.parsed and set(draft.parsed.variables) != before}
    return render(request, "console/projects/_preview_response.html", context)


def _refuse_who_may_not(request: AuthedRequest) -> None:
    if not request.user.can_create_projects:
        raise PermissionDenied


def _new_page(request: AuthedRequest, draft: ConfigDraft, *, chosen: str = "", status: int = 200) -> HttpResponse:
    context = {
        "draft": draft,
        "templates": label_templates(),
        "chosen": chosen,
        "name": request.POST.get("name", ""),
        "description": request.POST.get("description", ""),
        "station": "",
    }
    return render(request, "console/projects/new.html", context, status=status)


urlpatterns = [
    path("projects/", project_list, name="projects"),
    path("projects/new/", project_new, name="project_new"),
    path("projects/new/create/", project_create, name="project_create"),
    path("projects/new/preview/", project_preview, name="project_preview"),
]
