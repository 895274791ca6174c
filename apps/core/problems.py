"""Refusals of the API as problem details (RFC 9457): one shape, and the field at fault by its name."""

import logging
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.signals import got_request_exception
from django.db import OperationalError
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from apps.core.errors import Conflict, FieldProblem, InvalidFields, InvalidInput, NotAllowed, TouchstoneError
from apps.core.strict_json import MalformedJSON

MEDIA_TYPE = "application/problem+json"
DOCS = "/api/docs/#problem-"
# What a client does next is to repeat the request: another transaction was in the way.
TRANSIENT_SQLSTATES = {"40001", "40P01", "55P03"}

# Every code that a client may meet, with its status and what it means.
CODES: dict[str, tuple[int, str]] = {
    "malformed": (400, "The body is not readable JSON"),
    "unauthenticated": (401, "No valid API key"),
    "not_allowed": (403, "The key lacks the scope"),
    "not_found": (404, "There is no such thing"),
    "method_not_allowed": (405, "The address does not take this method"),
    "not_acceptable": (406, "The answer is JSON only"),
    "conflict": (409, "The state of things forbids it now"),
    "in_flight": (409, "The same request is being worked on"),
    "length_required": (411, "The request does not tell its length"),
    "too_large": (413, "The body is too large"),
    "unsupported_media_type": (415, "The body is not application/json"),
    "invalid": (422, "A value does not fit"),
    "key_reused": (422, "The idempotency key belongs to another request"),
    "throttled": (429, "Too many requests"),
    "internal": (500, "Something broke on our side"),
}

logger = logging.getLogger(__name__)


def problem_response(
    code: str,
    detail: str,
    *,
    problems: Sequence[FieldProblem] = (),
    status: int | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """One refusal. `problems` become `errors`, each with the field's name."""
    known_status, title = CODES[code]
    body: dict[str, Any] = {
        "type": f"{DOCS}{code}",
        "title": title,
        "status": status or known_status,
        "detail": detail,
        "code": code,
        "errors": [{"field": problem.field, "message": problem.message} for problem in problems],
    }
    return Response(body, status=body["status"], headers=headers, content_type=MEDIA_TYPE)


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response:
    """Called by REST framework for whatever a door raises; the transaction around it is rolled back."""
    set_rollback()
    if isinstance(exc, TouchstoneError):
        return domain_problem(exc)
    if isinstance(exc, Http404 | exceptions.NotFound):
        return problem_response("not_found", _("Nothing with this id is in the key's project."))
    if isinstance(exc, PermissionDenied):
        return problem_response("not_allowed", _("The key lacks the scope for this."))
    if isinstance(exc, OperationalError) and getattr(exc.__cause__, "sqlstate", "") in TRANSIENT_SQLSTATES:
        detail = _("Another request was in the way. Nothing was stored; send it again.")
        return problem_response("conflict", detail, headers={"Retry-After": "1"})
    if isinstance(exc, exceptions.APIException):
        return _framework_problem(exc)
    return _internal_problem(exc, context)


def domain_problem(exc: TouchstoneError) -> Response:
    """A domain error in HTTP: the nearest code that clients know."""
    problems = exc.problems if isinstance(exc, InvalidFields) else ()
    if not problems and exc.field:
        problems = (FieldProblem(exc.field, exc.message),)
    code = next(code for kind, code in _KINDS if isinstance(exc, kind))
    if exc.code in CODES:
        code = exc.code
    headers = {"Retry-After": "1"} if code == "in_flight" else None
    return problem_response(code, exc.message, problems=problems, headers=headers)


_KINDS: tuple[tuple[type[TouchstoneError], str], ...] = (
    (MalformedJSON, "malformed"),
    (NotAllowed, "not_allowed"),
    (Conflict, "conflict"),
    (InvalidInput, "invalid"),
    (TouchstoneError, "invalid"),
)

_FRAMEWORK_CODES: tuple[tuple[type[exceptions.APIException], str], ...] = (
    (exceptions.NotAuthenticated, "unauthenticated"),
    (exceptions.AuthenticationFailed, "unauthenticated"),
    (exceptions.PermissionDenied, "not_allowed"),
    (exceptions.MethodNotAllowed, "method_not_allowed"),
    (exceptions.NotAcceptable, "not_acceptable"),
    (exceptions.UnsupportedMediaType, "unsupported_media_type"),
    (exceptions.Throttled, "throttled"),
)


def _framework_problem(exc: exceptions.APIException) -> Response:
    code = next((code for kind, code in _FRAMEWORK_CODES if isinstance(exc, kind)), "malformed")
    headers = {}
    if auth_header := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = auth_header
    if wait := getattr(exc, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    return problem_response(code, str(exc.detail), headers=headers)


def _internal_problem(exc: Exception, context: dict[str, Any]) -> Response:
    """Logged and told to whoever listens for failures; the client learns nothing of the inside."""
    request = getattr(context.get("request"), "_request", None)
    logger.error("Unhandled error in %s", context.get("view"), exc_info=exc)
    got_request_exception.send(sender=type(context.get("view")), request=request)
    return problem_response("internal", _("Something broke on our side. Nothing was stored; send it again."))
