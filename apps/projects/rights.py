"""What each role may do in a project: the one table that views, API and services ask."""

from enum import StrEnum

from apps.accounts.models import User
from apps.projects.models import Membership, Project


class Right(StrEnum):
    """Named by what the person does."""

    VIEW = "view"  # read the console
    REVIEW = "review"  # answer items
    ADJUDICATE = "adjudicate"  # see votes of disputed items and decide
    MANAGE = "manage"  # change the project


_Role = Membership.Role
ROLE_RIGHTS: dict[str, frozenset[Right]] = {
    _Role.VIEWER: frozenset({Right.VIEW}),
    _Role.REVIEWER: frozenset({Right.REVIEW}),
    _Role.ADJUDICATOR: frozenset({Right.REVIEW, Right.ADJUDICATE}),
    _Role.MANAGER: frozenset({Right.VIEW, Right.REVIEW, Right.ADJUDICATE, Right.MANAGE}),
}


def rights_of(user: User, project: Project) -> frozenset[Right]:
    """The person's rights; empty for strangers and disabled people. One query."""
    if not user.is_active:
        return frozenset()
    role = Membership.objects.filter(user=user, project=project).values_list("role", flat=True).first()
    return ROLE_RIGHTS.get(role, frozenset()) if role else frozenset()
