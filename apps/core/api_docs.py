"""The page about the API, drawn on the server from the OpenAPI document: no bundle, no script, no foreign host."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

from apps.core.problems import CODES

METHODS = ("get", "post", "put", "patch", "delete")


@require_safe
def api_docs(request: HttpRequest) -> HttpResponse:
    context = {"tags": _tags(), "info": _document()["info"], "problems": _problems()}
    return render(request, "core/api_docs.html", context)


@lru_cache(maxsize=1)
def _document() -> Mapping[str, Any]:
    """The document depends on the code alone, so once a process is enough."""
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]
    return dict(generator.get_schema(request=None, public=True))  # type: ignore[no-untyped-call]


def _problems() -> list[dict[str, Any]]:
    return [{"code": code, "status": status, "title": title} for code, (status, title) in CODES.items()]


@lru_cache(maxsize=1)
def _tags() -> list[dict[str, Any]]:
    document = _document()
    operations = [
        _operation(path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]
    return [tag | {"operations": [one for one in operations if one["tag"] == tag["name"]]} for tag in document["tags"]]


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> dict[str, Any]:
    schema = _content(operation.get("requestBody", {})).get("schema", {})
    return {
        "id": operation["operationId"],
        "tag": operation["tags"][0],
        "method": method.upper(),
        "path": path,
        "summary": operation.get("summary", ""),
        "description": operation.get("description", ""),
        "parameters": [_parameter(one) for one in operation.get("parameters", [])],
        "fields": _fields(schema),
        "example": _example(operation, schema),
        "answers": [_answer(status, one) for status, one in operation["responses"].items()],
    }


def _content(part: Mapping[str, Any]) -> Mapping[str, Any]:
    """The one media type of a body."""
    return next(iter(part.get("content", {}).values()), {})


def _parameter(parameter: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": parameter["name"],
        "where": parameter["in"],
        "type": _type(parameter.get("schema", {})),
        "is_required": parameter.get("required", False),
        "description": parameter.get("description", ""),
    }


def _resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The named schema behind a reference, also behind "this or null" and "this, with a description"."""
    options = [one for one in [*schema.get("anyOf", []), *schema.get("allOf", [])] if one.get("type") != "null"]
    if len(options) == 1:
        return _resolved(options[0])
    if "$ref" in schema:
        found: Mapping[str, Any] = _document()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
        return found
    return schema


def _fields(schema: Mapping[str, Any], prefix: str = "") -> list[dict[str, Any]]:
    """The fields of an object, those of nested objects below their own name."""
    resolved = _resolved(schema)
    rows: list[dict[str, Any]] = []
    for name, inner in resolved.get("properties", {}).items():
        row = {
            "name": prefix + name,
            "type": _type(inner),
            "is_required": name in resolved.get("required", []),
            "description": inner.get("description", ""),
            "limits": _limits(_resolved(inner)),
        }
        rows.append(row)
        if not prefix.count("."):
            below = _resolved(inner)
            mark = "[]." if below.get("type") == "array" else "."
            rows.extend(_fields(below.get("items", below), f"{prefix}{name}{mark}"))
    return rows


def _type(schema: Mapping[str, Any]) -> str:
    resolved = _resolved(schema)
    if "anyOf" in resolved:
        return " or ".join(dict.fromkeys(_type(one) for one in resolved["anyOf"]))
    kind = resolved.get("format") or resolved.get("type") or "any JSON"
    if kind == "array":
        return f"list of {_type(resolved.get('items', {}))}"
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


_LIMITS = {
    "minimum": "at least {}",
    "maximum": "at most {:,}",
    "minLength": "at least {} characters",
    "maxLength": "at most {:,} characters",
    "minItems": "at least {} entries",
    "maxItems": "at most {:,} entries",
    "maxProperties": "at most {:,} members",
}


def _limits(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    return ", ".join(words.format(schema[name]) for name, words in _LIMITS.items() if name in schema)


def _example(operation: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    given = _content(operation.get("requestBody", {})).get("examples", {})
    value = next((one["value"] for one in given.values()), None) or _resolved(schema).get("example")
    return json.dumps(value, indent=2, ensure_ascii=False) if value else ""


def _answer(status: str, answer: Mapping[str, Any]) -> dict[str, Any]:
    schema = _content(answer).get("schema", {})
    is_problem = schema.get("$ref", "").endswith("/Problem")
    return {
        "status": status,
        "description": answer.get("description", "") if is_problem else "",
        "is_problem": is_problem,
        "fields": [] if is_problem else _fields(schema),
    }
