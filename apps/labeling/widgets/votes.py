"""How an answer to each tag is voted on: what aggregation it wants, the answer in that form, and back again.

The forms are plain: a class or a level is its canonical value; labels are a frozenset of names; an order is a tuple of
ids; regions are a tuple of `Mark`; words are one text. The algorithm behind each aggregation is named in
`apps.consensus.services.kinds`.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from apps.labeling.algorithms.spans import Span, SpanProblem
from apps.labeling.widgets.base import Context, Place, Region, Widget, new_region
from apps.labeling.widgets.choices import is_multiple
from apps.labeling.widgets.number import MAX_NUMBER
from apps.labeling.widgets.panels import entries_of
from apps.labeling.widgets.ranker import columns_in, columns_of
from apps.labeling.widgets.spans import labels_of
from apps.labeling.widgets.spans_texts import texts_of
from apps.labeling.widgets.textarea import texts_of as texts_in
from apps.labeling.widgets.trees import path_named, path_of, path_value
from apps.projects.labelling import Control

# One of several values; an ordered one; any of several labels, each with a fit of its own or all with one; a number; an
# order; regions of a text; links between them; words; versions of the same words.
Aggregation = Literal["class", "level", "labels", "pooled labels", "number", "order", "regions", "links", "text"]


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """One label on one stretch of an object's flat text, up to, not including, `end`. `id`: of the region it was."""

    start: int
    end: int
    target: str
    label: str
    id: str = ""


class Vote:
    """One of several values, which answers share or do not: `value_key` of the widget."""

    def aggregation(self, control: Control) -> Aggregation:
        return "class"

    def empty(self, control: Control) -> Any:
        """What an unanswered control says; None: nothing."""
        return None

    def read(self, control: Control, regions: Sequence[Region], widget: Widget, context: Context) -> Any:
        """The regions of one place in the aggregation's form. None: they say nothing."""
        return widget.value_key(control, regions)

    def write(self, control: Control, value: Any, widget: Widget, place: Place, context: Context) -> list[Region]:
        """A value in that form as regions. A class has none: whoever answered it, has."""
        return []

    def labels(self, control: Control, context: Context) -> list[str]:
        """The names of all labels that can be chosen, where the aggregation is of labels."""
        return []

    def name_regions(self, control: Control, name: str) -> list[Region]:
        """What an answer of that one name would be, for words about it."""
        return []


class LevelVote(Vote):
    """A rating: its levels are ordered."""

    def aggregation(self, control: Control) -> Aggregation:
        return "level"


class LabelsVote(Vote):
    """Any number of labels; one inside others goes by its path."""

    field = "choices"

    def aggregation(self, control: Control) -> Aggregation:
        return "labels"

    def empty(self, control: Control) -> Any:
        return frozenset()

    def read(self, control: Control, regions: Sequence[Region], widget: Widget, context: Context) -> Any:
        chosen = [label for region in regions for label in region["value"].get(self.field, ())]
        return frozenset(path_value(path_named(label, control)) if is_tree(control) else label for label in chosen)

    def write(self, control: Control, value: Any, widget: Widget, place: Place, context: Context) -> list[Region]:
        return widget.parse(control, sorted(value), place, context)

    def labels(self, control: Control, context: Context) -> list[str]:
        nested = is_tree(control)
        return [path_value(label.path) if nested else label.value for label in control.labels]

    def name_regions(self, control: Control, name: str) -> list[Region]:
        return [new_region(control, {self.field: [list(path_of(name)) if is_tree(control) else name]})]


def is_tree(control: Control) -> bool:
    """Whether labels stand inside labels."""
    return control.kind == "taxonomy" or bool(control.attrs.get("allowNested"))


def parents_of(control: Control) -> dict[str, str]:
    """The name of each label that stands inside another one, to the name of that."""
    inside = (label.path for label in control.labels if len(label.path) > 1) if is_tree(control) else ()
    return {path_value(path): path_value(path[:-1]) for path in inside}


class ChoicesVote(LabelsVote):
    """One label, or any number of them."""

    def aggregation(self, control: Control) -> Aggregation:
        return "labels" if is_multiple(control) else "class"

    def empty(self, control: Control) -> Any:
        return frozenset() if is_multiple(control) else None

    def read(self, control: Control, regions: Sequence[Region], widget: Widget, context: Context) -> Any:
        if is_multiple(control):
            return super().read(control, regions, widget, context)
        return widget.value_key(control, regions)

    def write(self, control: Control, value: Any, widget: Widget, place: Place, context: Context) -> list[Region]:
        return super().write(control, value, widget, place, context) if is_multiple(control) else []


class TaxonomyVote(LabelsVote):
    """Paths through a tree."""

    field = "taxonomy"


