"""What a config asks about one item: repeated parts written out, labels that the item brings filled in."""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import quoteattr

from apps.projects.labelling.labels import joined, labels_from_data
from apps.projects.labelling.model import Control, Label, LabellingConfig, Node
from apps.projects.labelling.parser import parse_config, parse_copy
from apps.projects.labelling.values import resolve, shown_words

MAX_REPEATS = 500


def config_for(config: LabellingConfig, data: Mapping[str, Any] | None) -> LabellingConfig:
    """The config with an item's data put in. Without data, or where the config needs none, it comes back as it is."""
    if data is None or not config.is_per_item:
        return config
    counts = tuple(_count(data, node) for node in _repeaters(config.root))
    if counts:
        return config_for(_written_out(config.xml, counts), data)  # again, for a Repeater inside another
    if not any(control.labels_from or control.labels_told for control in config.controls):
        return config
    return replace(config, controls=tuple(_with_labels(control, data) for control in config.controls))


def _with_labels(control: Control, data: Mapping[str, Any]) -> Control:
    if control.labels_told:
        told = (_told(label, control, data) for label in control.labels)
        control = replace(control, labels=tuple({label.path: label for label in told}.values()), labels_open=False)
    if not control.labels_from:
        return control
    nests = control.kind == "taxonomy"
    brought = labels_from_data(resolve(control.labels_from, data), nests=nests)
    return replace(control, labels=joined(control.labels, brought), labels_open=False)


def _told(label: Label, control: Control, data: Mapping[str, Any]) -> Label:
    """A label whose words an item brings. Label Studio stores those of a choice, of any other label the variable."""
    text = shown_words(label.text, data)
    if control.tag != "Choices" or label.alias:
        return replace(label, text=text)
    return replace(label, text=text, value=text, path=tuple(shown_words(step, data) for step in label.path))


def _repeaters(node: Node) -> list[Node]:
    """The outermost ones, in order."""
    if node.tag == "Repeater":
        return [node]
    return [found for child in node.children for found in _repeaters(child)]


def _count(data: Mapping[str, Any], node: Node) -> int:
    rows = resolve(node.get("on"), data)
    return min(len(rows), MAX_REPEATS) if isinstance(rows, list | dict) else 0


@lru_cache(maxsize=256)
def _written_out(xml: str, counts: tuple[int, ...]) -> LabellingConfig:
    """The same config with each Repeater replaced by so many copies of what is in it."""
    left = list(counts)

    def copies(node: Node) -> str:
        if node.tag != "Repeater":
            return _xml(node, [copies(child) for child in node.children])
        flag = node.get("indexFlag") or "{{idx}}"
        inside = "".join(_xml_of(child) for child in node.children)
        return f"<View>{''.join(inside.replace(flag, str(index)) for index in range(left.pop(0)))}</View>"

    return parse_copy(copies(parse_config(xml).root))


def _xml_of(node: Node) -> str:
    return _xml(node, [_xml_of(child) for child in node.children])


def _xml(node: Node, inside: list[str]) -> str:
    attrs = "".join(f" {name}={quoteattr(value)}" for name, value in node.attrs.items())
    text = re.sub(r"[<&]", lambda found: {"<": "&lt;", "&": "&amp;"}[found[0]], node.text)
    return f"<{node.tag}{attrs}>{text}{''.join(inside)}</{node.tag}>"
