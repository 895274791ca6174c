"""What the intake doors answer: the shapes for the OpenAPI document, and the bodies."""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from apps.core.canonical import sha256_hex
from apps.core.openapi import ProblemField
from apps.intake.models import Escalation
from apps.intake.services import RowVerdict, SignalReceipt, is_given_out

# A client that polls without being told when asks again after this long.
POLL_SECONDS = 15


class TraceVerdict(BaseModel):
    """What became of one trace."""

    index: int = Field(description="Its place in the batch, from 0.")
    trace_id: str
    status: Literal["created", "repeated", "refused"]
    not_queued: str = Field("", description="Why a stored trace is shown to nobody; empty when nothing hinders it.")
    errors: list[ProblemField]


class BatchVerdict(BaseModel):
    """A verdict for each row, in their order, and how many of each kind."""

    STATUSES: ClassVar[tuple[str, ...]] = ("created", "repeated", "refused")

    created: int
    repeated: int
    refused: int
    rows: list[TraceVerdict]


class SignalOut(BaseModel):
    """What became of a signal, and by which rule."""

    id: UUID
    trace_id: str
    kind: str
    status: Literal["created", "repeated"]
    verdict: Literal["candidate", "negative", "priority", "monitoring", "refused"]
    rule: str
    weight: float
    event_hash: str


class EscalationAnswer(BaseModel):
    """The people's answer."""

    label: str | None
    result: list[dict[str, Any]] | None = Field(None, description="In Label Studio's result format.")
    confidence: float | None = None
    settled_by: str | None = Field(None, description="consensus or adjudicator.")
    is_ambiguous: bool | None = Field(None, description="An adjudicator says that no single label is right.")
    answers: int | None = Field(None, description="How many people answered.")
    revision: int


class EscalationOut(BaseModel):
    """An escalation as it stands."""

    id: UUID
    trace_id: str
    reason: str
    severity: int
    comment: str
    state: Literal["waiting", "answered", "corrected", "unanswerable"]
    answer: EscalationAnswer | None
    note: str = Field(description="Why no answer will come; empty otherwise.")
    deadline_at: datetime | None
    created_at: datetime
    answered_at: datetime | None


def verdict_body(verdict: RowVerdict, not_queued: Mapping[UUID, str]) -> dict[str, Any]:
    return {
        "index": verdict.index,
        "trace_id": verdict.trace_id,
        "status": verdict.status,
        "not_queued": not_queued.get(verdict.trace.pk, "") if verdict.trace else "",
        "errors": [{"field": problem.field, "message": problem.message} for problem in verdict.problems],
    }


def signal_body(receipt: SignalReceipt) -> dict[str, Any]:
    signal = receipt.signal
    return {
        "id": str(signal.pk),
        "trace_id": signal.trace.trace_id,
        "kind": signal.kind,
        "status": "created" if receipt.is_new else "repeated",
        "verdict": signal.verdict,
        "rule": signal.rule,
        "weight": signal.weight,
        "event_hash": signal.event_hash,
    }


def escalation_body(escalation: Escalation, *, now: datetime) -> dict[str, Any]:
    """As a client sees it at `now`: an answer in its grace time is still "waiting"."""
    is_out = is_given_out(escalation, now=now)
    return {
        "id": str(escalation.pk),
        "trace_id": escalation.trace.trace_id,
        "reason": escalation.reason.code,
        "severity": escalation.severity,
        "comment": escalation.comment,
        "state": escalation.state if is_out else Escalation.State.WAITING.value,
        "answer": _answer(escalation) if is_out else None,
        "note": escalation.note_to_client if is_out else "",
        "deadline_at": _moment(escalation.deadline_at),
        "created_at": _moment(escalation.created_at),
        "answered_at": _moment(escalation.answered_at) if is_out else None,
    }


def escalation_headers(escalation: Escalation, body: Mapping[str, Any], *, now: datetime) -> dict[str, str]:
    """ETag of what the client is told; while it waits, after how many seconds to ask again."""
    headers = {"ETag": f'"{sha256_hex(body)[:32]}"', "Cache-Control": "private, no-cache"}
    if body["state"] == Escalation.State.WAITING:
        ready_at = escalation.answer_ready_at
        wait = math.ceil((ready_at - now).total_seconds()) if ready_at else POLL_SECONDS
        headers["Retry-After"] = str(max(1, wait))
    return headers


def _answer(escalation: Escalation) -> dict[str, Any] | None:
    if escalation.answer is None:
        return None
    empty = dict.fromkeys(EscalationAnswer.model_fields)
    return empty | {name: value for name, value in escalation.answer.items() if name in EscalationAnswer.model_fields}


def _moment(value: datetime | None) -> str | None:
    return value.isoformat().replace("+00:00", "Z") if value else None
