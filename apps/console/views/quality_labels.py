"""Settled labels that are likely wrong, and the act of asking again about those that a manager picks."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from apps.console.guards import ProjectRequest, project_page
from apps.console.label_doubts import LOOKED_AT, PAIRED, label_doubts, label_twins
from apps.core import figures
from apps.projects.models import Project
from apps.projects.rights import Right
from apps.queues.models import Item
from apps.queues.selectors import items_of_project
from apps.queues.services import item_requeue

SHOWN = 50


class PickForm(forms.Form):
    """The settled items that were ticked."""

    item: "forms.ModelMultipleChoiceField[Item]" = forms.ModelMultipleChoiceField(queryset=Item.objects.none())

    def __init__(self, posted: QueryDict, *, project: Project) -> None:
        super().__init__(posted)
        field = self.fields["item"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = items_of_project(project=project).filter(state=Item.State.SETTLED)


@project_page(Right.MANAGE)
@require_safe
def label_errors(request: ProjectRequest, project: Project) -> HttpResponse:
    """What models dispute, the surest first; and near duplicates with different labels side by side."""
    doubts, twins = label_doubts(project=project), label_twins(project=project)
    context: dict[str, Any] = {
        "project": project,
        "station": "quality",
        "doubts": doubts[:SHOWN],
        "n_doubts": len(doubts),
        "twins": twins[:SHOWN],
        "n_twins": len(twins),
        "looked_at": figures.count(LOOKED_AT),
        "paired": figures.count(PAIRED),
    }
    return render(request, "console/quality/label_errors.html", context)


@project_page(Right.MANAGE)
@require_POST
def label_errors_again(request: ProjectRequest, project: Project) -> HttpResponse:
    """Bring the picked items back for one answer more each; what is not settled any more is left alone."""
    form = PickForm(request.POST, project=project)
    picked = form.cleaned_data["item"] if form.is_valid() else []
    n = item_requeue(item_ids=[item.pk for item in picked], by=request.user, now=timezone.now())
    if n:
        words = ngettext("%(n)s item asks for one answer more.", "%(n)s items ask for one answer more each.", n)
        messages.success(request, words % {"n": n})
    else:
        messages.warning(request, _("Nothing was asked again: pick at least one item that is still settled."))
    return redirect("console:label_errors", project.slug)


_HERE = "p/<slug:slug>/quality/label-errors/"
urlpatterns = [
    path(_HERE, label_errors, name="label_errors"),
    path(f"{_HERE}again/", label_errors_again, name="label_errors_again"),
]
