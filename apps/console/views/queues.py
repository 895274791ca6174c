"""Queues: what waits in each, its policy, its people, its life."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.models import User
from apps.accounts.shifts import on_shift
from apps.console.assistance_figures import assistance_figures
from apps.console.forms_queues import BudgetForm, PeopleForm, QueueForm
from apps.console.guards import ProjectRequest, project_page
from apps.console.people_standing import held_people, left_out_people
from apps.console.queue_figures import UNDECIDED, leases_of, next_items, people_by_queue, queue_rows, queues_of
from apps.core.errors import Conflict, InvalidInput
from apps.projects.models import Project
from apps.projects.rights import Right
from apps.queues import services
from apps.queues.models import Item, Queue
from apps.queues.selectors import queues_workable_by
from apps.queues.selectors_budget import budget_standing


def queues_page(
    request: ProjectRequest, project: Project, name: str, *, status: int = 200, **context: Any
) -> HttpResponse:
    frame = {"project": project, "station": "queues", "can_manage": Right.MANAGE in request.rights}
    return render(request, f"console/queues/{name}.html", frame | context, status=status)


@project_page()
@require_safe
def queues(request: ProjectRequest, project: Project) -> HttpResponse:
    now = timezone.now()
    rows = queue_rows(queues=queues_of(project=project), now=now)
    longest = max((row.n_undecided for row in rows), default=0)
    return queues_page(request, project, "list", rows=rows, longest=longest, now=now)


@project_page(Right.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def queue_new(request: ProjectRequest, project: Project) -> HttpResponse:
    form = QueueForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.queue_create(project=project, by=request.user, now=timezone.now(), **form.policy())
        except InvalidInput as exc:
            form.refuse(exc.field, exc.message)
        else:
            messages.success(request, _("The queue is open. What comes in from now on can become its items."))
            return redirect("console:queue", project.slug, made.slug)
    return queues_page(request, project, "new", form=form, status=422 if form.is_bound else 200)


def queue_of(project: Project, queue_slug: str) -> Queue:
    return get_object_or_404(queues_of(project=project).select_related("project"), slug=queue_slug)


@project_page()
@require_safe
def queue(request: ProjectRequest, project: Project, queue_slug: str) -> HttpResponse:
    return queue_page(request, project, queue_of(project, queue_slug))


def queue_page(
    request: ProjectRequest,
    project: Project,
    queue: Queue,
    *,
    form: QueueForm | None = None,
    people_form: PeopleForm | None = None,
    budget_form: BudgetForm | None = None,
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    working = people_by_queue(queues=[queue])[queue.pk]
    people = User.objects.filter(pk__in=working).select_related("preferences").order_by("name", "email")
    context = {
        "queue": queue,
        "row": queue_rows(queues=[queue], now=now)[0],
        "people": people,
        "n_on_shift": on_shift(people=people, now=now),
        "leases": leases_of(queue=queue),
        "paused_people": held_people(project=project).filter(queue=queue),
        "left_out_people": left_out_people(project=project).filter(queue=queue),
        "budget": budget_standing(queue=queue),
        "budget_form": budget_form or BudgetForm(initial={"label_budget": queue.label_budget}, auto_id="budget_%s"),
        "n_known": queue.items.filter(state=Item.State.HONEYPOT).count(),
        "hides_leases": request.user.pk in working,
        # The order shows the model's doubt, which whoever answers here must not see.
        "next_items": [] if request.user.pk in working else next_items(queue=queue),
        "assistance": assistance_figures(queue=queue, but=request.user if request.user.pk in working else None),
        "form": form or QueueForm(queue=queue),
        "people_form": people_form or PeopleForm(queue=queue),
        "can_adjudicate": Right.ADJUDICATE in request.rights,
        "can_review": queues_workable_by(user=request.user).filter(pk=queue.pk).exists(),
        "error": error,
        "now": now,
    }
    return queues_page(request, project, "queue", status=status, **context)


@project_page(Right.MANAGE)
@require_POST
def queue_save(request: ProjectRequest, project: Project, queue_slug: str) -> HttpResponse:
    queue = queue_of(project, queue_slug)
    form = QueueForm(request.POST, queue=queue)
    if form.is_valid():
        try:
            services.queue_update(queue=queue, by=request.user, **form.policy())
        except InvalidInput as exc:
            form.refuse(exc.field, exc.message)
        except Conflict as exc:
            form.refuse("label_budget", exc.message)
        else:
            messages.success(request, _("Saved."))
            return redirect("console:queue", project.slug, queue.slug)
    return queue_page(request, project, queue, form=form, status=422)


@project_page(Right.MANAGE)
@require_POST
def queue_people(request: ProjectRequest, project: Project, queue_slug: str) -> HttpResponse:
    queue = queue_of(project, queue_slug)
    form = PeopleForm(request.POST, queue=queue)
    if not form.is_valid():
        return queue_page(request, project, queue, people_form=form, status=422)
    members = [user.pk for user in form.cleaned_data["members"]]
    with transaction.atomic():
        services.queue_update(queue=queue, by=request.user, is_open_to_all=form.cleaned_data["is_open_to_all"])
        services.members_set(queue=queue, user_ids=members, by=request.user)
    messages.success(request, _("Saved. Whoever left has given back what they held."))
    return redirect("console:queue", project.slug, queue.slug)


def _to_state(
    request: ProjectRequest, project: Project, queue_slug: str, act: Callable[..., Queue], words: str
) -> HttpResponse:
    queue = queue_of(project, queue_slug)
    try:
        act(queue=queue, by=request.user)
    except Conflict as exc:
        queue.refresh_from_db()
        return queue_page(request, project, queue, error=exc.message, status=409)
    messages.success(request, words)
    return redirect("console:queue", project.slug, queue.slug)


@project_page(Right.MANAGE)
@require_POST
def queue_pause(request: ProjectRequest, project: Project, queue_slug: str) -> HttpResponse:
    words = _("Paused. Nothing is given out; what people hold they may still answer.")
    return _to_state(request, project, queue_slug, services.queue_pause, words)


@project_page(Right.MANAGE)
@require_POST
def queue_resume(request: ProjectRequest, project: Project, queue_slug: str) -> HttpResponse:
    return _to_state(request, project, queue_slug, services.queue_resume, _("Open again."))


@project_page(Right.MANAGE)
@require_POST
def queue_drain(request: ProjectRequest, project: Project, queue_slug: str) -> HttpResponse:
    words = _("Draining: nothing more comes in, what is left is given out.")
    return _to_state(request, project, queue_slug, services.queue_drain, words)


@project_page(Right.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def queue_close(request: ProjectRequest, project: Project, queue_slug: str) -> HttpResponse:
    """GET says exactly what will happen; POST does it."""
    queue = queue_of(project, queue_slug)
    error, status = "", 200
    if request.method == "POST":
        try:
            services.queue_close(queue=queue, by=request.user, now=timezone.now())
        except Conflict as exc:
            error, status = exc.message, 409
        else:
            messages.success(request, _("Closed. What was answered stays; what waited is taken out."))
            return redirect("console:queue", project.slug, queue.slug)
    undecided = queue.items.filter(UNDECIDED)
    context = {
        "queue": queue,
        "n_undecided": undecided.count(),
        "n_owed": undecided.filter(severity__gt=0).count(),
        "n_leases": leases_of(queue=queue).count(),
        "error": error,
    }
    return queues_page(request, project, "close", status=status, **context)


@project_page(Right.MANAGE)
@require_POST
def queue_return(request: ProjectRequest, project: Project, queue_slug: str, user_id: UUID) -> HttpResponse:
    """Take back all that a person holds in the queue."""
    queue = queue_of(project, queue_slug)
    holders = User.objects.filter(pk__in=leases_of(queue=queue).values("reviewer"))
    person = get_object_or_404(holders, pk=user_id)
    n = services.leases_return(reviewer=person, queue=queue)
    words = ngettext("%(n)s item of %(who)s is back in the queue.", "%(n)s items of %(who)s are back in the queue.", n)
    messages.success(request, words % {"n": n, "who": person})
    return redirect("console:queue", project.slug, queue.slug)


_HERE = "p/<slug:slug>/queues/"
_ONE = f"{_HERE}<slug:queue_slug>/"
urlpatterns = [
    path(_HERE, queues, name="queues"),
    # No queue's own address is a lone hyphen.
    path(f"{_HERE}-/new/", queue_new, name="queue_new"),
    path(_ONE, queue, name="queue"),
    path(f"{_ONE}save/", queue_save, name="queue_save"),
    path(f"{_ONE}people/", queue_people, name="queue_people"),
    path(f"{_ONE}pause/", queue_pause, name="queue_pause"),
    path(f"{_ONE}resume/", queue_resume, name="queue_resume"),
    path(f"{_ONE}drain/", queue_drain, name="queue_drain"),
    path(f"{_ONE}close/", queue_close, name="queue_close"),
    path(f"{_ONE}return/<uuid:user_id>/", queue_return, name="queue_return"),
]
