"""What the frame of every page needs."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from apps.projects import selectors
from apps.projects.rights import Right


def switch_projects(request: HttpRequest) -> dict[str, Any]:
    """Projects whose console the person may open. Lazy: pages that do not show it do not ask for it."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    # Not even put together before it is asked for: most answers are fragments without a frame.
    return {"switch_projects": SimpleLazyObject(lambda: selectors.projects_with_right(user=user, right=Right.VIEW))}
