"""The JSON doors through which work comes in: traces, feedback, escalations. They live here because they make items."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.errors import FieldProblem, InvalidFields
from apps.core.openapi import IDEMPOTENCY_KEY, problems
from apps.core.parsing import body_object
from apps.intake import services as intake
from apps.intake.answers import (
    BatchVerdict,
    EscalationOut,
    SignalOut,
    TraceVerdict,
    escalation_body,
    signal_body,
    verdict_body,
)
from apps.intake.shapes import BatchIn, EscalationIn, SignalIn, TraceIn
from apps.projects.authentication import HasScope, key_of, project_of
from apps.queues.services import receiving

MAX_BATCH_ROWS = 1000
MAX_BATCH_BYTES = 10 * 1024 * 1024


def _once(
    request: Request, body: dict[str, Any], *, twin: str, work: Callable[[], tuple[int, Any]]
) -> intake.StoredAnswer:
    return intake.answer_once(
        api_key=key_of(request),
        key=request.headers.get("Idempotency-Key", ""),
        request=[request.method, request.path, body],
        twin=twin,
        now=timezone.now(),
        work=work,
    )


def _respond(answer: intake.StoredAnswer, headers: dict[str, str] | None = None) -> Response:
    extra = {"Idempotency-Replayed": "true"} if answer.is_replay else {}
    return Response(answer.body, status=answer.status, headers={**(headers or {}), **extra})


class Traces(APIView):
    """Log one model output. 201 when it is new; 200 when the same body was sent before; 422 for another body."""

    permission_classes = [HasScope.of("ingest")]

    @extend_schema(
        operation_id="trace_create",
        tags=["traces"],
        parameters=[IDEMPOTENCY_KEY],
        request=TraceIn,
        responses={201: TraceVerdict, 200: TraceVerdict, **problems(400, 401, 403, 409, 411, 413, 415, 422)},
        summary="Log one trace",
    )
    def post(self, request: Request) -> Response:
        row = body_object(request)
        return _respond(_once(request, row, twin=f"trace:{row.get('trace_id')}", work=lambda: self._work(request, row)))

    def _work(self, request: Request, row: dict[str, Any]) -> tuple[int, Any]:
        received = receiving.traces_receive(
            project=project_of(request), rows=[row], api_key=key_of(request), now=timezone.now()
        )
        verdict = received.verdicts[0]
        if verdict.status == intake.REFUSED:
            raise InvalidFields(verdict.problems)
        return (201 if verdict.status == intake.CREATED else 200), verdict_body(verdict, received.not_queued)


class TraceBatch(APIView):
    """Log up to 1,000 traces. Always 200 with a verdict for each row; a refused row hinders no other."""

    permission_classes = [HasScope.of("ingest")]
    max_body_bytes: ClassVar[int] = MAX_BATCH_BYTES

    @extend_schema(
        operation_id="trace_batch_create",
        tags=["traces"],
        parameters=[IDEMPOTENCY_KEY],
        request=BatchIn,
        responses={200: BatchVerdict, **problems(400, 401, 403, 409, 411, 413, 415, 422)},
        summary="Log up to 1,000 traces",
        examples=[
            OpenApiExample(
                "Two rows",
                value={"traces": [{"trace_id": "a-1", "input": "where is it"}, {"trace_id": "a-2", "input": "thanks"}]},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        body = body_object(request)
        rows = _batch_rows(body)
        return _respond(_once(request, body, twin="", work=lambda: self._work(request, rows)))

    def _work(self, request: Request, rows: list[dict[str, Any]]) -> tuple[int, Any]:
        received = receiving.traces_receive(
            project=project_of(request), rows=rows, api_key=key_of(request), now=timezone.now()
        )
        verdicts = [verdict_body(one, received.not_queued) for one in received.verdicts]
        counts = {status: sum(one["status"] == status for one in verdicts) for status in BatchVerdict.STATUSES}
        return 200, counts | {"rows": verdicts}


def _batch_rows(body: dict[str, Any]) -> list[dict[str, Any]]:
    unknown = [FieldProblem(name[:100], "The field is not known.") for name in body if name != "traces"]
    rows = body.get("traces")
    if not isinstance(rows, list) or not rows:
        unknown.append(FieldProblem("traces", "Give a list of 1 to 1,000 traces."))
    elif len(rows) > MAX_BATCH_ROWS:
        unknown.append(FieldProblem("traces", f"The list has {len(rows):,} traces; 1,000 is the most."))
    if unknown:
        raise InvalidFields(unknown)
    return list(rows or [])


class Signals(APIView):
    """Send feedback on a trace. The answer tells what becomes of it, by which rule."""

    permission_classes = [HasScope.of("ingest")]

    @extend_schema(
        operation_id="signal_create",
        tags=["signals"],
        parameters=[IDEMPOTENCY_KEY],
        request=SignalIn,
        responses={201: SignalOut, 200: SignalOut, **problems(400, 401, 403, 409, 411, 413, 415, 422)},
        summary="Send feedback",
    )
    def post(self, request: Request) -> Response:
        row = body_object(request)
        return _respond(_once(request, row, twin="", work=lambda: self._work(request, row)))

    def _work(self, request: Request, row: dict[str, Any]) -> tuple[int, Any]:
        receipt = receiving.signal_receive(
            project=project_of(request), row=row, api_key=key_of(request), now=timezone.now()
        )
        return (201 if receipt.is_new else 200), signal_body(receipt)


class Escalations(APIView):
    """Ask for a human answer. 201 with the address to poll; the same request again gives the same escalation."""

    permission_classes = [HasScope.of("ingest")]

    @extend_schema(
        operation_id="escalation_create",
        tags=["escalations"],
        parameters=[IDEMPOTENCY_KEY],
        request=EscalationIn,
        responses={201: EscalationOut, 200: EscalationOut, **problems(400, 401, 403, 409, 411, 413, 415, 422)},
        summary="Ask for a human answer",
    )
    def post(self, request: Request) -> Response:
        row = body_object(request)
        answer = _once(request, row, twin="", work=lambda: self._work(request, row))
        return _respond(answer, {"Location": f"{request.path}/{answer.body['id']}"})

    def _work(self, request: Request, row: dict[str, Any]) -> tuple[int, Any]:
        now = timezone.now()
        receipt = receiving.escalation_receive(
            project=project_of(request),
            row=row,
            api_key=key_of(request),
            idempotency_key=request.headers.get("Idempotency-Key", ""),
            now=now,
        )
        return (201 if receipt.is_new else 200), escalation_body(receipt.escalation, now=now)
