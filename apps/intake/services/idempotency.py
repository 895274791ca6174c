"""The same request answers the same and is done once: an advisory lock, and the stored answer in one transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from apps.core.canonical import sha256_hex
from apps.core.db import advisory_lock_try
from apps.core.errors import FieldProblem, InvalidFields
from apps.intake.errors import KeyReused, RequestInFlight
from apps.intake.models import IdempotentResponse
from apps.projects.models import ApiKey

KEPT_FOR = timedelta(days=30)
MAX_KEY_CHARS = 200


@dataclass(frozen=True)
class StoredAnswer:
    """What the door answers. `is_replay`: it was worked out by an earlier request."""

    status: int
    body: Any
    is_replay: bool = False


@transaction.atomic
def answer_once(
    *,
    api_key: ApiKey,
    key: str,
    request: Any,
    twin: str = "",
    now: datetime,
    work: Callable[[], tuple[int, Any]],
) -> StoredAnswer:
    """Do `work` in this transaction, and only once for an idempotency key.

    A request killed on the way leaves nothing: lock, work and stored answer end with its transaction.
    A refused request (an exception) stores nothing either, so the client may mend it and send it again.

    Args:
        key: the client's Idempotency-Key; without one (empty), `twin` names what two twins would both write.
        request: JSON of method, path and body; the same key with another one is refused.

    Raises:
        RequestInFlight: the same request is being worked on right now.
        KeyReused: the key belongs to another request.
    """
    if key:
        _check_key(key)
    if (key or twin) and not advisory_lock_try(f"request:{api_key.pk}:{'key' if key else 'id'}:{key or twin}"):
        raise RequestInFlight("The same request is being worked on. Ask again in a second.")
    if not key:
        return StoredAnswer(*work())
    body_hash = sha256_hex(request)
    if stored := IdempotentResponse.objects.filter(api_key=api_key, key=key).first():
        if stored.body_hash != body_hash:
            message = "This Idempotency-Key was used for another request. Use a new key for a new request."
            raise KeyReused(message, field="Idempotency-Key")
        return StoredAnswer(stored.status, stored.response, is_replay=True)
    status, body = work()
    IdempotentResponse.objects.create(
        api_key=api_key, key=key, body_hash=body_hash, status=status, response=body, created_at=now
    )
    return StoredAnswer(status, body)


def _check_key(key: str) -> None:
    if len(key) > MAX_KEY_CHARS or not key.isascii() or not key.isprintable():
        message = f"An Idempotency-Key has at most {MAX_KEY_CHARS} printable ASCII characters."
        raise InvalidFields([FieldProblem("Idempotency-Key", message)])


@transaction.atomic
def responses_forget(*, now: datetime) -> int:
    """Drop stored answers that no client will ask for again. They are copies; the facts stay."""
    return IdempotentResponse.objects.filter(created_at__lt=now - KEPT_FOR).delete()[0]
