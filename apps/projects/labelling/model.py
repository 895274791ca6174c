"""A parsed labelling config: what is shown, what is asked, and in which order."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["categorical", "multilabel", "ordinal", "pairwise", "text"]
Attr = str | int | bool


@dataclass(frozen=True, slots=True)
class Node:
    """One tag of the config as written; the tree of them is the layout."""

    tag: str
    attrs: Mapping[str, str]
    line: int
    children: tuple["Node", ...] = ()

    @property
    def name(self) -> str:
        return self.attrs.get("name", "")


@dataclass(frozen=True, slots=True)
class Label:
    """One choice of a control. `value` is what results hold; `text` is what a person reads."""

    value: str
    text: str
    alias: str = ""
    hotkey: str = ""
    background: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class DataObject:
    """Something to look at: a tag whose value is a `$variable`."""

    name: str
    tag: str
    variable: str
    line: int


@dataclass(frozen=True, slots=True)
class Control:
    """One question to the reviewer.

    Args:
        to_name: the objects it is about; exactly one, two for Pairwise (left, right).
        kind: how answers are aggregated.
        attrs: the tag's own settings, typed and with their defaults, under Label Studio's names.
        start: the variable whose value a text begins with; empty: none.
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

    @property
    def type(self) -> str:
        """The `type` of its regions in a result."""
        return self.tag.lower()

    @property
    def multiple(self) -> bool:
        return self.kind == "multilabel"

    @property
    def classes(self) -> tuple[str, ...]:
        """Every value `answer_label` can give for it, in a fixed order; empty where that set is open."""
        match self.kind:
            case "categorical":
                return tuple(label.value for label in self.labels)
            case "ordinal":
                return tuple(str(n) for n in range(1, int(self.attrs["maxRating"]) + 1))
            case "pairwise":
                return ("left", "right")
            case _:
                return ()


@dataclass(frozen=True, slots=True)
class LabellingConfig:
    """What a config means. `notes` says in words what was read but has no effect here."""

    xml: str  # as given
    plain: str  # the same without comments and declaration
    sha256: str  # of the XML's UTF-8 bytes
    root: Node
    objects: tuple[DataObject, ...]
    controls: tuple[Control, ...]
    variables: tuple[str, ...]  # in order of first use
    notes: tuple[str, ...] = ()

    def control(self, name: str) -> Control | None:
        return next((control for control in self.controls if control.name == name), None)

    def object(self, name: str) -> DataObject | None:
        return next((found for found in self.objects if found.name == name), None)

    @property
    def primary(self) -> Control:
        """The control whose answers consensus is sought on: the first that is not free text, else the first."""
        return next((control for control in self.controls if control.kind != "text"), self.controls[0])

    @property
    def kind(self) -> Kind:
        return self.primary.kind

    @property
    def classes(self) -> tuple[str, ...]:
        return self.primary.classes
