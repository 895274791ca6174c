"""A queue's label budget: change it, or let adjudicators have what it left unsettled."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from apps.console.forms_queues import BudgetForm
from apps.console.guards import ProjectRequest, project_page
from apps.console.views.items import COUNTED
from apps.console.views.queues import queue_of, queue_page
from apps.core.errors import Conflict, InvalidInput
from apps.projects.models import Project
from apps.projects.rights import Right
from apps.queues.services import items_give_up_rest, queue_update


@project_page(Right.MANAGE)
@require_POST
def queue_budget(request: ProjectRequest, project: Project, queue_slug: str) -> HttpResponse:
    queue = queue_of(project, queue_slug)
    form = BudgetForm(request.POST, auto_id="budget_%s")
    if form.is_valid():
        try:
            queue_update(queue=queue, by=request.user, **form.cleaned_data)
        except (InvalidInput, Conflict) as exc:
            form.add_error("label_budget", exc.message)
        else:
            messages.success(request, _("Saved."))
            return redirect("console:queue", project.slug, queue.slug)
    return queue_page(request, project, queue, budget_form=form, status=422)


@project_page(Right.MANAGE)
@require_POST
def queue_rest_end(request: ProjectRequest, project: Project, queue_slug: str) -> HttpResponse:
    """What rests goes to adjudication, `COUNTED` at a time."""
    queue = queue_of(project, queue_slug)
    try:
        n = items_give_up_rest(queue=queue, limit=COUNTED, by=request.user)
    except Conflict as exc:
        return queue_page(request, project, queue, error=exc.message, status=409)
    words = ngettext("%(n)s item went to adjudication.", "%(n)s items went to adjudication.", n)
    messages.success(request, words % {"n": n})
    return redirect("console:queue", project.slug, queue.slug)


_ONE = "p/<slug:slug>/queues/<slug:queue_slug>/"
urlpatterns = [
    path(f"{_ONE}budget/", queue_budget, name="queue_budget"),
    path(f"{_ONE}rest-end/", queue_rest_end, name="queue_rest_end"),
]
