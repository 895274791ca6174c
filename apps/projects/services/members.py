"""Who may do what in a project."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.errors import Conflict, InvalidInput
from apps.events.services import event_record
from apps.projects.models import Membership, Project
from apps.projects.services._versions import project_lock


@transaction.atomic
def membership_set(*, project: Project, user: User, role: str, by: User | None, now: datetime) -> Membership:
    """Give a person a role; one that he had is replaced.

    Raises:
        InvalidInput: no such role. Conflict: nobody would be left to manage the project.
    """
    if role not in Membership.Role.values:
        raise InvalidInput(_("There is no such role."), field="role")
    project = project_lock(project)
    if role != Membership.Role.MANAGER:
        _refuse_last_manager(project, user)
    membership, _created = Membership.objects.update_or_create(
        project=project, user=user, defaults={"role": role}, create_defaults={"role": role, "created_at": now}
    )
    payload = {"user": str(user.pk), "role": role}
    event_record(verb="membership.set", obj=membership, project_id=project.pk, actor=by, payload=payload, at=now)
    return membership


@transaction.atomic
def membership_remove(*, project: Project, user: User, by: User, now: datetime) -> bool:
    """Take a person's role away; True if he had one. His answers stay; his leases are returned by the floors above.

    Raises:
        Conflict: nobody would be left to manage the project.
    """
    project = project_lock(project)
    membership = Membership.objects.filter(project=project, user=user).first()
    if membership is None:
        return False
    _refuse_last_manager(project, user)
    payload = {"user": str(user.pk), "role": membership.role}
    event_record(verb="membership.removed", obj=membership, project_id=project.pk, actor=by, payload=payload, at=now)
    membership.delete()
    return True


def _refuse_last_manager(project: Project, user: User) -> None:
    """The caller holds the project's row, so that two managers cannot both step down."""
    managers = project.memberships.filter(role=Membership.Role.MANAGER, user__is_active=True)
    others = managers.exclude(user=user)
    if managers.filter(user=user).exists() and not others.exists():
        raise Conflict(
            _("%(user)s is the only manager. Make somebody else a manager first.") % {"user": user}, field="role"
        )
