"""From a config's tree to what stands on the page: panels to look at and headings of questions."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import nh3
from django.utils.safestring import SafeString, mark_safe

from apps.projects.labelling import LabellingConfig, Node

_VARIABLE = re.compile(r"\$([^\W\d]\w*)")
# Enough to read formatted text; nothing that loads, runs or leads away from the page.
_HTML_TAGS = {
    *(
        "b",
        "i",
        "u",
        "em",
        "strong",
        "small",
        "sub",
        "sup",
        "p",
        "br",
        "hr",
        "blockquote",
        "pre",
        "code",
        "span",
        "div",
    ),
    *("h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td"),
}


@dataclass(frozen=True, slots=True)
class Panel:
    """One thing to look at, or a heading alone (no body). `html` is sanitised; `text` is escaped by the template."""

    name: str = ""
    title: str = ""
    text: str = ""
    html: SafeString | None = None

    @property
    def html_id(self) -> str:
        return "panel-" + re.sub(r"[^\w-]", "_", self.name)


@dataclass(frozen=True, slots=True)
class Page:
    """The item's panels in order, and the heading over each question by control name."""

    panels: tuple[Panel, ...]
    legends: Mapping[str, str]

    @property
    def titles(self) -> dict[str, str]:
        return {panel.name: panel.title for panel in self.panels if panel.name}


def page_of(config: LabellingConfig, data: Mapping[str, Any]) -> Page:
    """A heading belongs to the next object or control after it; one with neither after it stands alone."""
    panels: list[Panel] = []
    legends: dict[str, str] = {}
    waiting: list[str] = []
    for node in _walk(config.root):
        if node.tag == "Header":
            waiting.append(_filled(node.attrs["value"], data))
            continue
        # Of several headings in a row, the last is the nearest; those before it stand alone.
        panels += [Panel(title=title) for title in waiting[:-1]]
        title = waiting[-1] if waiting else ""
        waiting = []
        if config.object(node.name):
            panels.append(_panel(config, node, title, data))
        else:
            legends[node.name] = title
    return Page(panels=(*panels, *(Panel(title=title) for title in waiting)), legends=legends)


def shown_text(value: Any) -> str:
    """A value of an item's data as text: strings as they are, other things as readable JSON."""
    if isinstance(value, str):
        return value.replace("\r\n", "\n").replace("\r", "\n")
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def _walk(node: Node) -> Iterator[Node]:
    """Headers, objects and controls in reading order; what is inside a control is the widget's."""
    for child in node.children:
        if child.tag == "View":
            yield from _walk(child)
        elif child.tag == "Header" or child.name:
            yield child


def _panel(config: LabellingConfig, node: Node, title: str, data: Mapping[str, Any]) -> Panel:
    found = config.object(node.name)
    text = shown_text(data.get(found.variable)) if found else ""
    if node.tag == "HyperText":
        return Panel(name=node.name, title=title, html=clean_html(text))
    return Panel(name=node.name, title=title, text=text)


def clean_html(text: str) -> SafeString:
    """Sanitised by nh3: a short list of tags, no attributes, so nothing is loaded, run or linked."""
    return mark_safe(nh3.clean(text, tags=_HTML_TAGS, attributes={}))  # noqa: S308


def _filled(text: str, data: Mapping[str, Any]) -> str:
    """A heading with its variables replaced; the template escapes it."""
    return _VARIABLE.sub(lambda match: shown_text(data.get(match[1])), text)
