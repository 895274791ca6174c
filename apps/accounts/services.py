"""Writes about people. What a person may do in a project is a membership, and belongs to `apps.projects`."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.contrib.sessions.models import Session
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.accounts import selectors
from apps.accounts.errors import AlreadyHere
from apps.accounts.keys import answer_row_problem, keys_changed, keys_problems
from apps.accounts.models import Invitation, Preferences, User
from apps.accounts.shifts import shift_problems
from apps.core.db import violates
from apps.core.errors import InvalidInput, NotAllowed

INVITATION_LIFE = timedelta(days=7)


@transaction.atomic
def user_invite(
    *, email: str, name: str = "", invited_by: User, now: datetime, can_create_projects: bool = False
) -> tuple[Invitation, str]:
    """Invite a person; returns the invitation and its token, which is not stored and so can be shown only now.

    A person who was invited before and has not come yet gets a new link; the older ones end.

    Raises:
        AlreadyHere: the address has an account that was already opened, or was disabled.
    """
    user = selectors.user_by_email(email=email) or _invited_user(email, name, can_create_projects=can_create_projects)
    if user.disabled_at is not None:
        raise AlreadyHere(_("This person is disabled. Enable them instead of inviting them again."), field="email")
    if user.has_usable_password():
        raise AlreadyHere(_("This person already has an account. Add them to the project instead."), field="email")
    # Replaced links must end strictly after their start, as the constraint says; their hash alone would be kept.
    user.invitations.filter(accepted_at__isnull=True, created_at__lt=now, expires_at__gt=now).update(expires_at=now)
    token = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        user=user,
        token_hash=selectors.token_hash(token),
        invited_by=invited_by,
        created_at=now,
        expires_at=now + INVITATION_LIFE,
    )
    return invitation, token


def _invited_user(email: str, name: str, *, can_create_projects: bool) -> User:
    try:
        with transaction.atomic():  # inner block: the outer transaction must survive the refused insert
            return User.objects.create_user(
                email.strip().lower(), None, name=name, is_active=False, can_create_projects=can_create_projects
            )
    except IntegrityError as exc:
        if not violates(exc, "user_email_once") and not violates(exc, "accounts_user_email_key"):
            raise
        return User.objects.get(email__iexact=email.strip())  # a twin request invited the same person just now


def invitation_send(*, invitation: Invitation, link: str) -> None:
    """Mail the link. Outward, so the caller does it after the commit of `user_invite`."""
    days = max(1, round((invitation.expires_at - invitation.created_at) / timedelta(days=1)))
    words = _(
        "%(by)s invites you to Touchstone, where people test what AI systems produce.\n\n"
        "Open this link to choose a password. It works once, for %(days)s days:\n%(link)s\n"
    )
    text = words % {"by": invitation.invited_by, "days": days, "link": link}
    send_mail(_("Your invitation to Touchstone"), text, None, [invitation.user.email])


@transaction.atomic
def invitation_accept(*, token: str, name: str, password: str, now: datetime) -> User:
    """Open the invited person's account. `password` has passed the validators.

    Raises:
        InvitationUnknown, InvitationOver: as `selectors.invitation_by_token`.
    """
    found = selectors.invitation_by_token(token=token, now=now)
    # Two tabs may send the same link: the row is locked and read again before it is used up.
    Invitation.objects.select_for_update().get(pk=found.pk)
    invitation = selectors.invitation_by_token(token=token, now=now)
    invitation.accepted_at = now
    invitation.save(update_fields=["accepted_at"])
    user = invitation.user
    user.name = name
    user.is_active = True
    user.set_password(password)
    user.save(update_fields=["name", "is_active", "password"])
    return user


@transaction.atomic
def user_rename(*, user: User, name: str) -> User:
    """Change the name that others see."""
    user.name = name
    user.save(update_fields=["name"])
    return user


@transaction.atomic
def preferences_set(*, user: User, keys: Mapping[str, str] | None = None, **chosen: Any) -> Preferences:
    """Store what the person chose; what is not named stays. `keys` holds a letter for each command.

    Raises:
        InvalidInput: two commands share a letter, or one cannot be used: names the command; or the row of answer keys
            does not fit beside them.
    """
    for command, problem in keys_problems(keys or {}).items():
        raise InvalidInput(problem, field=command)
    if keys is not None:
        chosen["keys"] = keys_changed(keys)
    if chosen.keys() & {"keys", "answer_keys"}:
        kept = selectors.preferences_of(user=user)
        row, letters = chosen.get("answer_keys", kept.answer_keys), chosen.get("keys", kept.keys)
        if problem := answer_row_problem(row, letters):
            raise InvalidInput(problem, field="answer_keys")
    for field, problem in shift_problems(chosen).items():
        raise InvalidInput(problem, field=field)
    saved = Preferences.objects.update_or_create(user=user, defaults=chosen)[0]
    user.preferences = saved  # whoever holds the person sees them changed
    return saved


def _refuse_oneself(user: User, by: User) -> None:
    if user == by:
        raise NotAllowed(_("You cannot disable or enable yourself. Ask another manager."))


@transaction.atomic
def user_disable(*, user: User, by: User, now: datetime) -> User:
    """Shut a person out. Every open session ends at its next request, because Django loads only active people.

    Leases and the event log lie on higher floors: who calls returns the leases and records the event, in the same
    transaction.

    Raises:
        NotAllowed: `by` is the person; else the last manager could lock everybody out.
    """
    _refuse_oneself(user, by)
    user.is_active = False
    user.disabled_at = now
    user.save(update_fields=["is_active", "disabled_at"])
    return user


@transaction.atomic
def user_enable(*, user: User, by: User, now: datetime) -> User:
    """Let a disabled person in again; an invited one who never came stays outside until an invitation is accepted.

    Sessions from before the disabling stay over. Raises NotAllowed as `user_disable`.
    """
    _refuse_oneself(user, by)
    if user.disabled_at is not None:
        sessions_end(user=user, now=now)
    user.is_active = user.has_usable_password()
    user.disabled_at = None
    user.save(update_fields=["is_active", "disabled_at"])
    return user


@transaction.atomic
def user_set_can_create_projects(*, user: User, allowed: bool) -> User:
    """Say whether the person may start projects of their own."""
    user.can_create_projects = allowed
    user.save(update_fields=["can_create_projects"])
    return user


def sessions_end(*, user: User, now: datetime) -> int:
    """Delete the person's open sessions; returns how many. Reads every open session, so it is for rare acts only."""
    mine = [
        session.pk
        for session in Session.objects.filter(expire_date__gt=now).iterator()
        if session.get_decoded().get("_auth_user_id") == str(user.pk)
    ]
    return Session.objects.filter(pk__in=mine).delete()[0]
