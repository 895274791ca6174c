"""The JSON doors that read labels: one trace with its label, all current labels."""

from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from pydantic import BaseModel, Field
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.consensus import labels
from apps.consensus.labels import Label
from apps.core.errors import FieldProblem, InvalidFields
from apps.core.openapi import CURSOR, LIMIT, problems
from apps.intake.models import Trace
from apps.intake.selectors import traces_of
from apps.projects.authentication import HasScope, project_of

MAX_LIMIT = 1000
STATES = ("settled", "adjudicated", "ambiguous")


class PartOut(BaseModel):
    """What the answers to one question of the config add up to."""

    confidence: float
    is_decided: bool = Field(description="False for a tie, and where too few answered it.")
    counts: bool = Field(description="Whether the item's confidence rests on it: that is of its least sure part.")
    low: float | None = Field(description="Of a rating or a number, the lower end of its interval at 95 %.")
    high: float | None = Field(description="The upper end of it.")
    regions: list[float] | None = Field(description="Of marked regions, the confidence of each, in their order.")


class LabelOut(BaseModel):
    """The current label of an item."""

    item_id: UUID
    trace_id: str | None = Field(description="Null for an item that is no trace, such as a comparison.")
    source_key: str
    queue: str
    state: Literal["settled", "adjudicated", "ambiguous"]
    label: str | None = Field(description="Null where no single label is right, or the answer is free text.")
    result: list[dict[str, Any]] | None = Field(description="In Label Studio's result format.")
    confidence: float
    distribution: dict[str, float]
    parts: dict[str, PartOut] = Field(
        description=(
            "By the name of the control, `name@region` for one that is asked about a region. What the answers add up "
            "to, also where an adjudicator decided otherwise. Empty where one single choice is all that is asked."
        )
    )
    method: str
    n_annotations: int
    n_assisted: int = Field(description="Of these, given after seeing a model's guess.")
    simulated: bool = Field(description="At least one answer behind it came from a simulated reviewer.")
    synthetic: bool = Field(description="The trace was made up.")
    schema_version: int
    settled_at: datetime | None


class LabelPage(BaseModel):
    """A page of labels."""

    labels: list[LabelOut]
    next: str | None = Field(description="Cursor of the next page; null on the last.")


class TraceOut(BaseModel):
    """A trace and the labels that people gave it: one for each queue that settled it."""

    trace_id: str
    input: Any
    output: Any
    context: Any
    model: str
    prompt_version: str
    product_version: str
    attributes: dict[str, Any]
    origin: Literal["human", "synthetic"]
    occurred_at: datetime
    received_at: datetime
    is_erased: bool
    labels: list[LabelOut]


class TraceDetail(APIView):
    """Get a trace with its current labels; `labels` is empty until people have settled it."""

    permission_classes = [HasScope.of("read")]

    @extend_schema(
        operation_id="trace_get",
        tags=["traces"],
        responses={200: TraceOut, **problems(401, 403, 404)},
        summary="Get one trace and its label",
    )
    def get(self, request: Request, trace_id: str) -> Response:
        trace = traces_of(project=project_of(request)).select_related("project").filter(trace_id=trace_id).first()
        if trace is None:
            raise Http404
        return Response(_trace_body(trace) | {"labels": [_body(one) for one in labels.labels_of_trace(trace=trace)]})


class Labels(APIView):
    """Page through all current labels of the project, in the order of their items."""

    permission_classes = [HasScope.of("read")]

    @extend_schema(
        operation_id="label_list",
        tags=["labels"],
        parameters=[
            CURSOR,
            LIMIT,
            OpenApiParameter(
                "state", {"type": "string", "enum": list(STATES)}, description="Only labels of one state."
            ),
        ],
        responses={200: LabelPage, **problems(401, 403, 422)},
        summary="List current labels",
    )
    def get(self, request: Request) -> Response:
        after, limit, state = _page_asked(request)
        found = labels.labels_page(project=project_of(request), after=after, limit=limit + 1, state=state)
        page = found[:limit]
        return Response(
            {
                "labels": [_body(one) for one in page],
                "next": str(page[-1].item_id) if len(found) > limit else None,
            }
        )


def _page_asked(request: Request) -> tuple[UUID | None, int, str]:
    asked = request.query_params
    problems_found = [
        FieldProblem(name[:100], "The parameter is not known.") for name in asked if name not in _PARAMETERS
    ]
    cursor, limit, state = asked.get("cursor"), asked.get("limit", "100"), asked.get("state", "")
    try:
        after = UUID(cursor) if cursor is not None else None
    except ValueError:
        problems_found.append(FieldProblem("cursor", "This is no cursor of an earlier page."))
    if not (limit.isascii() and limit.isdecimal() and len(limit) < 5 and 1 <= int(limit) <= MAX_LIMIT):
        problems_found.append(FieldProblem("limit", f"The limit is a number from 1 to {MAX_LIMIT}."))
    if "state" in asked and state not in STATES:
        problems_found.append(FieldProblem("state", f"The state is one of {', '.join(STATES)}."))
    if problems_found:
        raise InvalidFields(problems_found)
    return after, int(limit), state


_PARAMETERS = ("cursor", "limit", "state")


def _body(one: Label) -> dict[str, Any]:
    return {
        "item_id": str(one.item_id),
        "trace_id": one.trace_id,
        "source_key": one.source_key,
        "queue": one.queue,
        "state": one.state,
        "label": one.label or None,
        "result": one.result,
        "confidence": one.confidence,
        "distribution": one.distribution,
        "parts": {name: asdict(part) for name, part in one.parts.items()},
        "method": one.method,
        "n_annotations": one.n_annotations,
        "n_assisted": one.n_assisted,
        "simulated": one.is_simulated,
        "synthetic": one.is_synthetic,
        "schema_version": one.schema_version,
        "settled_at": one.settled_at,
    }


def _trace_body(trace: Trace) -> dict[str, Any]:
    payload = trace.payload
    return {
        "trace_id": trace.trace_id,
        "input": payload.input,
        "output": payload.output,
        "context": payload.context,
        "model": trace.model,
        "prompt_version": trace.prompt_version,
        "product_version": trace.product_version,
        "attributes": trace.attributes,
        "origin": trace.origin,
        "occurred_at": trace.occurred_at,
        "received_at": trace.received_at,
        "is_erased": payload.erased_at is not None,
    }
