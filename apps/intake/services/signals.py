"""Taking feedback in: every signal is kept, with the verdict on it and the rule that gave it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.core.canonical import sha256_hex
from apps.core.db import violates
from apps.core.errors import FieldProblem, InvalidFields
from apps.events.services import event_record
from apps.intake.algorithms import filters
from apps.intake.models import AdversarialUser, Signal, Trace
from apps.intake.selectors import reason_by_code, trace_by_client_id, versions_of
from apps.intake.shapes import CLOCK_SKEW, SignalIn, read_shape
from apps.projects.models import ApiKey, EscalationReason, Project

# Which fields a kind needs; every other kind takes none of them.
NEEDS_VALUE = {"csat", "dwell", "sensor"}
NEEDS_CORRECTION = {"explicit_correction"}
TAKES_CORRECTION = NEEDS_CORRECTION | {"suggestion_modified"}
NEEDS_REASON = {"agent_escalation"}


@dataclass(frozen=True)
class SignalReceipt:
    """The signal and whether this call created it."""

    signal: Signal
    is_new: bool


@transaction.atomic
def signal_ingest(
    *, project: Project, row: Mapping[str, Any], api_key: ApiKey | None = None, now: datetime
) -> SignalReceipt:
    """Store one signal with its verdict. The same event again returns the first one.

    Raises:
        InvalidFields: a field does not fit its kind; the trace or the reason is not known.
    """
    shape = read_shape(SignalIn, _plain(row))
    _check_kind(shape)
    trace = trace_by_client_id(project=project, trace_id=shape.trace_id)
    reason = reason_by_code(project=project, code=shape.reason) if shape.reason else None
    event_hash = sha256_hex(_plain(row))
    if earlier := Signal.objects.filter(project=project, event_hash=event_hash).first():
        return SignalReceipt(earlier, False)
    if shape.occurred_at and shape.occurred_at > now + CLOCK_SKEW:
        raise InvalidFields([FieldProblem("occurred_at", _("The time lies in the future."))])
    return _store(_signal_of(trace, shape, reason, event_hash, now=now), api_key=api_key, now=now)


@transaction.atomic
def escalation_signal(*, trace: Trace, reason: EscalationReason, key: str, now: datetime) -> Signal:
    """The feedback that an escalation itself is; `key` tells two escalations of one trace apart."""
    event = {"trace_id": trace.trace_id, "kind": "agent_escalation", "reason": reason.code, "escalation": key}
    shape = SignalIn(trace_id=trace.trace_id, kind="agent_escalation", reason=reason.code)
    signal = _signal_of(trace, shape, reason, sha256_hex(event), now=now)
    return _store(signal, api_key=None, now=now).signal


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}


def _check_kind(shape: SignalIn) -> None:
    """Raises InvalidFields where a field is missing for the kind, or given in vain."""
    problems = [
        *_presence("value", shape.value is not None, shape.kind in NEEDS_VALUE, shape.kind in NEEDS_VALUE, shape.kind),
        *_presence(
            "correction",
            bool(shape.correction),
            shape.kind in NEEDS_CORRECTION,
            shape.kind in TAKES_CORRECTION,
            shape.kind,
        ),
        *_presence("reason", bool(shape.reason), shape.kind in NEEDS_REASON, shape.kind in NEEDS_REASON, shape.kind),
        *_value_range(shape),
    ]
    if problems:
        raise InvalidFields(problems)


def _presence(field: str, is_given: bool, is_needed: bool, is_taken: bool, kind: str) -> list[FieldProblem]:
    if is_needed and not is_given:
        return [FieldProblem(field, _("A signal of kind %(kind)s needs this field.") % {"kind": kind})]
    if is_given and not is_taken:
        return [FieldProblem(field, _("A signal of kind %(kind)s does not take this field.") % {"kind": kind})]
    return []


def _value_range(shape: SignalIn) -> list[FieldProblem]:
    value = shape.value
    if value is None:
        return []
    if shape.kind == "csat" and value not in (1, 2, 3, 4, 5):
        return [FieldProblem("value", _("A satisfaction rating is 1, 2, 3, 4 or 5."))]
    if shape.kind == "dwell" and value < 0:
        return [FieldProblem("value", _("A dwell time is not negative."))]
    return []


def _signal_of(
    trace: Trace, shape: SignalIn, reason: EscalationReason | None, event_hash: str, *, now: datetime
) -> Signal:
    signal = Signal(
        project=trace.project,
        trace=trace,
        kind=shape.kind,
        value=shape.value,
        correction=shape.correction or "",
        reason=reason,
        user_ref=shape.user_ref or trace.user_ref,
        product_version=shape.product_version or trace.product_version,
        event_hash=event_hash,
        occurred_at=shape.occurred_at or now,
        received_at=now,
    )
    judgement = _judge(signal, now=now)
    signal.verdict, signal.rule, signal.weight = judgement.verdict, judgement.rule, judgement.weight
    return signal


def _judge(signal: Signal, *, now: datetime) -> filters.Judgement:
    facts = filters.SignalFacts(
        kind=signal.kind,
        occurred_at=signal.occurred_at,
        product_version=signal.product_version,
        value=signal.value,
        edit_distance=_edit_distance(signal),
        is_adversarial=_is_adversarial(signal),
        is_duplicate=_is_duplicate(signal),
    )
    weights = filters.weights_of(signal.project.signal_weights)
    return filters.judge(facts, weights=weights, versions=versions_of(project=signal.project), now=now)


def _edit_distance(signal: Signal) -> int:
    if signal.kind != "explicit_correction":
        return 0
    return filters.edit_distance_capped(signal.trace.payload.output_text, signal.correction)


def _is_adversarial(signal: Signal) -> bool:
    if not signal.user_ref:
        return False
    return AdversarialUser.objects.filter(project=signal.project, user_ref=signal.user_ref).exists()


def _is_duplicate(signal: Signal) -> bool:
    """The same user said the same about the same trace before. Without a user nobody can tell."""
    if not signal.user_ref or signal.kind == "agent_escalation":
        return False
    same = Signal.objects.filter(trace=signal.trace, kind=signal.kind, user_ref=signal.user_ref)
    return same.filter(value=signal.value, correction=signal.correction).exists()


def _store(signal: Signal, *, api_key: ApiKey | None, now: datetime) -> SignalReceipt:
    try:
        # Inner block: the outer transaction must survive a twin that came first.
        with transaction.atomic():
            signal.save(force_insert=True)
    except IntegrityError as exc:
        if not violates(exc, "signal_event_once"):
            raise
        return SignalReceipt(Signal.objects.get(project=signal.project, event_hash=signal.event_hash), False)
    event_record(
        verb="signal.received",
        obj=signal,
        project_id=signal.project_id,
        api_key_id=api_key.pk if api_key else None,
        payload={"kind": signal.kind, "verdict": signal.verdict, "trace": str(signal.trace_id)},
        at=now,
    )
    return SignalReceipt(signal, True)
