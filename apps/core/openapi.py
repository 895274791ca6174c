"""What every operation of the OpenAPI document shares: refusals, the idempotency header, the key's scheme."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from pydantic import BaseModel, Field

from apps.core.problems import CODES, DOCS, MEDIA_TYPE


class ProblemField(BaseModel):
    """One field at fault."""

    field: str = Field(description="Dotted name, as in trace.attributes.plan; a header by its name.")
    message: str


class Problem(BaseModel):
    """A refusal (RFC 9457). `code` is for programs, `detail` for people."""

    type: str = Field(description="Address of the explanation.")
    title: str
    status: int
    detail: str
    code: str = Field(json_schema_extra={"enum": list(CODES)})
    errors: list[ProblemField] = Field(description="The fields at fault; empty where none is.")


def problems(*statuses: int) -> dict[tuple[int, str], OpenApiResponse]:
    """The refusals of an operation, for `extend_schema(responses=...)`."""
    return {(status, MEDIA_TYPE): _response(status) for status in statuses}


def _response(status: int) -> OpenApiResponse:
    known = [(code, title) for code, (known_status, title) in CODES.items() if known_status == status]
    return OpenApiResponse(
        response=Problem, description=". ".join(title for _, title in known) + ".", examples=_examples(status, known)
    )


def _examples(status: int, known: list[tuple[str, str]]) -> list[OpenApiExample]:
    errors = [{"field": "trace_id", "message": "The field is missing."}] if status == 422 else []
    return [
        OpenApiExample(
            code,
            value={
                "type": f"{DOCS}{code}",
                "title": title,
                "status": status,
                "detail": errors[0]["message"] if errors else f"{title}.",
                "code": code,
                "errors": errors,
            },
            media_type=MEDIA_TYPE,
            response_only=True,
            status_codes=[str(status)],
        )
        for code, title in known
    ]


IDEMPOTENCY_KEY = OpenApiParameter(
    name="Idempotency-Key",
    location=OpenApiParameter.HEADER,
    # Starts and ends with a visible sign: a server may trim the spaces around a header.
    type={"type": "string", "maxLength": 200, "pattern": "^[!-~]([ -~]*[!-~])?$"},
    required=False,
    description="Your own key for this request, up to 200 printable ASCII characters. The same key with the same "
    "body answers the same and does nothing again; kept for 30 days.",
)

CURSOR = OpenApiParameter(
    name="cursor", type=OpenApiTypes.STR, required=False, description="`next` of the page before."
)
LIMIT = OpenApiParameter(
    name="limit",
    type={"type": "integer", "minimum": 1, "maximum": 1000, "default": 100},
    required=False,
    description="Rows a page.",
)


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Names the key in the document."""

    target_class = "apps.projects.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "An API key of one project: `Authorization: Bearer ts_…`. A manager makes it on the "
            "project's settings page. Scopes: ingest, read, manage.",
        }
