"""What the latest fits would change about settled items; a manager asks again, lets it stand, or takes that back."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.consensus.models import ConsensusProposal
from apps.consensus.services.proposals import proposal_apply, proposal_dismiss, proposal_revert
from apps.console.guards import ProjectRequest, project_page
from apps.core.errors import Conflict
from apps.projects.models import Project
from apps.projects.rights import Right
from apps.queues.models import Item

SHOWN = 100
State = ConsensusProposal.State


def proposals_of(project: Project) -> QuerySet[ConsensusProposal]:
    return ConsensusProposal.objects.filter(item__queue__project=project).select_related("item__queue", "decided_by")


@project_page(Right.MANAGE)
@require_safe
def proposals(request: ProjectRequest, project: Project) -> HttpResponse:
    """Open ones, least sure first; and those that were followed and can still be taken back."""
    found = proposals_of(project)
    waiting = found.filter(state=State.OPEN)
    waiting_again = [Item.State.OPEN, Item.State.ADJUDICATION]
    applied = found.filter(state=State.APPLIED, item__state__in=waiting_again)
    context: dict[str, Any] = {
        "project": project,
        "station": "quality",
        "proposals": waiting.order_by("confidence", "pk")[:SHOWN],
        "n_open": waiting.count(),
        "applied": applied.order_by("-decided_at")[:SHOWN],
        "now": timezone.now(),
    }
    return render(request, "console/quality/proposals.html", context)


def _act(
    request: ProjectRequest, project: Project, proposal_id: UUID, act: Callable[..., ConsensusProposal], done: str
) -> HttpResponse:
    proposal = get_object_or_404(proposals_of(project), pk=proposal_id)
    try:
        act(proposal_id=proposal.pk, by=request.user, now=timezone.now())
        messages.success(request, done)
    except Conflict as exc:
        messages.warning(request, exc.message)
    return redirect("console:proposals", project.slug)


@project_page(Right.MANAGE)
@require_POST
def apply(request: ProjectRequest, project: Project, proposal_id: UUID) -> HttpResponse:
    done = _("The item asks for one answer more. Until somebody takes it you can take this back.")
    return _act(request, project, proposal_id, proposal_apply, done)


@project_page(Right.MANAGE)
@require_POST
def dismiss(request: ProjectRequest, project: Project, proposal_id: UUID) -> HttpResponse:
    return _act(request, project, proposal_id, proposal_dismiss, _("The label stands."))


@project_page(Right.MANAGE)
@require_POST
def revert(request: ProjectRequest, project: Project, proposal_id: UUID) -> HttpResponse:
    return _act(request, project, proposal_id, proposal_revert, _("Taken back: the item is settled as it was."))


_HERE = "p/<slug:slug>/quality/proposals/"
urlpatterns = [
    path(_HERE, proposals, name="proposals"),
    path(f"{_HERE}<uuid:proposal_id>/apply/", apply, name="proposal_apply"),
    path(f"{_HERE}<uuid:proposal_id>/dismiss/", dismiss, name="proposal_dismiss"),
    path(f"{_HERE}<uuid:proposal_id>/revert/", revert, name="proposal_revert"),
]
