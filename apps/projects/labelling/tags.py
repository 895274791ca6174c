"""Every tag that a config may hold, what its attributes mean, and which of them are refused.

A new control is one `ControlTag` here and one widget in `apps/labeling/widgets`; a test holds the two lists together.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from apps.projects.labelling.errors import ConfigError
from apps.projects.labelling.model import Attr, Kind, Label, Node

LAYOUT = frozenset({"View", "Header"})
IGNORED = frozenset({"Style"})  # looks only; nothing of it can change an answer
OBJECTS = frozenset({"Text", "HyperText"})
MAX_LABELS = 1_000
MAX_NAME = 100
VARIABLE = re.compile(r"\$([^\W\d]\w*)")

# Attributes that change what an answer means. To ignore them would be to ask another question.
_CONDITIONAL = frozenset({"perRegion", "perItem", "visibleWhen", "whenTagName", "whenLabelValue", "whenChoiceValue"})
_REFUSED = {
    "View": _CONDITIONAL,
    "Choices": _CONDITIONAL | {"value", "allowNested", "apiUrl"},
    "Choice": frozenset({"html"}),
    "Rating": _CONDITIONAL,
    "TextArea": _CONDITIONAL,
    "Pairwise": _CONDITIONAL,
    "Text": frozenset({"valueList", "encoding"}),
    "HyperText": frozenset({"valueList", "encoding", "clickableLinks"}),
}
_READ = {
    "View": frozenset[str](),
    "Header": frozenset({"value"}),
    "Text": frozenset({"name", "value", "valueType"}),
    "HyperText": frozenset({"name", "value", "valueType"}),
    "Choices": frozenset({"name", "toName", "choice", "required", "requiredMessage"}),
    "Choice": frozenset({"value", "alias", "hotkey", "background", "hint"}),
    "Rating": frozenset({"name", "toName", "maxRating", "required", "requiredMessage"}),
    "TextArea": frozenset({"name", "toName", "value", "rows", "placeholder", "required", "requiredMessage"}),
    "Pairwise": frozenset({"name", "toName", "required", "requiredMessage"}),
}


def fail(node: Node, message: str) -> ConfigError:
    return ConfigError(message, tag=node.tag, line=node.line)


def unused_attrs(node: Node) -> list[str]:
    """Attributes without an effect here; those that change the meaning raise."""
    for attr in node.attrs:
        if attr in _REFUSED.get(node.tag, ()):
            raise fail(node, f'The attribute "{attr}" is not supported: it would change what is asked.')
    return [attr for attr in node.attrs if attr not in _READ[node.tag]]


def attr_bool(node: Node, attr: str) -> bool:
    value = node.attrs.get(attr, "false").strip().lower()
    if value not in ("true", "false"):
        raise fail(node, f'{attr}="{node.attrs[attr]}" is neither true nor false.')
    return value == "true"


def attr_int(node: Node, attr: str, *, default: int, low: int, high: int) -> int:
    text = node.attrs.get(attr, str(default)).strip()
    if not re.fullmatch(r"[0-9]{1,6}", text) or not low <= int(text) <= high:
        raise fail(node, f'{attr}="{text}" is not a whole number from {low} to {high}.')
    return int(text)


def attr_of(node: Node, attr: str, allowed: Mapping[str, str], default: str) -> str:
    value = node.attrs.get(attr, default)
    if value not in allowed:
        raise fail(node, f'{attr}="{value}" is not known; use {" or ".join(allowed)}.')
    return allowed[value]


def attr_variable(node: Node, attr: str = "value") -> str:
    """The variable's name in an attribute that must be one `$variable` and nothing else."""
    text = node.attrs.get(attr, "")
    if not text:
        raise fail(node, f'It has no {attr}; write {attr}="$variable".')
    match = VARIABLE.fullmatch(text)
    if match is None:
        raise fail(node, f'{attr}="{text}" is not a variable; write a $ and a name of letters, digits and _.')
    return match[1]


