"""Refusals of the intake floor."""

from apps.core.errors import Conflict, InvalidInput


class RequestInFlight(Conflict):
    """The same request is being worked on in another connection."""

    code = "in_flight"


class KeyReused(InvalidInput):
    """An idempotency key came again with another request."""

    code = "key_reused"


class UploadRefused(InvalidInput):
    """A file cannot be read as a table; says what and where."""

    code = "upload_refused"


class UploadDone(Conflict):
    """The upload was imported or discarded already."""

    code = "upload_done"
