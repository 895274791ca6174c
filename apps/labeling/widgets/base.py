"""What a control's widget is, and what it is given: the place of an answer and what surrounds it."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from apps.core.errors import TouchstoneError
from apps.core.strict_json import parse_json
from apps.labeling.errors import AnswerInvalid
from apps.labeling.widgets.question import Option
from apps.projects.labelling import Control, LabellingConfig, region_target, shown_value

# One region of a result in Label Studio's format: id, from_name, to_name, type, value, and whatever else came with it.
Region = dict[str, Any]

MAX_TEXT = 200_000  # characters of one text answer; an item of 100,000 can be corrected and grow
MAX_LABEL = 500  # the column that votes are compared in
FIELD = "answer."  # before a control's name in a form


@dataclass(frozen=True, slots=True)
class Place:
    """Where one answer to a control belongs: to the whole item, to a region of it, or to one of several images.

    `key` is what a field's name ends in and an id is made with; empty for the whole item.
    """

    owner: Region | None = None
    item_index: int | None = None

    @property
    def key(self) -> str:
        if self.owner is not None:
            return str(self.owner.get("id", ""))
        return "" if self.item_index is None else str(self.item_index)


WHOLE = Place()


@dataclass(frozen=True, slots=True)
class Context:
    """What surrounds an answer while it is read, checked or shown.

    Args:
        config: with the item's data put in, where they are at hand.
        data: the item's data; None where they are not at hand, and rules that need them wait.
        result: the whole answer, as far as it is known.
    """

    config: LabellingConfig
    data: Mapping[str, Any] | None = None
    result: Sequence[Region] = ()

    def value_of(self, object_name: str) -> Any:
        """What an object shows; None where that is not known."""
        found = self.config.object(object_name)
        return None if found is None or self.data is None else shown_value(found, self.data)


@dataclass(frozen=True, slots=True)
class FormState:
    """What a form shows as given: per control (see `of`) its posted values, and what is wrong with it."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)

    def of(self, control: Control, place: Place = WHOLE) -> tuple[str, ...]:
        return self.values.get(field_key(control, place), ())


class Widget(ABC):
    """What one tag does with an answer: the list of its regions in Label Studio's format.

    `template` draws its question. A widget that a plain form cannot hold posts one field of JSON, written by its ES
    module. `is_compared`: whether equal answers have equal keys, so that consensus can be sought on them.
    """

    template: ClassVar[str]
    takes_press: ClassVar[bool] = False  # whether one press can answer, where it is the whole config
    takes_focus: ClassVar[bool] = False  # whether it is written into, so that a key puts the cursor there
    allows_empty: ClassVar[bool] = False  # whether nothing is an answer, as no span in a text is
    is_same_for_all: ClassVar[bool] = False  # whether its question is drawn from config and fields alone, not the item

    def is_pressed(self, control: Control) -> bool:
        """Whether one press can answer it."""
        return self.takes_press

    def is_written(self, control: Control) -> bool:
        """Whether a key puts the cursor into it."""
        return self.takes_focus

    @abstractmethod
    def parse(self, control: Control, posted: Sequence[str], place: Place, context: Context) -> list[Region]:
        """The regions from a form's fields; none where nothing was answered."""

    @abstractmethod
    def check(self, control: Control, regions: Sequence[Region], context: Context) -> None:
        """Raise AnswerInvalid where the regions of this control do not fit it. Their frame is checked already."""

    def check_missing(self, control: Control, context: Context) -> None:
        """Raise AnswerInvalid where the control has no answer and the item needs one, required or not."""
        return

    def completed(self, control: Control, regions: Sequence[Region], context: Context) -> list[Region]:
        """The regions with what the item's data tell of them, where they came without."""
        return list(regions)

    @abstractmethod
    def show(self, control: Control, regions: Sequence[Region]) -> tuple[str, ...]:
        """The regions of one place back as form fields."""

    @abstractmethod
    def value_key(self, control: Control, regions: Sequence[Region]) -> str | None:
        """The canonical form that equal answers share, at most MAX_LABEL characters; None: they are not compared."""

    @abstractmethod
    def words(self, control: Control, regions: Sequence[Region]) -> str:
        """The answer as a person reads it."""

    def key_words(self, control: Control, key: str) -> str:
        """A canonical form in words."""
        return key

    def empty_key(self, control: Control) -> str | None:
        """The canonical form of no answer to an optional control; None where that is no vote."""
        return None

    def initial(self, control: Control) -> tuple[str, ...]:
        """The fields that are filled in before anybody looked."""
        return ()

    def options(self, control: Control, chosen: tuple[str, ...], titles: Mapping[str, str]) -> tuple[Option, ...]:
        """What can be pressed. `titles`: what stands over each object, by its name."""
        return ()

    def extras(self, control: Control, posted: tuple[str, ...], context: Context) -> Mapping[str, Any]:
        """What its template needs besides, as `question.extras`."""
        return {}

    def as_sdk(self, control: Control, region: Region) -> Region:
        """A region as label-studio-sdk can check it, where its own idea of the format is narrower than the editor's."""
        return region


