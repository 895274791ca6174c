"""Quality in depth: agreement by label, week and pair, signs of carelessness; one reviewer for managers."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.accounts.models import User
from apps.console import agreement_figures, question_figures, reviewer_figures
from apps.console import quality_figures as figures
from apps.console.guards import ProjectRequest, project_page
from apps.console.people_standing import standings_of
from apps.console.queue_figures import queues_of
from apps.labeling.models import Annotation
from apps.projects.models import Project
from apps.projects.rights import Right


@project_page()
@require_safe
def agreement(request: ProjectRequest, project: Project) -> HttpResponse:
    """All queues together, or the one that `?queue=` names."""
    queues = list(queues_of(project=project))
    chosen = next((queue for queue in queues if queue.slug == request.GET.get("queue")), None)
    votes = figures.votes_latest(project=project, queue=chosen)
    pairs = agreement_figures.pair_rows(votes)
    cells = figures.items_address(project=project, queue=chosen.slug if chosen else "")
    weeks = agreement_figures.week_points(votes, cells=cells)
    context: dict[str, Any] = {
        "project": project,
        "station": "quality",
        "queues": queues,
        "chosen": chosen,
        "n_votes": len(votes),
        "is_capped": len(votes) == figures.LATEST,
        "is_simulated": figures.has_simulated(votes),
        "labels": agreement_figures.label_rows(votes),
        "weeks": [point for point in weeks if point["n"] >= figures.MIN_ITEMS],
        "questions": question_figures.question_rows(project=project, queue=chosen),
        "n_compared": question_figures.LATEST,
        "pairs": pairs,
        "matrix": agreement_figures.pair_matrix(pairs),
        "cells": cells,
        "min_shared": agreement_figures.MIN_SHARED,
        "min_items": figures.MIN_ITEMS,
        "can_manage": Right.MANAGE in request.rights,
    }
    return render(request, "console/quality/agreement.html", context)


@project_page(Right.MANAGE)
@require_safe
def reviewer(request: ProjectRequest, project: Project, reviewer_id: UUID) -> HttpResponse:
    """Somebody who answered in the project; nobody without the right to manage sees it."""
    answered = Annotation.objects.filter(item__queue__project=project).values("reviewer")
    person = get_object_or_404(User, pk=reviewer_id, pk__in=answered)
    votes = figures.votes_latest(project=project)
    mine = [vote for vote in votes if vote.reviewer_id == person.pk]
    row = next((row for row in figures.reviewer_rows(votes) if row.user == person), None)
    signs = [each for each in reviewer_figures.sign_rows(votes) if person in (each.reviewer, each.other)]
    context: dict[str, Any] = {
        "project": project,
        "station": "quality",
        "person": person,
        "row": row,
        "is_capped": len(votes) == figures.LATEST,
        "fits": reviewer_figures.fits_of(reviewer=person, queue_ids=[queue.pk for queue in queues_of(project=project)]),
        "curve": reviewer_figures.learning_curve(mine),
        "drift": reviewer_figures.drift_of(mine),
        "pace": reviewer_figures.pace(mine, cells=figures.items_address(project=project, reviewer=str(person.pk))),
        "confusion": figures.confusion_of(mine),
        "cells": figures.items_address(project=project, state="settled", reviewer=str(person.pk)),
        "pool": figures.confusion_of([vote for vote in votes if vote.reviewer_id != person.pk]),
        "signs": signs,
        "standings": standings_of(person=person, queues=queues_of(project=project), votes=mine),
        "min_items": figures.MIN_ITEMS,
        "now": timezone.now(),
    }
    return render(request, "console/quality/reviewer.html", context)


_HERE = "p/<slug:slug>/quality/"
urlpatterns = [
    path(f"{_HERE}agreement/", agreement, name="quality_agreement"),
    path(f"{_HERE}reviewers/<uuid:reviewer_id>/", reviewer, name="quality_reviewer"),
]
