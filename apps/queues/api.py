"""The JSON doors through which work comes in: traces, feedback, escalations. They live here because they make items."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
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


class OneRow(APIView, ABC):
    """Takes one object in a request and answers it once."""

    permission_classes = [HasScope.of("ingest")]

    def post(self, request: Request) -> Response:
        row = body_object(request)
        answer = _once(request, row, twin=self.twin(row), work=lambda: self.work(request, row))
        return _respond(answer, self.headers_of(request, answer.body))

    def twin(self, row: dict[str, Any]) -> str:
        """What two requests without a key would have in common; empty: nothing."""
        return ""

    def headers_of(self, request: Request, body: Any) -> dict[str, str]:
        return {}

    @abstractmethod
    def work(self, request: Request, row: dict[str, Any]) -> tuple[int, Any]:
        """(status, body) of a row that came for the first time."""


def _described(*, takes: type, gives: type, operation: str, tag: str, summary: str) -> Callable[[type], type]:
    """The part of the OpenAPI document that a door with one row has."""
    responses: dict[Any, Any] = {201: gives, 200: gives, **problems(400, 401, 403, 409, 411, 413, 415, 422)}
    return extend_schema_view(
        post=extend_schema(
            operation_id=operation,
            tags=[tag],
            parameters=[IDEMPOTENCY_KEY],
            request=takes,
            responses=responses,
            summary=summary,
        )
    )


@_described(takes=TraceIn, gives=TraceVerdict, operation="trace_create", tag="traces", summary="Log one trace")
class Traces(OneRow):
    """Log one model output. 201 when it is new; 200 when the same body was sent before; 422 for another body."""

    def twin(self, row: dict[str, Any]) -> str:
        return f"trace:{row.get('trace_id')}"

    def work(self, request: Request, row: dict[str, Any]) -> tuple[int, Any]:
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


@_described(takes=SignalIn, gives=SignalOut, operation="signal_create", tag="signals", summary="Send feedback")
class Signals(OneRow):
    """Send feedback on a trace. The answer tells what becomes of it, by which rule."""

    def work(self, request: Request, row: dict[str, Any]) -> tuple[int, Any]:
        receipt = receiving.signal_receive(
            project=project_of(request), row=row, api_key=key_of(request), now=timezone.now()
        )
        return (201 if receipt.is_new else 200), signal_body(receipt)


@_described(
    takes=EscalationIn,
    gives=EscalationOut,
    operation="escalation_create",
    tag="escalations",
    summary="Ask for a human answer",
)
class Escalations(OneRow):
    """Ask for a human answer. 201 with the address to poll; the same request again gives the same escalation."""

    def headers_of(self, request: Request, body: Any) -> dict[str, str]:
        return {"Location": f"{request.path}/{body['id']}"}

    def work(self, request: Request, row: dict[str, Any]) -> tuple[int, Any]:
        now = timezone.now()
        receipt = receiving.escalation_receive(
            project=project_of(request),
            row=row,
            api_key=key_of(request),
            idempotency_key=request.headers.get("Idempotency-Key", ""),
            now=now,
        )
        return (201 if receipt.is_new else 200), escalation_body(receipt.escalation, now=now)
