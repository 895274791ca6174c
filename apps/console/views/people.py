"""People of a project: who is here, who may do what, who is asked to come."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.console.forms_settings import InviteForm, RoleForm, form_refuse
from apps.console.guards import ProjectRequest, project_page
from apps.console.services import people as services
from apps.core.errors import Conflict, InvalidInput, NotAllowed, TouchstoneError
from apps.projects import selectors
from apps.projects.models import Membership, Project
from apps.projects.rights import Right


@project_page()
@require_safe
def people(request: ProjectRequest, project: Project) -> HttpResponse:
    return _page(request, project, InviteForm())


@project_page(Right.MANAGE)
@require_POST
def people_invite(request: ProjectRequest, project: Project) -> HttpResponse:
    """Answers a new person's link with the page itself: it exists in this answer and in the mail only."""
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _page(request, project, form, status=422)
    try:
        user, invited = services.member_invite(
            project=project, **form.cleaned_data, by=request.user, now=timezone.now()
        )
    except TouchstoneError as exc:
        form_refuse(form, exc)
        return _page(request, project, form, status=422)
    if invited is None:
        messages.success(request, _("%(who)s has an account and is in the project now.") % {"who": user})
        return redirect("console:people", project.slug)
    link = request.build_absolute_uri(reverse("accounts:invitation", args=[invited[1]]))
    try:
        accounts.invitation_send(invitation=invited[0], link=link)
    except OSError:  # smtplib's errors are among them; the person is invited all the same
        messages.warning(request, _("The mail could not be sent. Pass the link on yourself."))
    response = _page(request, project, InviteForm(), invited=user, link=link, status=201)
    response["Cache-Control"] = "no-store"
    return response


@project_page(Right.MANAGE)
@require_POST
def people_role(request: ProjectRequest, project: Project, user_id: UUID) -> HttpResponse:
    user = _member(project, user_id)
    form = RoleForm(request.POST)
    if not form.is_valid():
        return _page(request, project, InviteForm(), error=_("There is no such role."), status=422)
    role = form.cleaned_data["role"]
    try:
        services.role_set(project=project, user=user, role=role, by=request.user, now=timezone.now())
    except (InvalidInput, Conflict) as exc:
        return _page(request, project, InviteForm(), error=exc.message, status=409)
    words = _("%(who)s is %(role)s now.")
    messages.success(request, words % {"who": user, "role": Membership.Role(role).label})
    return redirect("console:people", project.slug)


@project_page(Right.MANAGE)
@require_POST
def people_remove(request: ProjectRequest, project: Project, user_id: UUID) -> HttpResponse:
    user = _member(project, user_id)
    try:
        services.member_remove(project=project, user=user, by=request.user, now=timezone.now())
    except Conflict as exc:
        return _page(request, project, InviteForm(), error=exc.message, status=409)
    words = _("%(who)s is out of the project. Answers stay; leased items went back to their queues.")
    messages.success(request, words % {"who": user})
    return redirect("home") if user == request.user else redirect("console:people", project.slug)


@project_page(Right.MANAGE)
@require_POST
def people_disable(request: ProjectRequest, project: Project, user_id: UUID) -> HttpResponse:
    words = _("%(who)s is shut out. Leased items went back to their queues.")
    return _access(request, project, user_id, services.person_disable, words)


@project_page(Right.MANAGE)
@require_POST
def people_enable(request: ProjectRequest, project: Project, user_id: UUID) -> HttpResponse:
    return _access(request, project, user_id, services.person_enable, _("%(who)s may come in again."))


def _access(
    request: ProjectRequest, project: Project, user_id: UUID, act: Callable[..., object], words: str
) -> HttpResponse:
    """Shut a person out of the house, or let him in again."""
    user = _member(project, user_id)
    try:
        act(project=project, user=user, by=request.user, now=timezone.now())
    except NotAllowed as exc:
        return _page(request, project, InviteForm(), error=exc.message, status=403)
    messages.success(request, words % {"who": user})
    return redirect("console:people", project.slug)


@project_page(Right.MANAGE)
@require_POST
def people_creation_allow(request: ProjectRequest, project: Project, user_id: UUID) -> HttpResponse:
    return _creation(request, project, _member(project, user_id), allowed=True)


@project_page(Right.MANAGE)
@require_POST
def people_creation_forbid(request: ProjectRequest, project: Project, user_id: UUID) -> HttpResponse:
    return _creation(request, project, _member(project, user_id), allowed=False)


def _creation(request: ProjectRequest, project: Project, user: User, *, allowed: bool) -> HttpResponse:
    try:
        services.project_creation_set(project=project, user=user, allowed=allowed, by=request.user, now=timezone.now())
    except NotAllowed as exc:
        return _page(request, project, InviteForm(), error=exc.message, status=403)
    words = _("%(who)s may start projects now.") if allowed else _("%(who)s may no longer start projects.")
    messages.success(request, words % {"who": user})
    return redirect("console:people", project.slug)


def _member(project: Project, user_id: UUID) -> User:
    return get_object_or_404(selectors.memberships_of(project=project), user_id=user_id).user


def _page(
    request: ProjectRequest, project: Project, form: InviteForm, *, status: int = 200, **context: Any
) -> HttpResponse:
    frame = {
        "project": project,
        "station": "people",
        "can_manage": Right.MANAGE in request.rights,
        "memberships": selectors.memberships_of(project=project),
        "roles": Membership.Role.choices,
        "form": form,
    }
    return render(request, "console/people/list.html", frame | context, status=status)


_HERE = "p/<slug:slug>/people/"
urlpatterns = [
    path(_HERE, people, name="people"),
    path(f"{_HERE}invite/", people_invite, name="people_invite"),
    path(f"{_HERE}<uuid:user_id>/role/", people_role, name="people_role"),
    path(f"{_HERE}<uuid:user_id>/remove/", people_remove, name="people_remove"),
    path(f"{_HERE}<uuid:user_id>/disable/", people_disable, name="people_disable"),
    path(f"{_HERE}<uuid:user_id>/enable/", people_enable, name="people_enable"),
    path(f"{_HERE}<uuid:user_id>/creation/allow/", people_creation_allow, name="people_creation_allow"),
    path(f"{_HERE}<uuid:user_id>/creation/forbid/", people_creation_forbid, name="people_creation_forbid"),
]
