"""Ranker: the things of a List in an order of their own, or sorted into buckets."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from apps.labeling.widgets.base import Context, Place, Region, ValueWidget, refuse
from apps.labeling.widgets.keys import LONG, compact_key
from apps.labeling.widgets.panels import Entry, entries_of
from apps.labeling.widgets.trees import path_of, path_value
from apps.projects.labelling import Control

# The column of what is in no bucket, where none of them is the default; Label Studio's own name for it.
UNSORTED = "_"


@dataclass(frozen=True, slots=True)
class Choice:
    """One bucket to put a thing into."""

    value: str
    title: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing of the list, in its column."""

    id: str
    value: str
    words: str
    title: str
    body: str
    html: SafeString | None
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """A bucket, or the one list of a plain order."""

    name: str
    title: str
    things: tuple[Thing, ...] = ()


class RankerWidget(ValueWidget):
    """`{"ranker": {"rank": ["mdn", "blog"]}}`; with buckets, `{"ranker": {"best": ["mdn"], "ads": []}}`.

    A bare list, as Label Studio wrote plain orders at first, is read as the one column's.
    """

    value_field = "ranker"
    template = "widgets/ranker.html"

    def read(self, control: Control, posted: Sequence[str]) -> dict[str, list[str]] | None:
        """Each field names a column and a thing; a bare number after it is the place that a scriptless page sends."""
        if not posted:
            return None
        placed: list[tuple[int, int, str, str]] = []
        for index, text in enumerate(posted):
            if text.isdecimal() and len(text) < 7 and placed:
                placed[-1] = (int(text), *placed[-1][1:])
            else:
                column, *thing = path_of(text)
                placed.append((0, index, column, thing[0] if thing else ""))
        found: dict[str, list[str]] = {column.name: [] for column in columns_of(control)}
        for _place, _index, name, thing_id in sorted(placed):
            found.setdefault(name, []).append(thing_id)
        return found

    def parse(self, control: Control, posted: Sequence[str], place: Place, context: Context) -> list[Region]:
        """What no field names stands where the form shows it: in the first column, or in the default bucket."""
        regions = super().parse(control, posted, place, context)
        for region in regions:
            columns = region["value"][self.value_field]
            columns.setdefault(_home(control), []).extend(_left(_entries(control, context) or (), columns))
        return regions

    def check(self, control: Control, regions: Sequence[Region], context: Context) -> None:
        super().check(control, regions, context)
        entries = _entries(control, context) if context.data is not None else None
        known = None if entries is None else {entry.id for entry in entries}
        for region in regions:
            given = _things(columns_in(control, region["value"]["ranker"]))
            unknown = next((thing for thing in given if known is not None and thing not in known), None)
            if unknown is not None:
                raise refuse(
                    control,
                    "unknown_item",
                    _('"%(unknown)s" is not in the list of "%(control)s".')
                    % {"unknown": unknown[:80], "control": control.name},
                )

    def check_value(self, control: Control, value: Any) -> None:
        value = columns_in(control, value)
        if not isinstance(value, dict) or not all(_is_ids(things) for things in value.values()):
            raise refuse(
                control,
                "type",
                _('"%(control)s" must hold lists of ids by the name of their column.') % {"control": control.name},
            )
        names = {column.name for column in columns_of(control)} | ({UNSORTED} if _buckets(control) else set())
        if unknown := next((name for name in value if name not in names), ""):
            raise refuse(
                control,
                "unknown_bucket",
                _('"%(control)s" has no bucket "%(unknown)s".') % {"control": control.name, "unknown": unknown[:80]},
            )
        given = _things(value)
        if len(set(given)) != len(given):
            raise refuse(control, "duplicate", _('"%(control)s" holds a thing twice.') % {"control": control.name})

    def fields(self, control: Control, value: Any) -> tuple[str, ...]:
        columns = columns_in(control, value)
        return tuple(path_value((name, thing)) for name, things in columns.items() for thing in things)

    def key_of(self, control: Control, value: Any) -> str:
        """The order, or what is in each bucket; a long one by its digest."""
        return compact_key(json.dumps(columns_in(control, value), ensure_ascii=False, sort_keys=True))

    def words_of(self, control: Control, value: Any) -> str:
        value = columns_in(control, value)
        if not _buckets(control):
            return " > ".join(value.get(control.name, []))
        titles = {column.name: column.title for column in columns_of(control)}
        shown = ((titles.get(name, name), things) for name, things in value.items() if things and name != UNSORTED)
        return " · ".join(f"{title}: {', '.join(things)}" for title, things in shown) or _("nothing sorted")

    def key_words(self, control: Control, key: str) -> str:
        return _("a long list") if key.startswith(LONG) else self.words_of(control, json.loads(key))

    def as_sdk(self, control: Control, region: Region) -> Region:
        value = region["value"]
        return {**region, "value": {**value, "ranker": columns_in(control, value.get("ranker"))}}

    def extras(self, control: Control, posted: tuple[str, ...], context: Context) -> Mapping[str, Any]:
        entries = _entries(control, context) or ()
        found = context.config.object(control.to_name[0])
        title = str(found.attrs["title"]) if found else ""
        return {"columns": _filled(control, entries, self.read(control, posted) or {}, title)}


