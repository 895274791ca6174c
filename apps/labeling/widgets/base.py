"""What a control's widget is, and the frozen contexts that its template gets."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from apps.labeling.algorithms.word_diff import Piece
from apps.labeling.errors import AnswerInvalid
from apps.projects.labelling import Control

MAX_TEXT = 200_000  # characters of one text answer; an item of 100,000 can be corrected and grow
MAX_LABEL = 500  # the column that votes are compared in
FIELD = "answer."  # before a control's name in a form

# Letters that the workbench keeps for itself; a config's hotkey that is one of them gives way to the number.
_TAKEN = frozenset("usegnhcaj")
_DIGITS = "123456789"


@dataclass(frozen=True, slots=True)
class FormState:
    """What a form shows as given: per control its posted values, and what is wrong with it."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)

    def of(self, control: Control) -> tuple[str, ...]:
        return self.values.get(control.name, ())


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to press. `key` is the key that presses it while its question has the keys."""

    value: str
    text: str
    key: str = ""
    hint: str = ""
    checked: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """A control as its template sees it.

    Args:
        one_press: the whole config is this control, so a press answers.
        has_keys: its options own the number keys when the page opens.
        has_heading: whether the config itself puts words over it; else `legend` is its name, for screen readers.
        form_id: the form that fields standing outside it belong to; empty inside one.
        start: the text that an answer starts from and is compared with; None where it starts empty.
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

    @property
    def many(self) -> bool:
        """Too many for a key each: typing narrows them."""
        return needs_filter([option.key for option in self.options])

    @property
    def required(self) -> bool:
        return self.control.required


class Widget(ABC):
    """What one tag does with an answer. The value is the inside of a region's `value`, under `value_field`."""

    value_field: ClassVar[str]
    template: ClassVar[str]
    takes_press: ClassVar[bool] = False  # whether one press can answer, where it is the whole config

    @abstractmethod
    def parse(self, control: Control, posted: Sequence[str]) -> Any:
        """The value from a form's fields; None where nothing was answered."""

    @abstractmethod
    def check(self, control: Control, value: Any) -> None:
        """Raise AnswerInvalid where the value does not fit the control."""

    @abstractmethod
    def show(self, control: Control, value: Any) -> tuple[str, ...]:
        """A value back as form fields."""

    @abstractmethod
    def value_key(self, control: Control, value: Any) -> str | None:
        """The canonical form that equal answers share; None where answers are not compared."""

    @abstractmethod
    def words(self, control: Control, value: Any) -> str:
        """The answer as a person reads it."""

    def empty_key(self, control: Control) -> str | None:
        """The canonical form of no answer to an optional control; None where that is no vote."""
        return None

    def options(self, control: Control, chosen: tuple[str, ...], titles: Mapping[str, str]) -> tuple[Option, ...]:
        """What can be pressed. `titles`: what stands over each object, by its name."""
        return ()


def refuse(control: Control, rule: str, message: str) -> AnswerInvalid:
    return AnswerInvalid(message, control=control.name, rule=rule)


def keys_for(hotkeys: Sequence[str]) -> tuple[str, ...]:
    """A key for each option: its own hotkey where one letter or digit and free, else its number up to nine."""
    own = [key.lower() if len(key) == 1 and key.isalnum() and key.lower() not in _TAKEN else "" for key in hotkeys]
    own = [key if own.index(key) == index else "" for index, key in enumerate(own)]
    numbers = [_DIGITS[index] if index < len(_DIGITS) else "" for index in range(len(own))]
    return tuple(key or (number if number not in own else "") for key, number in zip(own, numbers, strict=True))


def needs_filter(keys: Sequence[str]) -> bool:
    """Whether so many options are found by typing: more than nine, and not each with a key of its own."""
    return len(keys) > len(_DIGITS) and not all(keys)
