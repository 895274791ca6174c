"""What an object shows of an item's data: plain frozen shapes, which templates escape. Odd data is shown as it is."""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from apps.intake.algorithms.tabular import sniff_delimiter
from apps.labeling.widgets.markup import image_source
from apps.labeling.widgets.objects import ObjectView, Panel, clean_html, shown_text
from apps.projects.labelling import DataObject
from apps.projects.labelling.attrs import value_options

MAX_ROWS = 2_000  # of a table, a list or a conversation; beyond it nobody reads, and the page stays usable
MAX_CELL = 20_000  # characters


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing said. `side`: 0 for the first speaker, 1 for the second and so on, to tell them apart by a line."""

    who: str
    text: str
    side: int = 0


@dataclass(frozen=True, slots=True)
class Picture:
    """`src` is empty where the address may not be loaded; `told` says what was given."""

    src: str
    alt: str
    told: str


@dataclass(frozen=True, slots=True)
class Grid:
    """A table. Without `head` each row is a name and its value."""

    rows: tuple[tuple[str, ...], ...]
    head: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing of a list. `id` is what answers call it by."""

    id: str
    title: str
    body: str
    html: SafeString | None

    @property
    def words(self) -> str:
        """What a person calls it."""
        return (self.title or self.body or self.id)[:80]


class ShapeView(ObjectView):
    """Shows a value that has a shape of its own; one without it is shown as text."""

    def panel(self, found: DataObject, value: Any, title: str) -> Panel:
        panel = super().panel(found, value, title)
        return panel if panel.extras else replace(panel, template=ObjectView.template)


class ParagraphsView(ShapeView):
    """A conversation or a text in paragraphs. Sound beside it is not played."""

    template = "widgets/_turns.html"

    def extras(self, found: DataObject, value: Any) -> Mapping[str, Any]:
        name_key, text_key = (str(found.attrs[name]) for name in ("nameKey", "textKey"))
        turns = turns_of(value, name_key=name_key, text_key=text_key)
        return {} if turns is None else {"turns": turns, "is_dialogue": found.attrs["layout"] == "dialogue"}


class ChatView(ShapeView):
    """The messages that an item brings; those that reviewers add stand below, in the question."""

    template = "widgets/_turns.html"

    def extras(self, found: DataObject, value: Any) -> Mapping[str, Any]:
        turns = turns_of(value, name_key="role", text_key="content")
        return {} if turns is None else {"turns": turns, "is_dialogue": True}


class TableView(ShapeView):
    """An object, a list or lines of CSV as a table."""

    template = "widgets/_grid.html"

    def extras(self, found: DataObject, value: Any) -> Mapping[str, Any]:
        kind, options = value_options(str(found.attrs["valueType"]))
        grid = csv_grid(value, options) if kind == "csv" else grid_of(value)
        return {} if grid is None else {"grid": grid}


class ListView(ShapeView):
    """A list to read. Where a Ranker asks about it, it stands in the question instead."""

    template = "widgets/_entries.html"

    def panel(self, found: DataObject, value: Any, title: str) -> Panel:
        return super().panel(found, value, title or str(found.attrs["title"]))

    def extras(self, found: DataObject, value: Any) -> Mapping[str, Any]:
        entries = entries_of(value)
        return {} if entries is None else {"entries": entries}


class ImageView(ObjectView):
    """One picture, or several where the data hold a list."""

    template = "widgets/_pictures.html"

    def text(self, found: DataObject, value: Any) -> str:
        return ""

    def extras(self, found: DataObject, value: Any) -> Mapping[str, Any]:
        return {"pictures": pictures_of(value, name=found.name, alt=str(found.attrs["alt"]))}


def turns_of(value: Any, *, name_key: str, text_key: str) -> tuple[Turn, ...] | None:
    """A conversation from a list of objects or texts; None where the value is none."""
    rows = _loaded(value)
    if not isinstance(rows, list) or not all(isinstance(row, dict | str) for row in rows):
        return None
    pairs = [_said(row, name_key, text_key) for row in rows[:MAX_ROWS]]
    sides = {who: index for index, who in enumerate(dict.fromkeys(who for who, _text in pairs))}
    return tuple(Turn(who, text, min(sides[who], 4)) for who, text in pairs)


