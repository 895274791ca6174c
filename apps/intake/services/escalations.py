"""Escalations: somebody waits for a human answer. What was given out is only ever corrected, never taken back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.canonical import sha256_hex
from apps.core.errors import FieldProblem, InvalidFields
from apps.events.services import event_record
from apps.intake.models import Escalation, Trace
from apps.intake.selectors import reason_by_code, trace_by_client_id
from apps.intake.services.signals import escalation_signal
from apps.intake.services.traces import REFUSED, trace_ingest
from apps.intake.shapes import EscalationIn, read_shape
from apps.projects.models import ApiKey, EscalationReason, Project

GRACE = timedelta(seconds=60)
GRACE_SHARE = 5  # At most this part of the time left to the deadline.
_GIVEN = (Escalation.State.ANSWERED, Escalation.State.CORRECTED)


@dataclass(frozen=True)
class EscalationReceipt:
    """The escalation and whether this call created it."""

    escalation: Escalation
    is_new: bool


@transaction.atomic
def escalation_create(
    *,
    project: Project,
    row: Mapping[str, Any],
    api_key: ApiKey | None = None,
    idempotency_key: str = "",
    now: datetime,
) -> EscalationReceipt:
    """Store an escalation, its trace where one is sent along, and the signal that it is.

    The same request again returns the first escalation: told by the idempotency key, else by the whole body.

    Raises:
        InvalidFields: a field does not fit, the trace or the reason is not known, the deadline has passed.
    """
    plain = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}
    shape = read_shape(EscalationIn, plain)
    request_hash = _request_hash(plain, api_key, idempotency_key)
    if earlier := Escalation.objects.filter(project=project, request_hash=request_hash).first():
        return EscalationReceipt(earlier, False)
    if shape.deadline_at and shape.deadline_at <= now:
        raise InvalidFields([FieldProblem("deadline_at", _("The deadline has passed."))])
    reason = reason_by_code(project=project, code=shape.reason)
    trace = _trace_of(project, shape, plain, api_key=api_key, now=now)
    return _store(trace, reason, shape, request_hash, api_key=api_key, now=now)


def _request_hash(row: Mapping[str, Any], api_key: ApiKey | None, key: str) -> str:
    return sha256_hex({"api_key": str(api_key.pk) if api_key else "", "key": key} if key else row)


def _trace_of(
    project: Project, shape: EscalationIn, row: Mapping[str, Any], *, api_key: ApiKey | None, now: datetime
) -> Trace:
    if shape.trace_id is not None:
        return trace_by_client_id(project=project, trace_id=shape.trace_id)
    verdict = trace_ingest(project=project, rows=[row["trace"]], api_key=api_key, now=now)[0]
    if verdict.status == REFUSED or verdict.trace is None:
        below = [FieldProblem(f"trace.{one.field}".rstrip("."), one.message) for one in verdict.problems]
        raise InvalidFields(below)
    return verdict.trace


def _store(
    trace: Trace,
    reason: EscalationReason,
    shape: EscalationIn,
    request_hash: str,
    *,
    api_key: ApiKey | None,
    now: datetime,
) -> EscalationReceipt:
    made = Escalation(
        project_id=trace.project_id,
        trace=trace,
        reason=reason,
        severity=shape.severity or reason.severity,
        comment=shape.comment,
        deadline_at=shape.deadline_at,
        request_hash=request_hash,
        created_at=now,
    )
    # The second of two twins waits here for the first and then takes its row.
    Escalation.objects.bulk_create([made], ignore_conflicts=True)
    stored = Escalation.objects.get(project_id=trace.project_id, request_hash=request_hash)
    if stored.pk != made.pk:
        return EscalationReceipt(stored, False)
    escalation_signal(trace=trace, reason=reason, key=str(made.pk), now=now)
    _record(made, "escalation.created", now=now, api_key=api_key, severity=made.severity)
    return EscalationReceipt(made, True)


def answer_grace(*, deadline_at: datetime | None, now: datetime) -> timedelta:
    """How long a fresh answer can still be changed unseen: 60 s, or a fifth of the time left, whichever is less."""
    if deadline_at is None:
        return GRACE
    return min(GRACE, max((deadline_at - now) / GRACE_SHARE, timedelta()))


@transaction.atomic
def escalation_answer(*, escalation: Escalation, answer: Mapping[str, Any], now: datetime) -> Escalation:
    """Give the human answer, or change it.

    Until `answer_ready_at` a change replaces in silence; after it, another label or result is a revision and the
    escalation is CORRECTED. The same answer again changes nothing that a client was told.

    Args:
        answer: {label, result, confidence, settled_by, is_ambiguous, answers}; `revision` is added here.
    """
    held = _locked(escalation)
    if held.state == Escalation.State.WAITING:
        return _write(held, answer, state=Escalation.State.ANSWERED, revision=1, now=now, is_first=True)
    if is_given_out(held, now=now) and held.state in _GIVEN and _same(held.answer, answer):
        return held
    if not is_given_out(held, now=now):
        return _write(held, answer, state=held.state, revision=held.revision, now=now)
    # Also after "unanswerable": the client was told that, so an answer now is a correction.
    return _write(held, answer, state=Escalation.State.CORRECTED, revision=held.revision + 1, now=now)


@transaction.atomic
def escalation_reopen(*, escalation: Escalation, now: datetime) -> Escalation:
    """Take an answer back that nobody saw. One that was given out stays until the next answer corrects it."""
    held = _locked(escalation)
    if held.state != Escalation.State.ANSWERED or is_given_out(held, now=now):
        return held
    held.state, held.answer, held.revision = Escalation.State.WAITING, None, 0
    held.answer_ready_at = held.answered_at = None
    held.save(update_fields=["state", "answer", "revision", "answer_ready_at", "answered_at"])
    _record(held, "escalation.reopened", now=now)
    return held


@transaction.atomic
def escalation_unanswerable(*, escalation: Escalation, note: str, now: datetime) -> Escalation:
    """No human answer will come; `note` tells the client why. An answer that was given out stays."""
    held = _locked(escalation)
    if held.state in _GIVEN and is_given_out(held, now=now):
        return held
    held.state, held.answer, held.revision = Escalation.State.UNANSWERABLE, None, 0
    held.note_to_client, held.answer_ready_at, held.answered_at = note[:300], None, None
    held.save(update_fields=["state", "answer", "revision", "note_to_client", "answer_ready_at", "answered_at"])
    _record(held, "escalation.unanswerable", now=now)
    return held


def is_given_out(escalation: Escalation, *, now: datetime) -> bool:
    """Whether a client who polls now is told the outcome."""
    if escalation.state == Escalation.State.UNANSWERABLE:
        return True
    return escalation.answer_ready_at is not None and escalation.answer_ready_at <= now


def _locked(escalation: Escalation) -> Escalation:
    """The row as it is now, held until the end: two answers at once must not count the same revision."""
    return Escalation.objects.select_for_update().get(pk=escalation.pk)


def _same(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> bool:
    return old is not None and all(old.get(name) == new.get(name) for name in ("label", "result", "is_ambiguous"))


def _write(
    held: Escalation,
    answer: Mapping[str, Any],
    *,
    state: str,
    revision: int,
    now: datetime,
    is_first: bool = False,
) -> Escalation:
    held.state, held.revision, held.note_to_client = state, revision, ""
    held.answer = {**answer, "revision": revision}
    held.answered_at = now
    if is_first:
        held.answer_ready_at = now + answer_grace(deadline_at=held.deadline_at, now=now)
    elif held.answer_ready_at is None:
        held.answer_ready_at = now
    held.save(update_fields=["state", "revision", "answer", "answered_at", "answer_ready_at", "note_to_client"])
    verb = "escalation.corrected" if state == Escalation.State.CORRECTED else "escalation.answered"
    _record(held, verb, now=now, revision=revision)
    return held


def _record(escalation: Escalation, verb: str, *, now: datetime, api_key: ApiKey | None = None, **numbers: int) -> None:
    event_record(
        verb=verb,
        obj=escalation,
        project_id=escalation.project_id,
        api_key_id=api_key.pk if api_key else None,
        payload={"trace": str(escalation.trace_id), **numbers},
        at=now,
    )
