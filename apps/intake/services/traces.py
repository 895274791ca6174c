"""Taking traces in: one row or thousands, a verdict for each, never half a row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core import figures
from apps.core.canonical import canonical_bytes, sha256_hex
from apps.core.errors import FieldProblem, InvalidFields
from apps.core.strict_json import json_problems
from apps.events.services import event_record
from apps.intake.models import Prediction, Trace, TracePayload
from apps.intake.shapes import CLOCK_SKEW, TraceIn, read_shape
from apps.projects.models import ApiKey, Project

MAX_ROW_BYTES = 1024 * 1024
CHUNK = 1000

CREATED, REPEATED, REFUSED = "created", "repeated", "refused"


@dataclass(frozen=True)
class RowVerdict:
    """What became of one row: `created`, `repeated` (the same row was there), or `refused` with its problems."""

    index: int
    trace_id: str
    status: str
    trace: Trace | None = None
    problems: tuple[FieldProblem, ...] = ()


@dataclass
class _Row:
    """A row on its way in. The trace is built before anything is written."""

    index: int
    shape: TraceIn
    body_hash: str
    trace: Trace = field(init=False)


@transaction.atomic
def trace_ingest(
    *, project: Project, rows: Sequence[Mapping[str, Any]], api_key: ApiKey | None = None, now: datetime
) -> list[RowVerdict]:
    """Store the rows that fit, each with its payload and its logged prediction; one verdict a row, in their order.

    A row whose `trace_id` is known with the same body is `repeated`; with another body it is refused. Two callers who
    send the same id at once both get an answer: the second waits for the first and then sees its row.
    Three inserts and two selects for every 1,000 rows.
    """
    verdicts: dict[int, RowVerdict] = {}
    for start in range(0, len(rows), CHUNK):
        numbered = enumerate(rows[start : start + CHUNK], start)
        fitting = _fitting(numbered, verdicts, now=now)
        verdicts |= _store(project, fitting, now=now)
    ordered = [verdicts[index] for index in range(len(rows))]
    _record(project, ordered, api_key=api_key, now=now)
    return ordered


def _record(project: Project, verdicts: Sequence[RowVerdict], *, api_key: ApiKey | None, now: datetime) -> None:
    counts = {status: sum(one.status == status for one in verdicts) for status in (CREATED, REPEATED, REFUSED)}
    if counts[CREATED]:
        event_record(
            verb="traces.received",
            obj=project,
            project_id=project.pk,
            api_key_id=api_key.pk if api_key else None,
            payload=counts,
            at=now,
        )


def _fitting(numbered: Any, verdicts: dict[int, RowVerdict], *, now: datetime) -> list[_Row]:
    """Rows that pass every check; the others get their verdict here."""
    fitting = []
    for index, row in numbered:
        try:
            fitting.append(_read(index, row, now=now))
        except InvalidFields as exc:
            verdicts[index] = RowVerdict(index, _shown_id(row), REFUSED, None, exc.problems)
    return fitting


def _read(index: int, row: Mapping[str, Any], *, now: datetime) -> _Row:
    if not isinstance(row, dict):
        raise InvalidFields([FieldProblem("", _("The row is not an object."))])
    plain = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}
    if problems := json_problems(plain):
        raise InvalidFields(problems)
    shape = read_shape(TraceIn, plain)
    if shape.occurred_at and shape.occurred_at > now + CLOCK_SKEW:
        raise InvalidFields([FieldProblem("occurred_at", _("The time lies in the future."))])
    body = canonical_bytes(plain)
    if len(body) > MAX_ROW_BYTES:
        raise InvalidFields(
            [
                FieldProblem(
                    "",
                    _("The row has more than %(max_row_bytes)s bytes.")
                    % {"max_row_bytes": figures.number(MAX_ROW_BYTES, 0)},
                )
            ]
        )
    return _Row(index, shape, sha256_hex(plain))


def _shown_id(row: Any) -> str:
    """The id of a refused row as far as it can be told back."""
    trace_id = row.get("trace_id") if isinstance(row, dict) else ""
    return trace_id[:200].encode(errors="replace").decode() if isinstance(trace_id, str) else ""


def _store(project: Project, rows: list[_Row], *, now: datetime) -> dict[int, RowVerdict]:
    first: dict[str, _Row] = {}
    for row in rows:
        row.trace = _trace_of(project, row, now=now)
        first.setdefault(row.shape.trace_id, row)
    known = _known(project, first)
    new = [row for trace_id, row in sorted(first.items()) if trace_id not in known]
    # Sorted, so that two batches with the same ids never wait for each other in a circle; whoever comes second
    # waits here for the first one's end and then finds its rows.
    Trace.objects.bulk_create([row.trace for row in new], ignore_conflicts=True)
    known |= _known(project, [row.shape.trace_id for row in new])
    ours = [row for row in new if known[row.shape.trace_id].pk == row.trace.pk]
    TracePayload.objects.bulk_create([_payload_of(row) for row in ours])
    logged = [_prediction_of(row, now=now) for row in ours if row.shape.prediction]
    Prediction.objects.bulk_create([one for one in logged if one is not None])
    return {row.index: _verdict(row, known[row.shape.trace_id]) for row in rows}


def _known(project: Project, trace_ids: Any) -> dict[str, Trace]:
    found = Trace.objects.filter(project=project, trace_id__in=list(trace_ids)).select_related("payload")
    return {trace.trace_id: trace for trace in found}


def _verdict(row: _Row, stored: Trace) -> RowVerdict:
    if stored.pk == row.trace.pk:
        return RowVerdict(row.index, stored.trace_id, CREATED, row.trace)
    if stored.body_hash == row.body_hash:
        return RowVerdict(row.index, stored.trace_id, REPEATED, stored)
    problem = FieldProblem("trace_id", _("This trace_id was sent before with another body. The first one is kept."))
    return RowVerdict(row.index, stored.trace_id, REFUSED, None, (problem,))


def _trace_of(project: Project, row: _Row, *, now: datetime) -> Trace:
    shape = row.shape
    return Trace(
        project=project,
        trace_id=shape.trace_id,
        model=shape.model,
        prompt_version=shape.prompt_version,
        product_version=shape.product_version,
        user_ref=shape.user_ref,
        session_ref=shape.session_ref,
        latency_ms=shape.latency_ms,
        attributes=shape.attributes,
        policy_flags=shape.policy_flags,
        origin=shape.origin,
        content_hash=sha256_hex({"input": shape.input, "output": shape.output}),
        body_hash=row.body_hash,
        occurred_at=shape.occurred_at or now,
        received_at=now,
    )


def _payload_of(row: _Row) -> TracePayload:
    # The link goes both ways, so that whoever makes items of the traces asks the database nothing more.
    payload = TracePayload(trace=row.trace, input=row.shape.input, output=row.shape.output, context=row.shape.context)
    row.trace.payload = payload
    return payload


def _prediction_of(row: _Row, *, now: datetime) -> Prediction | None:
    shape = row.shape.prediction
    if shape is None:
        return None
    return Prediction(
        trace=row.trace,
        model_ref=shape.model or row.shape.model,
        label=shape.top_label,
        probabilities=shape.probabilities,
        is_logged=True,
        created_at=now,
    )
