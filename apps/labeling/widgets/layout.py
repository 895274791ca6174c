"""From a config's tree to what stands on the page: panels to look at and headings of questions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apps.labeling.widgets.objects import Panel, shown_text
from apps.labeling.widgets.registry import view_of
from apps.projects.labelling import LabellingConfig, Node, resolve


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
            waiting.append(heading(node, data))
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


def _walk(node: Node) -> Iterator[Node]:
    """Headers, objects and controls in reading order; what is inside a control is the widget's."""
    for child in node.children:
        if child.tag in ("View", "Collapse", "Panel"):
            yield from _walk(child)
        elif child.tag == "Header" or child.name:
            yield child


def _panel(config: LabellingConfig, node: Node, title: str, data: Mapping[str, Any]) -> Panel:
    found = config.object(node.name)
    assert found is not None
    return view_of(found, config).panel(found, resolve(found.value, data), title)


def heading(node: Node, data: Mapping[str, Any]) -> str:
    """A heading with its variables replaced; the template escapes it."""
    return shown_text(resolve(node.get("value") or node.text, data))