class ValueWidget(Widget):
    """A control with one value for each place, which stands in a region's `value` under `value_field`."""

    value_field: ClassVar[str]

    @abstractmethod
    def read(self, control: Control, posted: Sequence[str]) -> Any:
        """The value from a form's fields; None where nothing was answered."""

    @abstractmethod
    def check_value(self, control: Control, value: Any) -> None:
        """Raise AnswerInvalid where the value does not fit the control."""

    @abstractmethod
    def fields(self, control: Control, value: Any) -> tuple[str, ...]:
        """A value back as form fields."""

    @abstractmethod
    def key_of(self, control: Control, value: Any) -> str | None:
        """The canonical form that equal values share; None where they are not compared."""

    @abstractmethod
    def words_of(self, control: Control, value: Any) -> str:
        """The value as a person reads it."""

    def parse(self, control: Control, posted: Sequence[str], place: Place, context: Context) -> list[Region]:
        value = self.read(control, posted)
        return [] if value is None else [new_region(control, {self.value_field: value}, place)]

    def check(self, control: Control, regions: Sequence[Region], context: Context) -> None:
        seen: set[tuple[Any, Any]] = set()
        for region in regions:
            place = (region.get("id") if control.per_region else None, region.get("item_index"))
            if place in seen:
                raise refuse(
                    control, "repeated_control", _('"%(control)s" is answered twice.') % {"control": control.name}
                )
            seen.add(place)
            if self.value_field not in region["value"]:
                raise refuse(
                    control,
                    "type",
                    _('The value of "%(control)s" must hold "%(value_field)s".')
                    % {"control": control.name, "value_field": self.value_field},
                )
            self.check_value(control, region["value"][self.value_field])

    def show(self, control: Control, regions: Sequence[Region]) -> tuple[str, ...]:
        values = self.values(regions)
        return self.fields(control, values[0]) if values else ()

    def value_key(self, control: Control, regions: Sequence[Region]) -> str | None:
        values = self.values(regions)
        return self.key_of(control, values[0]) if values else None

    def words(self, control: Control, regions: Sequence[Region]) -> str:
        return ", ".join(self.words_of(control, value) for value in self.values(regions))

    def values(self, regions: Sequence[Region]) -> list[Any]:
        return [region["value"][self.value_field] for region in regions if self.value_field in region["value"]]


def field_key(control: Control, place: Place = WHOLE) -> str:
    """What an answer is kept under in a form's state, and its field is called after FIELD."""
    return f"{control.name}@{place.key}" if place.key else control.name


def new_region(control: Control, value: Mapping[str, Any], place: Place = WHOLE) -> Region:
    """One region in Label Studio's format.

    About a region it has that region's id, and where it lies stands in its value, too. Else its id follows from the
    control, so that equal answers are equal.
    """
    found: Region = {
        "id": hashlib.sha256(field_key(control, place).encode()).hexdigest()[:10],
        "from_name": control.name,
        "to_name": region_target(control),
        "type": control.type,
        "value": dict(value),
    }
    if place.owner is not None:
        owner = place.owner
        found |= {"id": owner.get("id"), "to_name": owner.get("to_name"), "value": {**geometry(owner), **value}}
    if place.item_index is not None:
        found["item_index"] = place.item_index
    return found


def geometry(region: Region) -> dict[str, Any]:
    """Where a region lies: its value without its labels."""
    return {key: value for key, value in region["value"].items() if not key.endswith("labels")}


def json_field(control: Control, posted: Sequence[str]) -> list[Any]:
    """The list in the one JSON field that a widget's module wrote; empty where nothing was posted."""
    text = posted[-1] if posted else ""
    if not text:
        return []
    try:
        found = parse_json(text.encode(errors="surrogatepass"))
    except TouchstoneError as exc:
        raise refuse(
            control,
            "json",
            _('The answer to "%(control)s" is not readable: %(message)s')
            % {"control": control.name, "message": exc.message},
        ) from exc
    if not isinstance(found, list):
        raise refuse(control, "type", _('The answer to "%(control)s" must be a list.') % {"control": control.name})
    return found


def refuse(control: Control, rule: str, message: str) -> AnswerInvalid:
    return AnswerInvalid(message, control=control.name, rule=rule)
