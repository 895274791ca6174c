"""Refusals about people."""

from apps.core.errors import Conflict, TouchstoneError


class InvitationUnknown(TouchstoneError):
    """No invitation has this token."""

    code = "invitation_unknown"


class InvitationOver(Conflict):
    """The invitation was accepted, replaced, or has expired."""

    code = "invitation_over"


class AlreadyHere(Conflict):
    """The person to be invited has an account that works."""

    code = "already_here"
