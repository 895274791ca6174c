"""JSON as the house accepts it: nothing that Postgres, RFC 8785 or a reader could understand in two ways."""

import json
from collections.abc import Iterator
from typing import Any

from apps.core.errors import FieldProblem, InvalidFields, TouchstoneError

MAX_DEPTH = 32
MAX_KEY_CHARS = 200
# RFC 8785 gives integers beyond this no exact form.
MAX_SAFE_INTEGER = 2**53 - 1


class MalformedJSON(TouchstoneError):
    """The bytes are not one JSON value."""

    code = "malformed"


def parse_json(raw: bytes) -> Any:
    """The value of a JSON text in UTF-8, checked by `json_problems`.

    Raises:
        MalformedJSON: not UTF-8, not JSON, or a member named twice.
        InvalidFields: a value that cannot be kept exactly; names its field.
    """
    try:
        value = json.loads(raw.decode(), object_pairs_hook=_members, parse_constant=_no_constant)
    except UnicodeDecodeError as exc:
        raise MalformedJSON(f"The body is not UTF-8: byte {exc.start} cannot be read.") from exc
    except json.JSONDecodeError as exc:
        raise MalformedJSON(f"The body is not JSON: {exc.msg} (line {exc.lineno}, column {exc.colno}).") from exc
    except RecursionError as exc:
        raise MalformedJSON("The body is nested too deeply.") from exc
    except ValueError as exc:  # A number with thousands of digits.
        raise MalformedJSON("The body holds a number that is too long.") from exc
    if problems := json_problems(value):
        raise InvalidFields(problems)
    return value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise MalformedJSON(f"The member {_shown(twice)} is named twice in one object.", field=_shown(twice))
    return members


def _no_constant(name: str) -> Any:
    raise MalformedJSON(f"The body holds {name}, which JSON does not know.")


def json_problems(value: Any, *, field: str = "", limit: int = 10) -> list[FieldProblem]:
    """What in a parsed JSON value cannot be stored exactly; at most `limit` problems, each with its field."""
    problems: list[FieldProblem] = []
    for problem in _walk(value, field):
        problems.append(problem)
        if len(problems) == limit:
            break
    return problems


# The steps to a value, the last first: names and places, and () at the root.
_Steps = tuple[Any, ...]


def _walk(root: Any, field: str) -> Iterator[FieldProblem]:
    """With a stack instead of recursion: the depth is the client's to choose."""
    stack: list[tuple[Any, _Steps, int]] = [(root, (), 0)]
    while stack:
        value, steps, depth = stack.pop()
        if isinstance(value, dict | list) and depth >= MAX_DEPTH:
            yield FieldProblem(_path(field, steps), f"Nested more than {MAX_DEPTH} levels deep.")
        elif isinstance(value, dict):
            for key, inner in value.items():
                if message := _key_problem(key):
                    yield FieldProblem(_path(field, (key, steps)), message)
                stack.append((inner, (key, steps), depth + 1))
        elif isinstance(value, list):
            stack.extend((inner, (index, steps), depth + 1) for index, inner in enumerate(value))
        elif message := _scalar_problem(value):
            yield FieldProblem(_path(field, steps), message)


def _path(field: str, steps: _Steps) -> str:
    """`result[0].value`; put together only where something is wrong."""
    parts: list[str] = []
    while steps:
        step, steps = steps
        parts.append(f"[{step}]" if isinstance(step, int) else f".{_shown(step)}")
    path = field + "".join(reversed(parts))
    return _cut(path if field else path.removeprefix("."))


def _key_problem(key: str) -> str:
    return f"A name is longer than {MAX_KEY_CHARS} characters." if len(key) > MAX_KEY_CHARS else _text_problem(key)


def _scalar_problem(value: Any) -> str:
    if isinstance(value, str):
        return _text_problem(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > MAX_SAFE_INTEGER:
        return "The integer is beyond 2^53 - 1 and would lose digits; send it as a string."
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return "The number is too large."
    return ""


def _text_problem(text: str) -> str:
    if "\x00" in text:
        return "The text holds a NUL character (U+0000), which cannot be stored."
    if text.isascii():
        return ""
    try:
        text.encode()
    except UnicodeEncodeError:
        return "The text holds half of a surrogate pair, which is no character."
    return ""


def _shown(key: str) -> str:
    """A name that can itself be sent back: cut, without NUL and lone surrogates."""
    return key[:60].replace("\x00", "\ufffd").encode(errors="replace").decode()


def _cut(path: str) -> str:
    return path if len(path) <= 300 else path[:299] + "…"
