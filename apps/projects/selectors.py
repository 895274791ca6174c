"""Reads of projects and what belongs to them."""

from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.accounts.models import User
from apps.core.rows import Shape
from apps.projects.models import (
    ApiKey,
    EscalationReason,
    Guideline,
    LabelSchema,
    Membership,
    ProductVersion,
    Project,
)
from apps.projects.rights import ROLE_RIGHTS, Right


def projects_visible_to(*, user: User) -> QuerySet[Project]:
    """Projects where `user` is a member. The only way views reach a project."""
    return Project.objects.filter(memberships__user=user)


def projects_with_right(*, user: User, right: Right) -> QuerySet[Project]:
    """Projects where `user` has the right, oldest first."""
    roles = [role for role, rights in ROLE_RIGHTS.items() if right in rights]
    return Project.objects.filter(memberships__user=user, memberships__role__in=roles).order_by("created_at", "pk")


def schema_current(*, project: Project) -> LabelSchema:
    """The latest version; items made from now on are judged by it."""
    return project.label_schemas.order_by("-version")[0]


def schema_known(*, schema_id: UUID) -> LabelSchema:
    """A version by its id, remembered by the process: no row of that table ever changes."""
    # A fresh instance each time: what a caller hangs on it, such as the project, must not live on.
    schema = _SCHEMA.read(_schema_values(schema_id))
    assert schema is not None
    return schema


_SCHEMA = Shape(LabelSchema, "s")


@lru_cache(maxsize=256)
def _schema_values(schema_id: UUID) -> list[Any]:
    schema = LabelSchema.objects.get(pk=schema_id)
    return [getattr(schema, field.attname) for field in LabelSchema._meta.concrete_fields]


def guideline_current(*, project: Project) -> Guideline | None:
    """The latest version, or None before the first is written."""
    return project.guidelines.order_by("-version").first()


def versions_of(*, project: Project) -> QuerySet[LabelSchema]:
    """All label schemas, newest first, with who wrote them."""
    return project.label_schemas.select_related("created_by").order_by("-version")


def guidelines_of(*, project: Project) -> QuerySet[Guideline]:
    """All guideline versions, newest first, with who wrote them."""
    return project.guidelines.select_related("created_by").order_by("-version")


def reasons_of(*, project: Project) -> QuerySet[EscalationReason]:
    """Escalation reasons: those in use first, the worst first."""
    return project.escalation_reasons.order_by("-is_active", "-severity", "code")


def product_versions_of(*, project: Project) -> QuerySet[ProductVersion]:
    """Releases of the product, newest first."""
    return project.product_versions.order_by("-released_at", "name")


def api_keys_of(*, project: Project) -> QuerySet[ApiKey]:
    """Keys, valid ones first, newest first, with who made them."""
    return project.api_keys.select_related("created_by").order_by("revoked_at", "-created_at")


def memberships_of(*, project: Project) -> QuerySet[Membership]:
    """Everybody with a role, disabled people too, with their user."""
    return project.memberships.select_related("user").order_by("user__name", "user__email")


def manages_all_of(*, manager: User, user: User) -> bool:
    """Whether `manager` manages every project in which `user` has a role."""
    managed = projects_with_right(user=manager, right=Right.MANAGE)
    return not Membership.objects.filter(user=user).exclude(project__in=managed).exists()


def memberships_of_person(*, user: User) -> QuerySet[Membership]:
    """The person's roles, with their projects, oldest project first."""
    return user.memberships.select_related("project").order_by("project__created_at", "pk")
