"""The text behind an object that can be marked, and the panel that shows it, counted as Label Studio counts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from apps.labeling.algorithms.markup import Document, read_document
from apps.labeling.algorithms.spans import MarkedText, PlainText, Turns
from apps.labeling.widgets.objects import ObjectView, Panel, shown_text
from apps.projects.labelling import Control, DataObject, LabellingConfig, shown_value


@dataclass(frozen=True, slots=True)
class Said:
    """One turn of Paragraphs, by whom; its text keeps every character."""

    who: str
    html: SafeString


def marked_text_of(found: DataObject, value: Any) -> MarkedText:
    """The flat text of an object, in which its regions lie."""
    match found.tag:
        case "HyperText":
            return _document(found, value).marks
        case "Paragraphs":
            return Turns([text for _who, text in said_of(found, value)])
        case _:
            return PlainText(_raw(value))


def said_of(found: DataObject, value: Any) -> list[tuple[str, str]]:
    """(who, text) of each turn; what has no text says nothing, and keeps its place in the count."""
    rows = _loaded(value)
    name_key, text_key = (str(found.attrs.get(name, "")) for name in ("nameKey", "textKey"))
    if not isinstance(rows, list):
        return [("", _raw(rows))]
    return [
        (_raw(row.get(name_key)), _raw(row.get(text_key))) if isinstance(row, dict) else ("", _raw(row)) for row in rows
    ]


def is_marked(config: LabellingConfig, name: str) -> bool:
    """Whether regions of an object can be marked."""
    return any(control.kind == "spans" and name in control.to_name for control in config.controls)


class MarkedView(ObjectView):
    """A text that regions are marked in. Its characters reach the page one by one: no line ending is rewritten."""

    template = "widgets/_marked.html"

    def panel(self, found: DataObject, value: Any, title: str) -> Panel:
        return Panel(
            name=found.name,
            title=title,
            template=self.template,
            found=found,
            value=value,
            html=exact_html(_raw(value)) if found.tag == "Text" else None,
            extras=self.extras(found, value),
        )

    def extras(self, found: DataObject, value: Any) -> Mapping[str, Any]:
        shown: dict[str, Any] = {
            "kind": found.tag.lower(),
            "length": len(marked_text_of(found, value).text),
            "granularity": found.attrs.get("granularity", "symbol"),
        }
        if found.tag == "HyperText":
            # Cleaned by nh3 and written anew from a short list of tags, without a foreign attribute.
            shown["html"] = mark_safe(_document(found, value).html)  # noqa: S308
        elif found.tag == "Paragraphs":
            shown["turns"] = [Said(who, exact_html(text)) for who, text in said_of(found, value)]
            shown["is_dialogue"] = found.attrs.get("layout") == "dialogue"
        return shown


def exact_html(text: str) -> SafeString:
    """A text whose characters a browser counts as they are: a parser reads a bare carriage return as a line feed."""
    escaped = str(escape(text)).replace("\r", "&#13;")
    return mark_safe(escaped)  # noqa: S308


def texts_of(config: LabellingConfig, control: Control, data: Mapping[str, Any] | None) -> dict[str, MarkedText]:
    """The texts that a control marks, by object name; none without data."""
    if data is None:
        return {}
    found = (config.object(name) for name in control.to_name)
    return {each.name: marked_text_of(each, shown_value(each, data)) for each in found if each is not None}


def _document(found: DataObject, value: Any) -> Document:
    return _read(_raw(value), bool(found.attrs.get("inline", False)))


# A form reads its documents several times over: to parse, to check and to show.
@lru_cache(maxsize=16)
def _read(raw: str, inline: bool) -> Document:
    return read_document(raw, inline=inline)


def _raw(value: Any) -> str:
    return value if isinstance(value, str) else shown_text(value)


def _loaded(value: Any) -> Any:
    """Label Studio takes JSON in a text where it wants a list."""
    if not isinstance(value, str) or not value.lstrip().startswith("["):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value
