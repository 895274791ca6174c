"""Templates rendered once for each kind of page, with holes that are filled anew for each page.

For the few fragments that a reviewer waits for: there rendering costs more than the database does.
"""

import html
import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

# What stands in a hole while a stencil is rendered; in no template by chance. Both end in the hole's number.
_TEXT = "Hq7Zt2LwX9cVb4Nn6Jd8Fs1Gy5Rk3Pm0"
_UUID = "5f0d9e3a-7c1b-4e86-9a2d-d41b6c8f"
_SPECIAL = re.compile("[&<>\"']")
_HOLE = re.compile(rf"(?:{_TEXT}|{_UUID})(\d{{4}})")

KINDS = 1024  # remembered at a time; the one longest unused goes


class Holes:
    """Stand-ins for what differs from page to page, by name."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def text(self, name: str) -> SafeString:
        """Of a text: `fill` escapes what comes here, unless it is marked as safe."""
        return mark_safe(_TEXT + self._number(name))  # noqa: S308 (letters and digits)

    def uuid(self, name: str) -> UUID:
        """Of an id that an address is made with."""
        return UUID(_UUID + self._number(name))

    def _number(self, name: str) -> str:
        if name not in self.names:
            self.names.append(name)
        return f"{self.names.index(name):04d}"


@dataclass(frozen=True, slots=True)
class Kind:
    """What the text around the holes depends on, and the context that is made when it is rendered.

    The context may hold nothing that `key` does not tell apart: what is remembered is shown to others.
    """

    key: Hashable
    context: Callable[[Holes], Mapping[str, Any]] = field(compare=False)


def fill(template: str, kind: Kind, values: Mapping[str, Any]) -> SafeString:
    """The template with `values` in the holes of their names; they are escaped unless marked as safe."""
    make = _pieces.__wrapped__ if settings.DEBUG else _pieces
    literals, names = make(template, kind, get_language() or "")
    escaped = {name: _escaped(value) for name, value in values.items()}
    parts = list(literals)
    parts[1::2] = [escaped[name] for name in names]
    return mark_safe("".join(parts))  # noqa: S308 (rendered by a template; the values are escaped)


def _escaped(value: Any) -> str:
    """What `conditional_escape` gives, without its detours for the few types that mostly come."""
    kind = type(value)
    if kind is SafeString:
        return str(value)
    if kind is str:
        return html.escape(value) if _SPECIAL.search(value) else value
    if kind is int or isinstance(value, UUID):
        return str(value)
    return conditional_escape(value)


def fill_page(template: str, fixed: Mapping[str, Hashable], values: Mapping[str, object]) -> SafeString:
    """The template in a context of both: `fixed` decides what is drawn, `values` only stand somewhere in it.

    A name with a dot is an attribute. Values are texts, numbers, ids or lists of texts; an empty one is not drawn with.
    """
    shapes, flat = {}, dict(values)
    for name, value in values.items():
        shapes[name] = _shape(value)
        if isinstance(value, list | tuple):
            del flat[name]
            flat |= {f"{name}.{place}": text for place, text in enumerate(value)}
    key = (tuple(sorted(fixed.items())), tuple(sorted(shapes.items())))
    return fill(template, Kind(key, lambda holes: _context(fixed, shapes, holes)), flat)


def _shape(value: object) -> str:
    if value is None or value == "":
        return "empty"
    if isinstance(value, list | tuple):
        return f"list {len(value)}"
    return "uuid" if isinstance(value, UUID) else "text"


def _context(fixed: Mapping[str, Hashable], shapes: Mapping[str, str], holes: Holes) -> dict[str, Any]:
    context: dict[str, Any] = {}
    blanks = {name: _blank(name, shape, holes) for name, shape in shapes.items()}
    for name, value in {**fixed, **blanks}.items():
        owner, _dot, part = name.partition(".")
        if part:
            context.setdefault(owner, {})[part] = value
        else:
            context[name] = value
    return context


def _blank(name: str, shape: str, holes: Holes) -> object:
    if shape.startswith("list "):
        return [holes.text(f"{name}.{place}") for place in range(int(shape.removeprefix("list ")))]
    if shape == "uuid":
        return holes.uuid(name)
    return holes.text(name) if shape == "text" else ""


@lru_cache(maxsize=KINDS)
def _pieces(template: str, kind: Kind, language: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(text, "", text, "", ..., text) and the names of the holes between. `language`, the active one, is of the key."""
    holes = Holes()
    rendered = render_to_string(template, dict(kind.context(holes)))
    found = _HOLE.split(rendered)
    names = tuple(holes.names[int(number)] for number in found[1::2])
    return tuple(part if place % 2 == 0 else "" for place, part in enumerate(found)), names
