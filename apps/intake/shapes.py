"""The shapes of what comes in: one source for the checks at the door and for the OpenAPI document.

Strict on purpose: unknown fields are refused, a number is not read from a text, a time has its zone.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from apps.core.errors import FieldProblem, InvalidFields
from apps.intake.algorithms.filters import KINDS

MAX_TEXT_CHARS = 200_000
# A client's clock may run ahead by this much.
CLOCK_SKEW = timedelta(minutes=5)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
RESERVED_TRACE_IDS = {"batch"}  # The address of a batch.


def _as_moment(value: object) -> object:
    if isinstance(value, datetime):  # From Python, not from JSON.
        return value
    if not isinstance(value, str) or len(value) > 40 or "T" not in value.upper():
        raise PydanticCustomError("moment", "Give a time as in 2026-03-02T09:00:00Z.")
    try:
        moment = datetime.fromisoformat(value.upper())
        aware = moment.tzinfo is not None and moment.astimezone(UTC) >= EARLIEST
    except (ValueError, OverflowError) as exc:
        raise PydanticCustomError("moment", "Give a time as in 2026-03-02T09:00:00Z.") from exc
    if moment.tzinfo is None:
        raise PydanticCustomError("moment", "The time has no zone; end it with Z or an offset such as +02:00.")
    if not aware:
        raise PydanticCustomError("moment", "The time lies before the year 2000.")
    return moment.astimezone(UTC)


def _as_id(value: str) -> str:
    if value.strip() != value or not value.isprintable():
        raise PydanticCustomError("id", "An id has no control characters and no space at its ends.")
    return value


Moment = Annotated[
    AwareDatetime, BeforeValidator(_as_moment), WithJsonSchema({"type": "string", "format": "date-time"})
]
ClientId = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Name200 = Annotated[str, StringConstraints(max_length=200)]
Name100 = Annotated[str, StringConstraints(max_length=100)]
Name60 = Annotated[str, StringConstraints(max_length=60)]
LongText = Annotated[str, StringConstraints(max_length=MAX_TEXT_CHARS)]
Share = Annotated[float, Field(ge=0, le=1)]
Scalar = Annotated[str, StringConstraints(max_length=500)] | bool | int | float | None


class Shape(BaseModel):
    """Base: strict types, no unknown fields."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class PredictionIn(Shape):
    """The model's own answer to a trace, logged with it."""

    model: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = Field(
        default=None, description="What answered; the trace's `model` unless given."
    )
    label: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = Field(
        default=None, description="The most probable label unless given."
    )
    probabilities: dict[Annotated[str, StringConstraints(min_length=1, max_length=200)], Share] | None = Field(
        default=None, description="A probability for each label; they sum to 1.", max_length=2000
    )

    @model_validator(mode="after")
    def _says_something(self) -> "PredictionIn":
        if self.label is None and not self.probabilities:
            raise PydanticCustomError("prediction", "A prediction has a label, probabilities, or both.")
        return self

    @field_validator("probabilities")
    @classmethod
    def _sum_to_one(cls, value: dict[str, float] | None) -> dict[str, float] | None:
        if value and abs(sum(value.values()) - 1) > 0.01:
            raise PydanticCustomError(
                "probabilities", "The probabilities sum to {total}, not to 1.", {"total": f"{sum(value.values()):.4g}"}
            )
        return value

    @property
    def top_label(self) -> str:
        """The given label, or the most probable one; of equals the first in the alphabet."""
        if self.label is not None:
            return self.label
        probabilities = self.probabilities or {}
        return min(probabilities, key=lambda name: (-probabilities[name], name))


class TraceIn(Shape):
    """One logged model output with its context. Without an output it is a row that simply needs a label."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "trace_id": "chat-2026-03-02-0017",
                "input": "ordered the blue ones twice but only want ONE pair",
                "output": "You can return the second pair within 30 days.",
                "model": "assistant-12",
                "product_version": "2026.3",
                "user_ref": "u-5c1e",
                "attributes": {"language": "en", "plan": "basic"},
                "occurred_at": "2026-03-02T08:59:40Z",
                "prediction": {"label": "exchange", "probabilities": {"exchange": 0.62, "refund": 0.38}},
            }
        }
    )

    trace_id: ClientId = Field(description="Your own id; the same id with the same body changes nothing.")
    input: JsonValue = Field(description="What the model was given: a text, or any JSON that your mapping reads.")
    output: JsonValue = Field(default=None, description="What the model answered.")
    context: JsonValue = Field(default=None, description="Earlier turns, documents, constraints.")
    model: Name200 = Field(default="", description="Text id of what produced the output.")
    prompt_version: Name100 = ""
    product_version: Name60 = Field(default="", description="Name of the product's release.")
    user_ref: Name200 = Field(default="", description="A pseudonym, never a name or an address.")
    session_ref: Name200 = ""
    latency_ms: Annotated[int, Field(ge=0, le=2_147_483_647)] | None = None
    attributes: dict[Annotated[str, StringConstraints(min_length=1, max_length=100)], Scalar] = Field(
        default_factory=dict, max_length=50, description="Cohort attributes: names with scalar values."
    )
    policy_flags: list[Annotated[str, StringConstraints(min_length=1, max_length=100)]] = Field(
        default_factory=list, max_length=20, description="Codes of the policies that the output may break."
    )
    origin: Literal["human", "synthetic"] = Field(
        default="human", description="Synthetic traces are marked everywhere."
    )
    occurred_at: Moment | None = Field(default=None, description="When it happened; the time of arrival unless given.")
    prediction: PredictionIn | None = None

    @field_validator("trace_id")
    @classmethod
    def _is_id(cls, value: str) -> str:
        if value in RESERVED_TRACE_IDS:
            raise PydanticCustomError("id", "“batch” is the address of a batch and cannot be a trace's id.")
        return _as_id(value)

    @field_validator("input")
    @classmethod
    def _has_input(cls, value: JsonValue) -> JsonValue:
        if value is None or value == "":
            raise PydanticCustomError("input", "The input is empty.")
        return value

    @model_validator(mode="after")
    def _prediction_has_model(self) -> "TraceIn":
        if self.prediction and not (self.prediction.model or self.model):
            raise PydanticCustomError("model", "A prediction needs the model's id: set `model`.")
        return self


class SignalIn(Shape):
    """Feedback on a trace."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "trace_id": "chat-2026-03-02-0017",
                "kind": "explicit_correction",
                "correction": "You can send the second pair back free of charge; we refund it within 5 days.",
                "user_ref": "u-5c1e",
                "occurred_at": "2026-03-02T09:04:11Z",
            }
        }
    )

    trace_id: ClientId = Field(description="The trace that the feedback is about.")
    kind: Annotated[str, Field(json_schema_extra={"enum": list(KINDS)})] = Field(description="What kind of feedback.")
    value: Annotated[float, Field(ge=-1e12, le=1e12)] | None = Field(
        default=None, description="csat: 1 to 5. dwell: seconds. sensor: the reading. Other kinds have none."
    )
    correction: LongText | None = Field(
        default=None,
        description="explicit_correction: the corrected output. suggestion_modified: the text that was kept.",
    )
    reason: Name60 | None = Field(default=None, description="agent_escalation: code of an escalation reason.")
    user_ref: Name200 = ""
    product_version: Name60 = Field(default="", description="The trace's unless given.")
    occurred_at: Moment | None = Field(
        default=None, description="When it happened; the time of arrival unless given. Tells two equal signals apart."
    )

    @field_validator("kind")
    @classmethod
    def _is_known(cls, value: str) -> str:
        if value not in KINDS:
            raise PydanticCustomError("kind", "The kind is not known. Known: {known}.", {"known": ", ".join(KINDS)})
        return value

    @field_validator("trace_id")
    @classmethod
    def _is_id(cls, value: str) -> str:
        return _as_id(value)


