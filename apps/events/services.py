"""Writing events."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models
from django.utils import timezone

from apps.accounts.models import User
from apps.core.rows import Writes, new
from apps.events.models import Event


def event_record(
    *,
    verb: str,
    obj: models.Model,
    project_id: UUID | None,
    actor: User | None = None,
    api_key_id: UUID | None = None,
    payload: dict[str, Any] | None = None,
    at: datetime | None = None,
    writes: Writes | None = None,
) -> Event:
    """Append one event in the caller's transaction: it exists exactly when the change does.

    `payload` holds ids, codes and numbers; never text that a person wrote. With `writes` it goes with other changes.
    """
    kind = "person" if actor is not None else "api_key" if api_key_id is not None else "system"
    event = new(
        Event,
        actor_id=actor.pk if actor is not None else None,
        actor_kind=kind,
        actor_ref=str(api_key_id or ""),
        verb=verb,
        object_type=obj._meta.label_lower,
        object_id=str(obj.pk),
        project_id=project_id,
        payload=payload or {},
        at=at or timezone.now(),
    )
    if writes is None:
        event.save(force_insert=True)
    else:
        writes.insert(event)
    return event
