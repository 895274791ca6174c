"""The audit trail: who did what, when."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from apps.console.cursor import cursor_page
from apps.console.guards import ProjectRequest, project_page
from apps.events.models import Event
from apps.projects.models import Project
from apps.projects.rights import Right


class EventFilterForm(forms.Form):
    """What the log is narrowed to, by URL."""

    verb = forms.CharField(label=_("What, such as golden"), required=False, max_length=64)
    actor = forms.EmailField(label=_("Who, by e-mail address"), required=False)
    object = forms.CharField(label=_("Id of the object"), required=False, max_length=64)


@project_page(Right.MANAGE)
@require_safe
def events(request: ProjectRequest, project: Project) -> HttpResponse:
    form = EventFilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    context = {
        "project": project,
        "station": "home",
        "form": form,
        "is_filtered": any(wanted.values()),
        "page": cursor_page(request, _events(project, wanted), moment="at"),
    }
    return render(request, "console/events/list.html", context)


def _events(project: Project, wanted: dict[str, Any]) -> QuerySet[Event]:
    rows = Event.objects.filter(project_id=project.pk).select_related("actor").order_by("-at", "-pk")
    if wanted.get("verb"):
        rows = rows.filter(verb__startswith=wanted["verb"])
    if wanted.get("actor"):
        rows = rows.filter(actor__email__iexact=wanted["actor"])
    if wanted.get("object"):
        rows = rows.filter(object_id=wanted["object"])
    return rows


urlpatterns = [path("p/<slug:slug>/events/", events, name="events")]
