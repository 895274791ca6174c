"""Lineage: from a model to everything it rests on."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.views.decorators.http import require_safe

from apps.console.guards import ProjectRequest, project_page
from apps.console.lineage import trails_of
from apps.console.paging import page_of
from apps.evaluation.selectors import runs_of
from apps.projects.models import Project
from apps.rollout.selectors import deployments_of
from apps.training.selectors import models_of

ITEMS_A_PAGE = 20


@project_page()
@require_safe
def lineage(request: ProjectRequest, project: Project) -> HttpResponse:
    rows = page_of(request, models_of(project=project))
    return render(request, "console/lineage/list.html", {"project": project, "station": "lineage", "rows": rows})


@project_page()
@require_safe
def lineage_model(request: ProjectRequest, project: Project, model_id: UUID) -> HttpResponse:
    model = get_object_or_404(models_of(project=project), pk=model_id)
    version = model.golden_version
    items = version.items.filter(split="train").select_related("payload", "item__trace", "item__queue")
    rows = page_of(request, items.order_by("item_id"), size=ITEMS_A_PAGE)
    context = {
        "project": project,
        "station": "lineage",
        "model": model,
        "version": version,
        "evaluations": runs_of(project=project).filter(candidate=model),
        "deployments": deployments_of(project=project).filter(model_version=model),
        "rows": rows,
        "trails": trails_of(version, rows, reader=request.user),
    }
    return render(request, "console/lineage/model.html", context)


urlpatterns = [
    path("p/<slug:slug>/lineage/", lineage, name="lineage"),
    path("p/<slug:slug>/lineage/<uuid:model_id>/", lineage_model, name="lineage_model"),
]
