"""The list of pseudonyms whose feedback never trains."""

from datetime import datetime

from django.db import transaction

from apps.accounts.models import User
from apps.events.services import event_record
from apps.intake.models import AdversarialUser
from apps.projects.models import ApiKey, Project


@transaction.atomic
def adversarial_user_add(
    *,
    project: Project,
    user_ref: str,
    reason: str,
    by: User | None = None,
    api_key: ApiKey | None = None,
    now: datetime,
) -> AdversarialUser:
    """Put a pseudonym on the list; feedback from now on is refused, and the training selector leaves out the older."""
    entry, is_new = AdversarialUser.objects.get_or_create(
        project=project, user_ref=user_ref, defaults={"reason": reason, "created_at": now}
    )
    if is_new:
        _record(entry, "adversarial_user.added", by=by, api_key=api_key, now=now)
    return entry


@transaction.atomic
def adversarial_user_remove(
    *,
    project: Project,
    user_ref: str,
    by: User | None = None,
    api_key: ApiKey | None = None,
    now: datetime,
) -> bool:
    """Take a pseudonym off the list. Returns whether it stood there; what was refused meanwhile stays refused."""
    entry = AdversarialUser.objects.filter(project=project, user_ref=user_ref).first()
    if entry is None:
        return False
    _record(entry, "adversarial_user.removed", by=by, api_key=api_key, now=now)
    entry.delete()
    return True


def _record(entry: AdversarialUser, verb: str, *, by: User | None, api_key: ApiKey | None, now: datetime) -> None:
    event_record(
        verb=verb,
        obj=entry,
        project_id=entry.project_id,
        actor=by,
        api_key_id=api_key.pk if api_key else None,
        at=now,
    )
