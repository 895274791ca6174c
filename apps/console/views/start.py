"""The address `/`: sends everybody to where their work is."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from apps.accounts.models import User
from apps.projects import selectors
from apps.projects.models import Project
from apps.projects.rights import ROLE_RIGHTS, Right


def _first_project(user: User) -> Project | None:
    """The oldest project whose console the person may read."""
    roles = [role for role, rights in ROLE_RIGHTS.items() if Right.VIEW in rights]
    mine = selectors.projects_visible_to(user=user).filter(memberships__role__in=roles)
    return mine.order_by("created_at").first()


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Log in, the loop of a project, or the review queues."""
    user = request.user
    if not user.is_authenticated:
        return redirect("accounts:login")
    project = _first_project(user)
    if project is not None:
        return redirect("console:home", project.slug)
    return redirect("workbench:home")
