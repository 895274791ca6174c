"""Comparisons of two outputs: whose outputs are preferred, how sure that is, and whether the side sways people."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from apps.consensus.services import comparisons
from apps.console import comparison_figures as figures
from apps.console.guards import ProjectRequest, project_page
from apps.console.quality_figures import items_address
from apps.console.queue_figures import queues_of
from apps.projects.labelling import config_of
from apps.projects.models import Project
from apps.projects.selectors import schema_current


@project_page()
@require_safe
def quality_comparisons(request: ProjectRequest, project: Project) -> HttpResponse:
    """All queues together, or the one that `?queue=` names; the first question, or the one that `?question=` names."""
    queues = list(queues_of(project=project))
    chosen = next((queue for queue in queues if queue.slug == request.GET.get("queue")), None)
    config = config_of(schema_current(project=project))
    controls = comparisons.pairwise_controls(config)
    asked = request.GET.get("question")
    control = next((each for each in controls if each.name == asked), controls[0] if controls else None)
    context: dict[str, Any] = {
        "project": project,
        "station": "quality",
        "queues": queues,
        "chosen": chosen,
        "controls": controls,
        "control": control,
    }
    if control is not None:
        rows = comparisons.comparisons_of(project=project, control=control.name, queue=chosen)
        context |= _figures(rows) | {
            "items": items_address(project=project, queue=chosen.slug if chosen else "", question=control.name),
            "side": comparisons.left_share(project=project, control=control.name, queue=chosen),
            "keys": [keys[0] for keys in comparisons.side_keys(config, control)],
        }
    return render(request, "console/quality/comparisons.html", context)


def _figures(rows: list[comparisons.Sided]) -> dict[str, Any]:
    scores = comparisons.scores_of(rows)
    found: dict[str, Any] = {
        "n_answers": sum(row.count for row in rows if row.chosen),
        "is_capped": sum(row.count for row in rows) >= comparisons.LATEST,
    }
    if scores is None:
        return found
    ranked = figures.score_rows(scores)
    start, end = figures.axis_of(ranked)
    return found | {
        "scores": ranked,
        "start": start,
        "end": end,
        "matrix": figures.win_matrix(scores),
        "n_named": sum(row.count for row in rows if row.is_named),
        "n_groups": scores.n_groups,
        "n_left_out": scores.n_left_out,
        "people": figures.person_rows(scores, rows),
        "min_compared": figures.MIN_COMPARED,
    }


urlpatterns = [path("p/<slug:slug>/quality/comparisons/", quality_comparisons, name="quality_comparisons")]
