"""A parsed labelling config: what is shown, what is asked, and in which order."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

Kind = Literal[
    "categorical",
    "multilabel",
    "ordinal",
    "pairwise",
    "text",
    "taxonomy",
    "number",
    "datetime",
    "ranking",
    "spans",
    "chat",
    "relations",
]
When = Literal["region-selected", "no-region-selected", "choice-selected", "choice-unselected"]
Attr = str | int | float | bool

# Kinds whose answers people vote on, and those whose answers are compared whole only where nothing else is asked.
_VOTED = frozenset({"categorical", "multilabel", "ordinal", "pairwise", "taxonomy", "ranking"})
_UNCOMPARED = frozenset({"text", "chat", "relations"})


@dataclass(frozen=True, slots=True)
class Node:
    """One tag of the config as written; the tree of them is the layout. `tag` is spelt as Label Studio documents it."""

    tag: str
    attrs: Mapping[str, str]
    line: int
    children: tuple["Node", ...] = ()
    text: str = ""  # the words between its tags, as in <Header>Words</Header> and <Style>

    @property
    def name(self) -> str:
        return self.attrs.get("name", "")

    def get(self, attr: str, default: str = "") -> str:
        """An attribute, however its name is capitalised: Label Studio's editor reads `showInLine` as `showInline`."""
        if attr in self.attrs:
            return self.attrs[attr]
        wanted = attr.lower()
        return next((value for name, value in self.attrs.items() if name.lower() == wanted), default)


@dataclass(frozen=True, slots=True)
class Label:
    """One choice of a control. `value` is what results hold; `text` is what a person reads.

    Args:
        path: the values from the tree's root down to this one; of a flat list the value alone.
        is_leaf: whether no further choice stands below it.
        html: markup to show instead of the text, as given; whoever shows it sanitises it.
        max_usages: how often an answer may hold it; 0: as often as one likes.
        selected: chosen before anybody looked.
    """

    value: str
    text: str
    alias: str = ""
    hotkey: str = ""
    background: str = ""
    hint: str = ""
    html: str = ""
    path: tuple[str, ...] = ()
    is_leaf: bool = True
    max_usages: int = 0
    selected: bool = False

    @property
    def depth(self) -> int:
        return max(len(self.path) - 1, 0)


@dataclass(frozen=True, slots=True)
class Condition:
    """When something is shown: `visibleWhen` and what narrows it. Several of them must all hold.

    Args:
        tag: the control that it looks at (whenTagName); empty: any.
        values: labels or choices of which one must be chosen; empty: any.
        indexes: the same by their place among the choices, from 0 (whenChoiceIndex).
        role: the author that a selected chat message must have (whenRole).
    """

    when: When
    tag: str = ""
    values: tuple[str, ...] = ()
    indexes: tuple[int, ...] = ()
    role: str = ""


