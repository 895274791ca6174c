"""What the frame of every page needs."""

from typing import Any

from django.http import HttpRequest

from apps.projects import selectors
from apps.projects.rights import Right


def switch_projects(request: HttpRequest) -> dict[str, Any]:
    """Projects whose console the person may open. A lazy queryset: pages that do not show it do not ask for it."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {"switch_projects": selectors.projects_with_right(user=user, right=Right.VIEW)}