class NumberVote(Vote):
    """A number, whole or not."""

    def aggregation(self, control: Control) -> Aggregation:
        return "number"

    def read(self, control: Control, regions: Sequence[Region], widget: Widget, context: Context) -> Any:
        return float(regions[0]["value"]["number"])

    def write(self, control: Control, value: Any, widget: Widget, place: Place, context: Context) -> list[Region]:
        whole = float(value).is_integer() and abs(value) <= MAX_NUMBER
        return [new_region(control, {"number": int(value) if whole else value}, place)]


class TextVote(Vote):
    """Words, or a version of the words that the answer starts from."""

    def aggregation(self, control: Control) -> Aggregation:
        return "text"

    def read(self, control: Control, regions: Sequence[Region], widget: Widget, context: Context) -> Any:
        return "\n".join(str(text) for region in regions for text in texts_in(region["value"].get("text", "")))

    def write(self, control: Control, value: Any, widget: Widget, place: Place, context: Context) -> list[Region]:
        return [new_region(control, {"text": [value]}, place)]


class ChatVote(Vote):
    """The messages that were added, as one text; taken whole from one answer."""

    def aggregation(self, control: Control) -> Aggregation:
        return "text"

    def empty(self, control: Control) -> Any:
        return ""

    def read(self, control: Control, regions: Sequence[Region], widget: Widget, context: Context) -> Any:
        return widget.words(control, regions)


class RankerVote(Vote):
    """An order; with buckets, which thing lies in which."""

    def aggregation(self, control: Control) -> Aggregation:
        return "order" if _is_plain(control) else "pooled labels"

    def read(self, control: Control, regions: Sequence[Region], widget: Widget, context: Context) -> Any:
        given = columns_in(control, regions[0]["value"]["ranker"])
        if _is_plain(control):
            return tuple(given.get(control.name, ()))
        return frozenset(path_value((bucket, thing)) for bucket, things in given.items() for thing in things)

    def write(self, control: Control, value: Any, widget: Widget, place: Place, context: Context) -> list[Region]:
        if _is_plain(control):
            return [new_region(control, {"ranker": {control.name: list(value)}}, place)]
        entries = entries_of(context.value_of(control.to_name[0])) or ()
        order = {entry.id: index for index, entry in enumerate(entries)}
        found: dict[str, list[str]] = {column.name: [] for column in columns_of(control)}
        for bucket, thing in sorted(map(path_of, value), key=lambda pair: (order.get(pair[1], len(order)), pair)):
            found.setdefault(bucket, []).append(thing)
        return [new_region(control, {"ranker": found}, place)]

    def name_regions(self, control: Control, name: str) -> list[Region]:
        bucket, thing = path_of(name)
        return [new_region(control, {"ranker": {bucket: [thing]}})]


def _is_plain(control: Control) -> bool:
    return [column.name for column in columns_of(control)] == [control.name]


class SpansVote(Vote):
    """Regions of a text, by their place in its flat form, each label by itself."""

    def aggregation(self, control: Control) -> Aggregation:
        return "regions"

    def empty(self, control: Control) -> Any:
        return ()

    def read(self, control: Control, regions: Sequence[Region], widget: Widget, context: Context) -> Any:
        """None where the item's data are not at hand, or a region lies nowhere in them."""
        texts = texts_of(context.config, control, context.data)
        found: list[Mark] = []
        for region in regions:
            text = texts.get(str(region.get("to_name")))
            try:
                place = text.span_of(region["value"]) if text is not None else None
            except SpanProblem:
                place = None
            if place is None:
                return None
            labels = labels_of(control, region) or [""]
            found += [Mark(place.start, place.end, region["to_name"], label, str(region["id"])) for label in labels]
        return tuple(found)

    def write(self, control: Control, value: Any, widget: Widget, place: Place, context: Context) -> list[Region]:
        texts = texts_of(context.config, control, context.data)
        made = []
        for marks in stretches(control, value):
            where = texts[marks[0].target].value_of(Span(marks[0].start, marks[0].end))
            labels = [mark.label for mark in marks if mark.label]
            region = new_region(control, {**where, control.type: labels}, place)
            made.append({**region, "id": mark_id(control, marks), "to_name": marks[0].target})
        return made


def stretches(control: Control, marks: Iterable[Mark]) -> list[list[Mark]]:
    """Marks that are one region: of the same stretch where a region takes several labels, else each by itself."""
    groups: dict[tuple[Any, ...], list[Mark]] = {}
    for mark in sorted(marks):
        stretch = (mark.start, mark.end, mark.target)
        key = stretch if control.attrs.get("choice") == "multiple" else (*stretch, mark.label)
        groups.setdefault(key, []).append(mark)
    return list(groups.values())


def mark_id(control: Control, marks: Iterable[Mark]) -> str:
    """An id that follows from what is marked, so that equal consensuses are equal."""
    told = [control.name, *((mark.target, mark.start, mark.end, mark.label) for mark in marks)]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:10]


class RelationsVote(Vote):
    """Links between regions: they are voted on once it is decided which regions there are."""

    def aggregation(self, control: Control) -> Aggregation:
        return "links"

    def empty(self, control: Control) -> Any:
        return ()
