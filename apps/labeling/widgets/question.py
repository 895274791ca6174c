"""The frozen contexts that the templates of questions get, and the keys that press their options."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from apps.labeling.algorithms.word_diff import Piece
from apps.projects.labelling import Control

# Letters that the workbench keeps for itself; a config's hotkey that is one of them gives way to the number.
_TAKEN = frozenset("usegnhcaj")
_DIGITS = "123456789"


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to press. `key` is the key that presses it while its question has the keys.

    `hotkey` is what the config asks for, as written; `html` is sanitised, and shown instead of the text, which stays
    its name.
    """

    value: str
    text: str
    key: str = ""
    hint: str = ""
    checked: bool = False
    html: SafeString | None = None
    hotkey: str = ""

    @property
    def has_hotkey(self) -> bool:
        """Whether its key is the config's own, which a person's row of keys leaves alone unless he says otherwise."""
        return self.key != "" and self.key == self.hotkey.lower()


@dataclass(frozen=True, slots=True)
class Question:
    """A control as its template sees it.

    Args:
        one_press: the whole config is this control, so a press answers.
        has_keys: its options own the number keys when the page opens.
        has_heading: whether the config itself puts words over it; else `legend` is its name, for screen readers.
        form_id: the form that fields standing outside it belong to; empty inside one.
        start: the text that an answer starts from and is compared with; None where it starts empty.
        values: what is filled in, as posted.
        about: the beginning of the text that it is about, where the page shows several and no heading tells them apart.
        focus_key: the key that puts the cursor into its field; empty: none does.
        key: the region or image that it asks about (see `Place`); empty for the whole item.
        groups: for a control whose regions are asked about, what is asked of each; `blank` is the same for a new one.
        conditions: when it is shown, as JSON for the page; empty: always.
        is_hidden: whether its conditions do not hold as the form begins.
        extras: what its widget adds.
    """

    control: Control
    template: str
    field: str
    html_id: str
    legend: str
    options: tuple[Option, ...] = ()
    text: str = ""
    error: str = ""
    one_press: bool = False
    has_keys: bool = False
    has_heading: bool = False
    form_id: str = ""
    start: str | None = None
    diff: tuple[Piece, ...] = ()
    values: tuple[str, ...] = ()
    about: str = ""
    focus_key: str = ""
    key: str = ""
    groups: tuple["Group", ...] = ()
    blank: "Group | None" = None
    conditions: str = ""
    is_hidden: bool = False
    extras: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def many(self) -> bool:
        """Too many for a key each: typing narrows them."""
        return needs_filter([option.key for option in self.options])

    @property
    def in_column(self) -> bool:
        """Whether the config itself asks for one option below the other."""
        node, attrs = self.control.node, self.control.attrs
        asks = node is not None and (node.get("layout") == "vertical" or node.get("showInline").lower() == "false")
        return asks and not attrs.get("showInline")

    @property
    def required(self) -> bool:
        return self.control.required


@dataclass(frozen=True, slots=True)
class Group:
    """What is asked about one region: its id, the region, the region in words, and the questions."""

    id: str
    region: Mapping[str, Any]
    words: str
    questions: tuple[Question, ...]


def keys_for(hotkeys: Sequence[str]) -> tuple[str, ...]:
    """A key for each option: its own hotkey where one letter or digit and free, else its number up to nine."""
    own = [key.lower() if len(key) == 1 and key.isalnum() and key.lower() not in _TAKEN else "" for key in hotkeys]
    own = [key if own.index(key) == index else "" for index, key in enumerate(own)]
    numbers = [_DIGITS[index] if index < len(_DIGITS) else "" for index in range(len(own))]
    return tuple(key or (number if number not in own else "") for key, number in zip(own, numbers, strict=True))


def needs_filter(keys: Sequence[str]) -> bool:
    """Whether so many options are found by typing: more than nine, and not each with a key of its own."""
    return len(keys) > len(_DIGITS) and not all(keys)