def _said(row: dict[str, Any] | str, name_key: str, text_key: str) -> tuple[str, str]:
    if isinstance(row, str):
        return "", shown_text(row)
    text = row.get(text_key, row if name_key not in row else "")
    return _cell(row.get(name_key)), shown_text(text)


def grid_of(value: Any) -> Grid | None:
    """A table from an object (names and values, sorted by name as Label Studio does) or from a list of objects."""
    given = _loaded(value)
    if isinstance(given, dict):
        pairs = sorted(given.items(), key=lambda pair: str(pair[0]).casefold())
        return Grid(tuple((str(name), _cell(cell)) for name, cell in pairs[:MAX_ROWS]))
    if not isinstance(given, list) or not given:
        return None
    if all(isinstance(row, dict) for row in given):
        head = tuple(dict.fromkeys(str(name) for row in given[:MAX_ROWS] for name in row))
        return Grid(tuple(tuple(_cell(row.get(name)) for name in head) for row in given[:MAX_ROWS]), head)
    return Grid(tuple((str(index), _cell(row)) for index, row in enumerate(given[:MAX_ROWS])))


def csv_grid(value: Any, options: Mapping[str, str]) -> Grid | None:
    """A table from lines of CSV, the first of which names the columns unless it is `headless`."""
    text = value.removeprefix("\ufeff") if isinstance(value, str) else ""
    if not text.strip():
        return None
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=options.get("separator") or sniff_delimiter(text))
    try:
        rows = [row for row in islice(reader, MAX_ROWS + 1) if row]
    except csv.Error:
        return None
    width = max(map(len, rows))
    even = [tuple(map(_cell, (*row, *[""] * (width - len(row))))) for row in rows]
    return (
        Grid(tuple(even[1:]), even[0])
        if "headless" not in options
        else Grid(tuple(even), tuple(str(place + 1) for place in range(width)))
    )


def entries_of(value: Any) -> tuple[Entry, ...] | None:
    """The things of a list; None where the value is none. What has no id gets its place as one; twins are dropped."""
    rows = _loaded(value)
    if not isinstance(rows, list):
        return None
    entries = (_entry(row, index) for index, row in enumerate(rows[:MAX_ROWS]))
    return tuple({entry.id: entry for entry in entries}.values())


def _entry(row: Any, index: int) -> Entry:
    if not isinstance(row, dict):
        return Entry(id=str(index), title="", body=_cell(row), html=None)
    html = row.get("html")
    return Entry(
        id=_cell(row["id"]) if row.get("id") is not None else str(index),
        title=_cell(row.get("title")),
        body=_cell(row.get("body")),
        html=clean_html(html) if isinstance(html, str) and html.strip() else None,
    )


def pictures_of(value: Any, *, name: str, alt: str = "") -> tuple[Picture, ...]:
    """One picture, or several from a list. A picture without a description is called by the object's name."""
    given = value if isinstance(value, list) else [value]
    called = alt or name.replace("_", " ").strip().capitalize()
    return tuple(_picture(each, called, index, len(given)) for index, each in enumerate(given[:MAX_ROWS]))


def _picture(given: Any, called: str, index: int, total: int) -> Picture:
    alt = called if total == 1 else _("%(name)s, %(n)s of %(total)s") % {"name": called, "n": index + 1, "total": total}
    return Picture(src=image_source(given), alt=alt, told=_cell(given)[:300])


def _cell(value: Any) -> str:
    if isinstance(value, str):
        text = value
    elif isinstance(value, bool) or value is None:
        text = "" if value is None else str(value).lower()
    else:
        text = shown_text(value) if isinstance(value, dict | list) else str(value)
    return text if len(text) <= MAX_CELL else f"{text[:MAX_CELL]}…"


def _loaded(value: Any) -> Any:
    """Label Studio takes JSON in a text where it wants a list or an object."""
    if not isinstance(value, str) or value.strip()[:1] not in ("[", "{"):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value
