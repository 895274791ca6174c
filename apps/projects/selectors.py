"""Reads of projects and what belongs to them."""

from django.db.models import QuerySet

from apps.accounts.models import User
from apps.projects.models import Guideline, LabelSchema, Membership, Project
from apps.projects.rights import ROLE_RIGHTS, Right


def projects_visible_to(*, user: User) -> QuerySet[Project]:
    """Projects where `user` is a member. The only way views reach a project."""
    return Project.objects.filter(memberships__user=user)


def memberships_with_right(*, project: Project, right: Right) -> QuerySet[Membership]:
    """Active members of the project who have the right, with their user loaded."""
    roles = [role for role, rights in ROLE_RIGHTS.items() if right in rights]
    return (
        project.memberships.filter(role__in=roles, user__is_active=True).select_related("user").order_by("user__name")
    )


def schema_current(*, project: Project) -> LabelSchema:
    """The latest version; items made from now on are judged by it."""
    return project.label_schemas.order_by("-version")[0]


def guideline_current(*, project: Project) -> Guideline | None:
    """The latest version, or None before the first is written."""
    return project.guidelines.order_by("-version").first()
