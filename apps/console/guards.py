"""Doors of the console: strangers get 404, members without the right 403."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404

from apps.accounts.http import AuthedRequest
from apps.projects import selectors
from apps.projects.rights import Right, rights_of

View = Callable[..., HttpResponseBase]


class ProjectRequest(AuthedRequest):
    """A request behind `project_page`."""

    rights: frozenset[Right]


def project_page(right: Right = Right.VIEW) -> Callable[[View], View]:
    """Turn `view(request, project, ...)` into the view of a URL with `<slug:slug>`.

    The request also gets `rights`, the person's rights in the project, for templates that hide what cannot be done.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        @login_required
        def guarded(request: ProjectRequest, slug: str, **kwargs: Any) -> HttpResponseBase:
            project = get_object_or_404(selectors.projects_visible_to(user=request.user), slug=slug)
            rights = rights_of(request.user, project)
            if right not in rights:
                raise PermissionDenied
            request.rights = rights
            return view(request, project, **kwargs)

        return guarded

    return decorate
