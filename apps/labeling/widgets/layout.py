"""From a config's tree to what stands on the page: panels to look at and headings of questions."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import zip_longest
from typing import Any

from apps.core.markdown import markdown_html
from apps.labeling.widgets.objects import Fold, Panel, shown_text
from apps.labeling.widgets.registry import view_of
from apps.labeling.widgets.spans_texts import is_marked
from apps.labeling.widgets.when import conditions_json
from apps.projects.labelling import LabellingConfig, Node, parse_copy, resolve, shown_value
from apps.projects.labelling.conditions import read_condition
from apps.projects.labelling.looks import Declarations, looks_of, style_rules
from apps.projects.labelling.model import Condition

# What stands in such a View stands side by side; what else its style says is read by `labelling.looks`.
_BESIDE = re.compile(
    r"display\s*:\s*(?:inline-)?(?:grid|flex)(?!.*flex-direction\s*:\s*column)", re.IGNORECASE | re.DOTALL
)


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
    waiting: list[Panel] = []
    asked = _in_questions(config)
    for spot in _spots(config.xml):
        node = spot.node
        if node.tag == "Header":
            waiting.append(_placed(Panel(title=heading(node, data), size=_size(node)), spot, config))
            continue
        if node.tag == "Markdown":
            panels += [*waiting, _placed(_markdown(node, data), spot, config)]
            waiting = []
            continue
        # Of several headings in a row, the last is the nearest; those before it stand alone.
        panels += waiting[:-1]
        title = waiting[-1].title if waiting else ""
        waiting = []
        if node.name in asked:
            legends[asked[node.name]] = title
        elif config.object(node.name):
            panels.append(_placed(_panel(config, node, title, data), spot, config))
        else:
            legends[node.name] = title or legends.get(node.name, "")
    seen = [panel for panel in (*panels, *waiting) if _is_seen(config, panel)]
    return Page(panels=tuple(_over_pairs(config, seen)), legends=legends)


def _is_seen(config: LabellingConfig, panel: Panel) -> bool:
    """What the config puts out of sight is not shown, unless something has to be marked in it."""
    return "hidden" not in panel.looks or is_marked(config, panel.name)


def _over_pairs(config: LabellingConfig, panels: Sequence[Panel]) -> Iterator[Panel]:
    """A heading before the first of two that are compared, and none before the second, stands over both."""
    pairs = {control.to_name for control in config.controls if control.kind == "pairwise"}
    for panel, after in zip_longest(panels, panels[1:], fillvalue=Panel()):
        if panel.title and not after.title and (panel.name, after.name) in pairs:
            yield replace(panel, name="", found=None, size=panel.size)
            yield replace(panel, title="")
        else:
            yield panel


def _in_questions(config: LabellingConfig) -> dict[str, str]:
    """Lists that a Ranker shows in its question: the list's name to the Ranker's."""
    return {control.to_name[0]: control.name for control in config.controls if control.kind == "ranking"}


def _walk(node: Node, above: tuple[Node, ...]) -> Iterator[tuple[Node, tuple[Node, ...]]]:
    """Headings, words, objects and controls in reading order, each with the tags around it, the outermost first."""
    for child in node.children:
        if child.tag in ("View", "Collapse", "Panel"):
            yield from _walk(child, (*above, child))
        elif child.tag in ("Header", "Markdown") or child.name:
            yield child, above


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where something stands: what the tags around it say, alike for every item."""

    node: Node
    conditions: tuple[Condition, ...]
    fold: Fold | None
    beside: int
    looks: tuple[str, ...]


@lru_cache(maxsize=512)
def _spots(xml: str) -> tuple[_Spot, ...]:
    """Of headings, words, objects and controls, in reading order."""
    root = parse_copy(xml).root  # an item may repeat nothing, and then nothing may be left
    rules = style_rules(root)
    return tuple(_spot(node, above, rules) for node, above in _walk(root, ()))


def _spot(node: Node, above: tuple[Node, ...], rules: Mapping[str, Declarations]) -> _Spot:
    """When and how it is shown, what it is folded into or stands beside."""
    around = (*above, node) if node.tag == "Markdown" else above
    fold = next((each for each in reversed(around) if each.tag == "Panel"), None)
    beside = next((each for each in reversed(around) if _BESIDE.search(each.get("style")) and each.tag == "View"), None)
    return _Spot(
        node,
        tuple(found for found in map(read_condition, around) if found),
        Fold(fold.get("value"), fold.get("open").lower() == "true", fold.line) if fold else None,
        beside.line if beside else 0,
        looks_of(node, around, rules),
    )


def _placed(panel: Panel, spot: _Spot, config: LabellingConfig) -> Panel:
    """`config` has the item's data put in: a condition may look at labels that the item brings."""
    looks = (*spot.looks, "data") if panel.is_data else spot.looks
    conditions = conditions_json(config, spot.conditions)
    return replace(panel, conditions=conditions, fold=spot.fold, beside=spot.beside, looks=looks)


def _size(node: Node) -> int:
    text = node.get("size").strip()
    return int(text) if text.isdecimal() and len(text) < 3 else 0


def _panel(config: LabellingConfig, node: Node, title: str, data: Mapping[str, Any]) -> Panel:
    found = config.object(node.name)
    assert found is not None
    return view_of(found, config).panel(found, shown_value(found, data), title)


def _markdown(node: Node, data: Mapping[str, Any]) -> Panel:
    """Formatted words of the config, or of the item: no object, as nothing can be asked about it."""
    return Panel(html=markdown_html(heading(node, data)), template="widgets/_markdown.html")


def heading(node: Node, data: Mapping[str, Any]) -> str:
    """The words of a tag with their variables replaced; whoever shows them escapes them."""
    return shown_text(resolve(node.get("value") or node.text, data))
