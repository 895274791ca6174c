"""People and their roles: what accounts, projects and queues must do together."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts import selectors as accounts_selectors
from apps.accounts import services as accounts
from apps.accounts.models import Invitation, User
from apps.core.errors import NotAllowed
from apps.events.services import event_record
from apps.projects import selectors as projects_selectors
from apps.projects import services as projects
from apps.projects.models import Membership, Project
from apps.queues import services as queues
from apps.queues.models import Queue
from apps.queues.selectors import reviewer_ids


@transaction.atomic
def member_invite(
    *, project: Project, email: str, name: str, role: str, by: User, now: datetime
) -> tuple[User, tuple[Invitation, str] | None]:
    """Give the person behind an address a role; somebody without an account is invited too.

    Returns:
        The person, and for somebody new the invitation with its token, which can be shown only now.
    Raises:
        AlreadyHere: the person is disabled. InvalidInput, Conflict: as `membership_set`.
    """
    user = accounts_selectors.user_by_email(email=email)
    invited = None
    if user is None or not user.has_usable_password():
        invited = accounts.user_invite(email=email, name=name, invited_by=by, now=now)
        user = invited[0].user
        event_record(verb="user.invited", obj=user, project_id=project.pk, actor=by, at=now)
    projects.membership_set(project=project, user=user, role=role, by=by, now=now)
    return user, invited


@transaction.atomic
def member_remove(*, project: Project, user: User, by: User, now: datetime) -> bool:
    """Take a person's role away and give his leased items of the project back to their queues."""
    removed = projects.membership_remove(project=project, user=user, by=by, now=now)
    for queue in project.queues.all():
        queues.leases_return(reviewer=user, queue=queue)
        queues.stranded_sweep(queue=queue)
    return removed


@transaction.atomic
def role_set(*, project: Project, user: User, role: str, by: User, now: datetime) -> Membership:
    """Give a person another role; what he may no longer answer goes back, or to an adjudicator.

    Raises:
        InvalidInput: no such role. Conflict: nobody would be left to manage the project.
    """
    membership = projects.membership_set(project=project, user=user, role=role, by=by, now=now)
    for queue in project.queues.all():
        if user.pk not in reviewer_ids(queue=queue):
            queues.leases_return(reviewer=user, queue=queue)
        queues.stranded_sweep(queue=queue)
    return membership


@transaction.atomic
def person_disable(*, project: Project, user: User, by: User, now: datetime) -> User:
    """Shut a person out everywhere; his leases return.

    Raises:
        NotAllowed: the person has a role in a project that `by` does not manage, or is `by`.
    """
    _refuse_foreign(by, user)
    user = accounts.user_disable(user=user, by=by, now=now)
    returned = queues.leases_return(reviewer=user)
    for queue in Queue.objects.filter(project__memberships__user=user):
        queues.stranded_sweep(queue=queue)
    payload = {"leases_returned": returned}
    event_record(verb="user.disabled", obj=user, project_id=project.pk, actor=by, payload=payload, at=now)
    return user


@transaction.atomic
def person_enable(*, project: Project, user: User, by: User, now: datetime) -> User:
    """Let a disabled person in again. Refused as `person_disable`."""
    _refuse_foreign(by, user)
    user = accounts.user_enable(user=user, by=by, now=now)
    event_record(verb="user.enabled", obj=user, project_id=project.pk, actor=by, at=now)
    return user


@transaction.atomic
def project_creation_set(*, project: Project, user: User, allowed: bool, by: User, now: datetime) -> User:
    """Say whether a person may start projects of his own.

    Raises:
        NotAllowed: `by` may not start projects himself.
    """
    if not by.can_create_projects:
        raise NotAllowed(_("Only somebody who may start projects can let others do so."))
    user = accounts.user_set_can_create_projects(user=user, allowed=allowed)
    verb = "user.may_create_projects" if allowed else "user.may_not_create_projects"
    event_record(verb=verb, obj=user, project_id=project.pk, actor=by, at=now)
    return user


def _refuse_foreign(by: User, user: User) -> None:
    if not by.is_superuser and not projects_selectors.manages_all_of(manager=by, user=user):
        raise NotAllowed(
            _(
                "%(user)s also works in projects that you do not manage. "
                "Remove them from this project, or ask a manager of the others."
            )
            % {"user": user}
        )