@dataclass(frozen=True, slots=True)
class DataObject:
    """Something to look at.

    Args:
        value: a `$variable`, a path into one (`$user.name`, `$turns[0].text`), or words of its own.
        variable: the first variable in it; empty: it shows the same words with every item.
        attrs: the tag's own settings, typed and with their defaults, under Label Studio's names.
    """

    name: str
    tag: str
    variable: str
    line: int
    value: str = ""
    attrs: Mapping[str, Attr] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Control:
    """One question to the reviewer.

    Args:
        to_name: the objects it is about; two for Pairwise (left, right), none for Relations.
        kind: how answers are aggregated.
        attrs: the tag's own settings, typed and with their defaults, under Label Studio's names.
        start: what a text begins with, a `$variable` or words; empty: nothing.
        labels_from: the `$variable` that brings labels with each item; `labels_open` until they are known.
        labels_told: whether labels of its own have `$variables` in them, as in `<Choice value="$first"/>`.
        per_region: asked about each region (a span, a message) of the objects that it is about.
        per_item: asked about each of several images.
        conditions: its own and those of what it stands in.
        repeated: inside a Repeater, what stands for the number in its names.
        node: the tag as written, with what stands inside.
    """

    name: str
    tag: str
    to_name: tuple[str, ...]
    kind: Kind
    line: int
    required: bool = False
    labels: tuple[Label, ...] = ()
    attrs: Mapping[str, Attr] = field(default_factory=dict)
    start: str = ""
    labels_from: str = ""
    labels_told: bool = False
    labels_open: bool = False
    per_region: bool = False
    per_item: bool = False
    conditions: tuple[Condition, ...] = ()
    repeated: str = ""
    node: Node | None = None

    @property
    def type(self) -> str:
        """The `type` of its regions in a result."""
        return {"Chat": "chatmessage", "Relations": "relation"}.get(self.tag, self.tag.lower())

    @property
    def multiple(self) -> bool:
        return self.kind == "multilabel"

    @property
    def is_compared(self) -> bool:
        """Whether equal answers to it have equal keys, so that consensus can be sought on them."""
        return self.kind not in _UNCOMPARED

    @property
    def owns_regions(self) -> bool:
        """Whether its regions are things of their own, that other controls ask about and relations join."""
        return self.kind in ("spans", "chat")

    @property
    def classes(self) -> tuple[str, ...]:
        """Every value `answer_label` can give for it, in a fixed order; empty where that set is open."""
        match self.kind:
            case "categorical":
                return () if self.labels_from or self.labels_told else tuple(label.value for label in self.labels)
            case "ordinal":
                return tuple(str(n) for n in range(1, int(self.attrs["maxRating"]) + 1))
            case "pairwise":
                return ("left", "right")
            case _:
                return ()


# Stands for the question of a config that only shows: there is nothing to vote on.
NO_CONTROL = Control(name="", tag="", to_name=(), kind="text", line=1)


@dataclass(frozen=True, slots=True)
class LabellingConfig:
    """What a config means. `notes` says what was read but has no effect here; `problems` what is not asked at all.

    `is_per_item`: an item's data bring labels or repeat a part of it, so `config_for(config, data)` says what is asked.
    """

    xml: str  # as given
    plain: str  # the same without comments and declaration
    sha256: str  # of the XML's UTF-8 bytes
    root: Node
    objects: tuple[DataObject, ...]
    controls: tuple[Control, ...]
    variables: tuple[str, ...]  # in order of first use
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    is_per_item: bool = False

    def control(self, name: str) -> Control | None:
        """A control by its name; of a Repeater that is not written out, the copy that has this name."""
        found = next((control for control in self.controls if control.name == name), None)
        return found or next((copy for control in self.controls if (copy := _copy(control, name))), None)

    def object(self, name: str) -> DataObject | None:
        return next((found for found in self.objects if found.name == name), None)

    @property
    def primary(self) -> Control:
        """The control whose answers consensus is sought on.

        The first about the whole item that people vote on, else whose answers can be compared, else the first.
        """
        whole = [each for each in self.controls if not (each.per_region or each.per_item or each.repeated)]
        voted = (control for control in whole if control.kind in _VOTED)
        compared = (control for control in whole if control.is_compared)
        return next(voted, None) or next(compared, None) or next(iter(whole), NO_CONTROL)

    @property
    def kind(self) -> Kind:
        return self.primary.kind

    @property
    def classes(self) -> tuple[str, ...]:
        return self.primary.classes


def _copy(control: Control, name: str) -> Control | None:
    if not control.repeated or control.repeated not in control.name:
        return None
    pattern = re.escape(control.name).replace(re.escape(control.repeated), "([0-9]{1,6})")
    match = re.fullmatch(pattern, name)
    if match is None:
        return None
    targets = tuple(target.replace(control.repeated, match[1]) for target in control.to_name)
    return replace(control, name=name, to_name=targets, repeated="")