def columns_in(control: Control, value: Any) -> Any:
    """A value's lists by the name of their column."""
    return {control.name: value} if isinstance(value, list) and not _buckets(control) else value


def columns_of(control: Control) -> list[Column]:
    """The columns: one for a plain order; else the buckets, before them the unsorted unless one is the default."""
    buckets = _buckets(control)
    if not buckets:
        return [Column(control.name, "")]
    named = [Column(node.get("name"), node.get("title") or node.get("name")) for node in buckets]
    return named if _default(control) else [Column(UNSORTED, ""), *named]


def _buckets(control: Control) -> list[Any]:
    return [node for node in control.node.children if node.tag == "Bucket"] if control.node else []


def _default(control: Control) -> str:
    return next((node.get("name") for node in _buckets(control) if node.get("default").lower() == "true"), "")


def _home(control: Control) -> str:
    """The column of what is in no other."""
    return _default(control) or columns_of(control)[0].name


def _entries(control: Control, context: Context) -> tuple[Entry, ...] | None:
    return entries_of(context.value_of(control.to_name[0]))


def _things(columns: Mapping[str, Sequence[str]]) -> list[str]:
    return [thing for things in columns.values() for thing in things]


def _left(entries: Sequence[Entry], columns: Mapping[str, Sequence[str]]) -> list[str]:
    """What stands in no column."""
    placed = set(_things(columns))
    return [entry.id for entry in entries if entry.id not in placed]


def _is_ids(things: Any) -> bool:
    return isinstance(things, list) and all(isinstance(thing, str) for thing in things)


def _filled(
    control: Control, entries: Sequence[Entry], given: Mapping[str, list[str]], title: str
) -> tuple[Column, ...]:
    """Each column with its things: as answered, and what no column holds in the first one, or in the default."""
    columns = [column if column.title else Column(column.name, title or _("To sort")) for column in columns_of(control)]
    by_id = {entry.id: entry for entry in entries}
    rest = _left(entries, given)
    home = _home(control)
    filled = []
    for column in columns:
        ids = [*given.get(column.name, ()), *(rest if column.name == home else ())]
        things = tuple(_thing(by_id[each], column, columns) for each in ids if each in by_id)
        filled.append(Column(column.name, column.title, things))
    return tuple(filled)


def _thing(entry: Entry, column: Column, columns: Sequence[Column]) -> Thing:
    several = columns if len(columns) > 1 else ()
    choices = (Choice(path_value((each.name, entry.id)), each.title, each.name == column.name) for each in several)
    return Thing(
        id=entry.id,
        value=path_value((column.name, entry.id)),
        words=entry.words,
        title=entry.title,
        body=entry.body,
        html=entry.html,
        choices=tuple(choices),
    )