class EscalationIn(Shape):
    """Somebody asks for a human answer: to a trace sent before, or to one sent along."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "trace_id": "chat-2026-03-02-0017",
                "reason": "wrong-policy",
                "severity": 4,
                "deadline_at": "2026-03-02T10:00:00Z",
                "comment": "The customer was told 30 days; it is 14 for sale items.",
            }
        }
    )

    trace_id: ClientId | None = Field(default=None, description="A trace sent before; this or `trace`.")
    trace: TraceIn | None = Field(default=None, description="A trace sent along; this or `trace_id`.")
    reason: Annotated[str, StringConstraints(min_length=1, max_length=60)] = Field(
        description="Code of one of the project's escalation reasons."
    )
    severity: Annotated[int, Field(ge=1, le=5)] | None = Field(
        default=None, description="1 to 5; the reason's unless given."
    )
    deadline_at: Moment | None = Field(default=None, description="When the answer must be there.")
    comment: Annotated[str, StringConstraints(max_length=4000)] = Field(
        default="", description="Your words to the reviewers."
    )

    @model_validator(mode="after")
    def _names_one_trace(self) -> "EscalationIn":
        if (self.trace_id is None) == (self.trace is None):
            raise PydanticCustomError("trace_id", "Give either trace_id or trace.")
        return self


class BatchIn(Shape):
    """Up to 1,000 traces; each gets its own verdict."""

    traces: list[TraceIn] = Field(min_length=1, max_length=1000)


class AdversarialUserIn(Shape):
    """A pseudonym whose feedback never trains."""

    user_ref: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    reason: Name200 = ""


S = TypeVar("S", bound=Shape)

# Errors of a whole object, by the field that mends them.
_FIELD_OF = {"model": "model", "trace_id": "trace_id", "prediction": "label"}


def read_shape(shape: type[S], row: Mapping[str, Any], *, field: str = "") -> S:
    """The row in its shape.

    Raises:
        InvalidFields: names every field at fault, below `field`.
    """
    try:
        return shape.model_validate(row)
    except ValidationError as exc:
        raise InvalidFields(_problems(exc, field)) from exc


def _problems(exc: ValidationError, field: str) -> list[FieldProblem]:
    errors = exc.errors(include_url=False, include_context=False, include_input=False)
    return [FieldProblem(_path(error, field), _words(error)) for error in errors[:20]]


def _path(error: Any, field: str) -> str:
    """`attributes.plan`, `policy_flags[2]`. Union members and the marks of dictionary keys are no part of it."""
    path = field
    for step in error["loc"]:
        if isinstance(step, int):
            path += f"[{step}]"
        elif not step.startswith(("[key]", "constrained-", "function-")) and step not in _UNION_MEMBERS:
            path += f".{step}" if path else step
    if error["type"] in _FIELD_OF and not path.endswith(_FIELD_OF[error["type"]]):
        path = f"{path}.{_FIELD_OF[error['type']]}" if path else _FIELD_OF[error["type"]]
    return path[:300]


_UNION_MEMBERS = {"str", "int", "float", "bool", "none", "nullable"}

_WORDS = {
    "extra_forbidden": "The field is not known.",
    "missing": "The field is missing.",
    "string_type": "The value must be a text.",
    "int_type": "The value must be an integer.",
    "float_type": "The value must be a number.",
    "bool_type": "The value must be true or false.",
    "dict_type": "The value must be an object.",
    "model_type": "The value must be an object.",
    "list_type": "The value must be a list.",
    "finite_number": "The value must be a finite number.",
}


def _words(error: Any) -> str:
    return _WORDS.get(error["type"]) or f"{error['msg'].removesuffix('.')}."