def read_labels(node: Node) -> tuple[Label, ...]:
    """The choices of a Choices tag, in order; Views between them only arrange and are looked through."""
    found = [(child, _label(child)) for child in _choice_nodes(node)]
    if not found:
        raise fail(node, "It has no <Choice> to choose from.")
    if len(found) > MAX_LABELS:
        raise fail(node, f"It has {len(found):,} choices; at most {MAX_LABELS:,} are allowed.")
    for what in ("value", "text", "hotkey"):
        _refuse_twins(found, what)
    return tuple(label for _, label in found)


def _choice_nodes(node: Node) -> list[Node]:
    nodes: list[Node] = []
    for child in node.children:
        if child.tag == "View":
            unused_attrs(child)
            nodes += _choice_nodes(child)
        elif child.tag == "Choice":
            nodes.append(child)
        elif child.tag not in IGNORED:
            raise fail(child, f"It cannot stand inside <{node.tag}>.")
    return nodes


def _label(node: Node) -> Label:
    if node.children:
        raise fail(node.children[0], "Choices inside a choice are not supported.")
    text, alias = node.attrs.get("value", ""), node.attrs.get("alias", "")
    if not text.strip():
        raise fail(node, "It has no value.")
    for given in (text, alias):
        if "\n" in given or "\r" in given or len(given) > 200:
            raise fail(node, "A choice is one line of at most 200 characters.")
    return Label(
        value=alias or text,
        text=text,
        alias=alias,
        hotkey=node.attrs.get("hotkey", ""),
        background=node.attrs.get("background", ""),
        hint=node.attrs.get("hint", ""),
    )


def _refuse_twins(found: list[tuple[Node, Label]], what: str) -> None:
    seen: dict[str, int] = {}
    for node, label in found:
        value = getattr(label, what)
        if value and value in seen:
            raise fail(node, f'The {what} "{value}" is already on line {seen[value]}.')
        seen[value] = node.line


@dataclass(frozen=True, slots=True)
class ControlTag:
    """What the parser asks of a control's tag.

    Args:
        n_objects: how many names its toName holds.
        kind: how its answers are aggregated.
        attrs: its own settings, typed and with their defaults.
        has_labels: whether it holds <Choice> tags; without, it holds nothing.
        start: whether its value is a variable that the answer starts from.
    """

    kind: Callable[[Node], Kind]
    attrs: Callable[[Node], dict[str, Attr]]
    n_objects: int = 1
    has_labels: bool = False
    start: bool = False


def _choices_kind(node: Node) -> Kind:
    allowed = {"single": "single", "single-radio": "single", "multiple": "multiple"}
    return "multilabel" if attr_of(node, "choice", allowed, "single") == "multiple" else "categorical"


def _common(node: Node) -> dict[str, Attr]:
    return {"requiredMessage": node.attrs.get("requiredMessage", "")}


def _rating_attrs(node: Node) -> dict[str, Attr]:
    return _common(node) | {"maxRating": attr_int(node, "maxRating", default=5, low=1, high=20)}


def _textarea_attrs(node: Node) -> dict[str, Attr]:
    rows = attr_int(node, "rows", default=4, low=1, high=60)
    return _common(node) | {"rows": rows, "placeholder": node.attrs.get("placeholder", "")}


CONTROLS: dict[str, ControlTag] = {
    "Choices": ControlTag(kind=_choices_kind, attrs=_common, has_labels=True),
    "Rating": ControlTag(kind=lambda node: "ordinal", attrs=_rating_attrs),
    "TextArea": ControlTag(kind=lambda node: "text", attrs=_textarea_attrs, start=True),
    "Pairwise": ControlTag(kind=lambda node: "pairwise", attrs=_common, n_objects=2),
}
SUPPORTED = LAYOUT | OBJECTS | frozenset(CONTROLS) | {"Choice"}
