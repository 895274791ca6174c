"""Reads attributes of a tag: typed, with a default, refused by name where they make no sense."""

import math
import re
from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

from apps.projects.labelling.errors import ConfigError
from apps.projects.labelling.model import Attr, Node

# $name, and a path into it: $user.name, $turns[0].text
VARIABLE = re.compile(r"\$([^\W\d]\w*)((?:\.\w+|\[\w+\])*)")
_NUMBER = re.compile(r"[+-]?(?:\d{1,15}(?:\.\d{0,15})?|\.\d{1,15})(?:[eE][+-]?\d{1,2})?")

_TYPE = re.compile(r"\w+")

# Reads one setting of a tag from the node and the attribute's name.
Setting = Callable[[Node, str], Attr]


def fail(node: Node, message: str) -> ConfigError:
    return ConfigError(message, tag=node.tag, line=node.line)


def attr_bool(node: Node, attr: str, *, default: bool = False) -> bool:
    text = node.get(attr).strip().lower()
    if text not in ("", "true", "false"):
        raise fail(node, _('%(attr)s="%(get)s" is neither true nor false.') % {"attr": attr, "get": node.get(attr)})
    return text == "true" if text else default


def flag(default: bool = False) -> Setting:
    return lambda node, attr: attr_bool(node, attr, default=default)


def words(default: str = "") -> Setting:
    return lambda node, attr: node.get(attr, default)


def whole(default: int, *, low: int, high: int) -> Setting:
    """A whole number between two others, both included."""

    def read(node: Node, attr: str) -> Attr:
        text = node.get(attr).strip() or str(default)
        if not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
            raise fail(
                node,
                _('%(attr)s="%(text)s" is not a whole number from %(low)s to %(high)s.')
                % {"attr": attr, "text": text, "low": low, "high": high},
            )
        return int(text)

    return read


def whole_or_variable(default: int, *, low: int, high: int) -> Setting:
    """The same, or a `$variable` that brings it with each item; that one stays text."""
    read = whole(default, low=low, high=high)
    return lambda node, attr: node.get(attr) if VARIABLE.fullmatch(node.get(attr).strip()) else read(node, attr)


def number() -> Setting:
    """A number, or an empty text where none is given."""

    def read(node: Node, attr: str) -> Attr:
        text = node.get(attr).strip()
        if not text:
            return ""
        if not _NUMBER.fullmatch(text) or not math.isfinite(float(text)):
            raise fail(node, _('%(attr)s="%(text)s" is not a number.') % {"attr": attr, "text": text})
        return int(text) if re.fullmatch(r"[+-]?\d+", text) else float(text)

    return read


def one_of(*allowed: str, default: str = "") -> Setting:
    """One of a few words; the first unless another is named as the default."""

    def read(node: Node, attr: str) -> Attr:
        text = node.get(attr) or default or allowed[0]
        if text not in allowed:
            raise fail(
                node,
                _('%(attr)s="%(text)s" is not known; use %(known)s.')
                % {"attr": attr, "text": text, "known": _(" or ").join(allowed)},
            )
        return text

    return read


def value_type(node: Node, attr: str) -> Attr:
    """How a table's data are written: `json`, or `csv` with options, as in `csv|separator=;|headless`."""
    text = node.get(attr).strip() or "json"
    kind, options = value_options(text)
    if kind not in ("json", "csv"):
        raise fail(node, _('%(attr)s="%(text)s" is not known; use json or csv.') % {"attr": attr, "text": text})
    if "url" in options:
        raise fail(
            node,
            _('%(attr)s="%(text)s" is not supported: no page loads data from elsewhere. Put them into the item.')
            % {"attr": attr, "text": text},
        )
    if len(options.get("separator", ",")) != 1 or options.get("separator") == '"':
        raise fail(node, _('%(attr)s="%(text)s": the separator must be one character.') % {"attr": attr, "text": text})
    return text


def value_options(text: str) -> tuple[str, dict[str, str]]:
    """A value type and its options. What follows the type divides them; one without a value gets an empty one."""
    kind = _TYPE.match(text)
    if kind is None:
        return text, {}
    divider = text[kind.end() : kind.end() + 1]
    options = (option.partition("=") for option in text.split(divider)[1:]) if divider else ()
    return kind[0], {name.strip(): value for name, _sign, value in options if name.strip()}


def settings_of(node: Node, settings: Mapping[str, Setting]) -> dict[str, Attr]:
    return {attr: read(node, attr) for attr, read in settings.items()}


def attr_variable(node: Node, attr: str = "value") -> str:
    """An attribute that must be one `$variable`, or a path into one; given back with its $."""
    text = node.get(attr).strip()
    if not VARIABLE.fullmatch(text):
        raise fail(
            node,
            _('%(attr)s="%(text)s" is not a variable; write a $ and a name of letters, digits and _.')
            % {"attr": attr, "text": text},
        )
    return text


def variables_in(text: str) -> list[str]:
    """The names of the variables that a text uses, in order."""
    return [match[1] for match in VARIABLE.finditer(text)]
