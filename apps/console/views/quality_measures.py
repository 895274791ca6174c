"""What a manager decides about one person in one queue: pause, put back, leave the answers out, count them again."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.accounts.models import User
from apps.console.guards import ProjectRequest, project_page
from apps.console.queue_figures import queues_of
from apps.core.errors import Conflict, InvalidInput
from apps.labeling.models import Annotation
from apps.projects.models import Project
from apps.projects.rights import Right
from apps.queues import services as queues
from apps.workbench.services_exclude import reviewer_exclude, reviewer_include


def _act(
    request: ProjectRequest,
    project: Project,
    reviewer_id: UUID,
    queue_slug: str,
    act: Callable[..., object],
    done: str,
    *,
    asks_reason: bool = False,
) -> HttpResponse:
    queue = get_object_or_404(queues_of(project=project).select_related("project"), slug=queue_slug)
    answered = Annotation.objects.filter(item__queue__project=project).values("reviewer")
    person = get_object_or_404(User, pk=reviewer_id, pk__in=answered)
    reason = {"reason": request.POST.get("reason", "")} if asks_reason else {}
    try:
        act(queue=queue, reviewer=person, by=request.user, now=timezone.now(), **reason)
        messages.success(request, done % {"who": person, "queue": queue})
    except (Conflict, InvalidInput) as exc:
        messages.warning(request, exc.message)
    return redirect("console:quality_reviewer", project.slug, person.pk)


@project_page(Right.MANAGE)
@require_POST
def pause(request: ProjectRequest, project: Project, reviewer_id: UUID, queue_slug: str) -> HttpResponse:
    done = _("%(who)s gets nothing more in “%(queue)s” until you put them back. What they held is in the queue again.")
    return _act(request, project, reviewer_id, queue_slug, queues.reviewer_pause, done, asks_reason=True)


@project_page(Right.MANAGE)
@require_POST
def resume(request: ProjectRequest, project: Project, reviewer_id: UUID, queue_slug: str) -> HttpResponse:
    done = _("%(who)s works in “%(queue)s” again. The test starts afresh from here.")
    return _act(request, project, reviewer_id, queue_slug, queues.reviewer_resume, done)


@project_page(Right.MANAGE)
@require_POST
def exclude(request: ProjectRequest, project: Project, reviewer_id: UUID, queue_slug: str) -> HttpResponse:
    done = _("The answers of %(who)s count for nothing in “%(queue)s” now. Every item they touch is being recomputed.")
    return _act(request, project, reviewer_id, queue_slug, reviewer_exclude, done, asks_reason=True)


@project_page(Right.MANAGE)
@require_POST
def include(request: ProjectRequest, project: Project, reviewer_id: UUID, queue_slug: str) -> HttpResponse:
    done = _("The answers of %(who)s count again in “%(queue)s”. Every item they touch is being recomputed.")
    return _act(request, project, reviewer_id, queue_slug, reviewer_include, done)


_HERE = "p/<slug:slug>/quality/reviewers/<uuid:reviewer_id>/<slug:queue_slug>/"
urlpatterns = [
    path(f"{_HERE}pause/", pause, name="reviewer_pause"),
    path(f"{_HERE}resume/", resume, name="reviewer_resume"),
    path(f"{_HERE}exclude/", exclude, name="reviewer_exclude"),
    path(f"{_HERE}include/", include, name="reviewer_include"),
]
