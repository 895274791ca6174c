"""JSON bodies at the door: the strict parser, and the object that every request carries."""

from typing import IO, Any

from django.http.request import UnreadablePostError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from apps.core.errors import TouchstoneError
from apps.core.strict_json import MalformedJSON, parse_json

MAX_BODY_BYTES = 1024 * 1024


class BodyTooLarge(TouchstoneError):
    """The body has more bytes than this door takes."""

    code = "too_large"


class LengthRequired(TouchstoneError):
    """The body came without a Content-Length, so it cannot be read safely."""

    code = "length_required"


class StrictJSONParser(BaseParser):
    """JSON by `apps.core.strict_json`, up to the view's `max_body_bytes`."""

    media_type = "application/json"

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Any = None) -> Any:
        view = (parser_context or {}).get("view")
        limit = getattr(view, "max_body_bytes", MAX_BODY_BYTES)
        try:
            # One byte more than allowed is enough to know; the rest is never read.
            raw = stream.read(limit + 1)
        except UnreadablePostError as exc:
            raise MalformedJSON("The body broke off before its end.") from exc
        if len(raw) > limit:
            raise BodyTooLarge(f"The body has more than {limit:,} bytes, the most that this address takes.")
        return parse_json(raw)


def body_object(request: Request) -> dict[str, Any]:
    """The request's JSON object.

    Raises:
        MalformedJSON: there is no body, or it is something else than an object.
        LengthRequired: the body is sent in chunks.
    """
    if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
        raise LengthRequired("The body comes in chunks. Send it with a Content-Length.")
    value = request.data
    if not request.META.get("CONTENT_LENGTH") or request.META["CONTENT_LENGTH"] == "0":
        raise MalformedJSON("The request has no body.")
    if not isinstance(value, dict):
        raise MalformedJSON("The body is not a JSON object.")
    return value
