"""Keys for programs: made, shown once, revoked."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.errors import InvalidInput
from apps.events.services import event_record
from apps.projects.authentication import key_hash
from apps.projects.models import ApiKey, Project

PREFIX_LENGTH = 10  # enough to recognise a key, too little to guess it


@transaction.atomic
def api_key_create(
    *, project: Project, name: str, scopes: Sequence[str], by: User, now: datetime
) -> tuple[ApiKey, str]:
    """A key and its row. Only the key's hash is stored, so this is the one time that it can be shown.

    Raises:
        InvalidInput: no name, no scope, or an unknown scope.
    """
    name = name.strip()
    if not name or len(name) > 120:
        raise InvalidInput(_("Give the key a name of at most 120 characters."), field="name")
    chosen = [scope for scope in ApiKey.SCOPES if scope in scopes]
    if not chosen or len(chosen) != len(set(scopes)):
        raise InvalidInput(
            _("Choose what the key may do: %(scopes)s.") % {"scopes": ", ".join(ApiKey.SCOPES)}, field="scopes"
        )
    key = "ts_" + secrets.token_urlsafe(32)
    row = ApiKey.objects.create(
        project=project,
        name=name,
        prefix=key[:PREFIX_LENGTH],
        key_hash=key_hash(key),
        scopes=chosen,
        created_by=by,
        created_at=now,
    )
    event_record(verb="api_key.created", obj=row, project_id=project.pk, actor=by, payload={"scopes": chosen}, at=now)
    return row, key


@transaction.atomic
def api_key_revoke(*, api_key: ApiKey, by: User, now: datetime) -> bool:
    """End a key at once and for good; True if it was valid until now."""
    revoked = ApiKey.objects.filter(pk=api_key.pk, revoked_at__isnull=True).update(revoked_at=now)
    if revoked:
        event_record(verb="api_key.revoked", obj=api_key, project_id=api_key.project_id, actor=by, at=now)
    return bool(revoked)
