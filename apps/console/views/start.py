"""The address `/`: sends everybody to where their work is."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from apps.projects import selectors
from apps.projects.rights import Right


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """To the login, to the loop of the person's oldest project, or to the review queues."""
    user = request.user
    if not user.is_authenticated:
        return redirect("accounts:login")
    project = selectors.projects_with_right(user=user, right=Right.VIEW).first()
    if project is not None:
        return redirect("console:home", project.slug)
    return redirect("workbench:home")
