"""Reads about people."""

import hashlib
from datetime import datetime

from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from apps.accounts.errors import InvitationOver, InvitationUnknown
from apps.accounts.models import Invitation, Preferences, User


def token_hash(token: str) -> str:
    """What is stored of a token: SHA-256, hex. The token itself has 256 random bits, so no salt is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


def user_by_email(*, email: str) -> User | None:
    """The person with this address, however it is capitalised."""
    return User.objects.alias(address=Lower("email")).filter(address=email.strip().lower()).first()


def invitation_by_token(*, token: str, now: datetime) -> Invitation:
    """The open invitation of a link.

    Raises:
        InvitationUnknown: no such link was ever given out.
        InvitationOver: it was used, replaced, has expired, or its person was disabled.
    """
    invitation = Invitation.objects.select_related("user").filter(token_hash=token_hash(token)).first()
    if invitation is None:
        raise InvitationUnknown(_("No invitation has this address."))
    if invitation.accepted_at is not None:
        raise InvitationOver(_("This invitation was already used. Log in with your e-mail address."))
    if invitation.expires_at <= now or invitation.user.disabled_at is not None:
        raise InvitationOver(_("This invitation is over. Ask who invited you for a new one."))
    return invitation


def preferences_of(*, user: User) -> Preferences:
    """How the person likes to work; an unsaved row with the defaults where nothing was chosen.

    No query where he came with them, as whoever sends a request does (`backends.PersonBackend`); else one.
    """
    try:
        return user.preferences
    except Preferences.DoesNotExist:
        return Preferences(user=user)
