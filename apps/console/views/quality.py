"""Quality: do the reviewers agree, who stands apart, what is mixed up; and the fit that weighs them."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.consensus.services import quality_fit
from apps.consensus.services.comparisons import pairwise_controls
from apps.console import quality_figures as figures
from apps.console.guards import ProjectRequest, project_page
from apps.console.queue_figures import queues_of
from apps.console.views.quality_proposals import proposals_of
from apps.projects.labelling import config_of
from apps.projects.models import Project
from apps.projects.rights import Right
from apps.projects.selectors import schema_current


@project_page()
@require_safe
def quality(request: ProjectRequest, project: Project) -> HttpResponse:
    """All queues together, or the one that `?queue=` names."""
    queues = list(queues_of(project=project))
    chosen = next((queue for queue in queues if queue.slug == request.GET.get("queue")), None)
    votes = figures.votes_latest(project=project, queue=chosen)
    shown = [chosen] if chosen else queues
    context: dict[str, Any] = {
        "project": project,
        "station": "quality",
        "can_manage": Right.MANAGE in request.rights,
        "queues": queues,
        "chosen": chosen,
        "n_votes": len(votes),
        "is_capped": len(votes) == figures.LATEST,
        "agreement": figures.agreement_rows(votes, queues=shown),
        "reviewers": figures.reviewer_rows(votes),
        "confusion": figures.confusion_of(votes),
        "cells": figures.items_address(project=project, state="settled", queue=chosen.slug if chosen else ""),
        "fits": figures.fit_rows(queues=shown),
        "min_items": figures.MIN_ITEMS,
        "compares": bool(pairwise_controls(config_of(schema_current(project=project)))),
        "n_proposals": proposals_of(project).filter(state="open").count(),
        "now": timezone.now(),
    }
    return render(request, "console/quality/overview.html", context)


@project_page(Right.MANAGE)
@require_POST
def quality_fit_now(request: ProjectRequest, project: Project, queue_slug: str) -> HttpResponse:
    queue = get_object_or_404(queues_of(project=project).select_related("project"), slug=queue_slug)
    fit = quality_fit(queue=queue, now=timezone.now())
    if fit is None:
        words = _("Not fitted: fewer than %(n)s items of “%(queue)s” have two answers. Nothing was changed.")
        messages.warning(request, words % {"n": figures.MIN_ITEMS, "queue": queue})
    else:
        words = _("Fitted on %(n)s answers to %(items)s items of “%(queue)s”. Answers from now on are weighed by it.")
        messages.success(request, words % {"n": fit.n_annotations, "items": fit.n_items, "queue": queue})
    return redirect("console:quality", project.slug)


_HERE = "p/<slug:slug>/quality/"
urlpatterns = [
    path(_HERE, quality, name="quality"),
    path(f"{_HERE}fit/<slug:queue_slug>/", quality_fit_now, name="quality_fit"),
]
