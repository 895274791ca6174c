"""Escalation reasons and product versions: the project's own vocabulary for what clients report."""

from datetime import datetime

from django.core.validators import slug_re
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.db import violates
from apps.core.errors import Conflict, InvalidInput
from apps.events.services import event_record
from apps.projects import selectors
from apps.projects.labelling import config_of
from apps.projects.models import EscalationReason, ProductVersion, Project


@transaction.atomic
def reason_create(
    *, project: Project, code: str, text: str, severity: int, label: str = "", by: User, now: datetime
) -> EscalationReason:
    """A reason that clients name by `code`.

    Args:
        severity: 1 (mild) to 5 (worst).
        label: the label that the reason stands for; empty for none.
    Raises:
        InvalidInput: names the field. Conflict: the code is taken.
    """
    code = code.strip()
    if not slug_re.match(code) or len(code) > 60:
        raise InvalidInput(_("A code has letters, digits, hyphens and underscores only, at most 60."), field="code")
    fields = _reason_fields(project, text, severity, label)
    try:
        # Inner block: the outer transaction must survive the refused insert.
        with transaction.atomic():
            reason = EscalationReason.objects.create(project=project, code=code, **fields)
    except IntegrityError as exc:
        if not violates(exc, "escalationreason_code_once"):
            raise
        raise Conflict(_('There is a reason "%(code)s" already.') % {"code": code}, field="code") from exc
    _recorded("escalation_reason.created", reason, by, now)
    return reason


@transaction.atomic
def reason_update(
    *,
    reason: EscalationReason,
    text: str,
    severity: int,
    label: str = "",
    is_active: bool = True,
    by: User,
    now: datetime,
) -> EscalationReason:
    """Other words, severity or label. The code stays, since clients have it; an inactive one is refused at the door."""
    for name, value in _reason_fields(reason.project, text, severity, label).items():
        setattr(reason, name, value)
    reason.is_active = is_active
    reason.save(update_fields=["text", "severity", "label", "is_active"])
    _recorded("escalation_reason.updated", reason, by, now)
    return reason


@transaction.atomic
def product_version_create(
    *, project: Project, name: str, released_at: datetime, is_breaking: bool, by: User, now: datetime
) -> ProductVersion:
    """A release of the product. After a breaking one older feedback is stale.

    Raises:
        InvalidInput: no name. Conflict: the name is taken.
    """
    name = name.strip()
    if not name or len(name) > 60:
        raise InvalidInput(_("Give the version a name of at most 60 characters."), field="name")
    try:
        with transaction.atomic():
            version = ProductVersion.objects.create(
                project=project, name=name, released_at=released_at, is_breaking=is_breaking
            )
    except IntegrityError as exc:
        if not violates(exc, "productversion_name_once"):
            raise
        raise Conflict(_('There is a version "%(name)s" already.') % {"name": name}, field="name") from exc
    payload = {"is_breaking": is_breaking}
    event_record(verb="product_version.created", obj=version, project_id=project.pk, actor=by, payload=payload, at=now)
    return version


def _reason_fields(project: Project, text: str, severity: int, label: str) -> dict[str, str | int]:
    text = text.strip()
    if not text or len(text) > 200:
        raise InvalidInput(_("Say the reason in at most 200 characters."), field="text")
    if not 1 <= severity <= 5:
        raise InvalidInput(_("Severity goes from 1 (mild) to 5 (worst)."), field="severity")
    if label and label not in reason_labels(project):
        raise InvalidInput(_('"%(label)s" is no label of the current schema.') % {"label": label}, field="label")
    return {"text": text, "severity": severity, "label": label}


def reason_labels(project: Project) -> tuple[str, ...]:
    """The labels that a reason may stand for: those of the control that consensus is sought on."""
    primary = config_of(selectors.schema_current(project=project)).primary
    return tuple(label.value for label in primary.labels) or primary.classes


def _recorded(verb: str, reason: EscalationReason, by: User, now: datetime) -> None:
    payload = {"code": reason.code, "severity": reason.severity, "is_active": reason.is_active}
    event_record(verb=verb, obj=reason, project_id=reason.project_id, actor=by, payload=payload, at=now)
