"""Rows of hand-written SQL as model instances, and changes of several tables in one statement.

For the few places where a reviewer waits: there the ORM's own work costs more than the database's.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from types import TracebackType
from typing import Any, Generic, Self, TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary

import uuid6
from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql.base import CursorMixin
from django.db.models.base import ModelState
from django.db.models.expressions import DatabaseDefault
from psycopg import RawCursor, adapters
from psycopg.pq import Format

M = TypeVar("M", bound=models.Model)
T = TypeVar("T")

# `json.loads` without its looks at what may stand around a value; nothing does in what Postgres writes.
_scan_json = json.JSONDecoder().scan_once  # type: ignore[attr-defined]
_NAME = re.compile(r"%\((\w+)\)s")


class Shape(Generic[M]):
    """The columns of a table under an alias, and how a row of them becomes an instance.

    Those of `without` stay in the database until they are asked for, as after `QuerySet.defer`.
    """

    def __init__(self, model: type[M], alias: str, *, without: Sequence[str] = ()) -> None:
        fields = [field for field in model._meta.concrete_fields if field.attname not in without]
        self.model = model
        self.columns = ", ".join(f'{alias}."{field.column}"' for field in fields)
        self.width = len(fields)
        self._names = [field.attname for field in fields]
        self._json = [field.attname for field in fields if isinstance(field, models.JSONField)]
        self._key = next(place for place, field in enumerate(fields) if field.primary_key)

    def read(self, values: Sequence[Any]) -> M | None:
        """The instance; None for the empty side of an outer join."""
        if values[self._key] is None:
            return None
        # Made as unpickling makes one: `__init__` would look at each field by itself, a tenth of a reviewer's request.
        row = self.model.__new__(self.model)
        row.__dict__.update(zip(self._names, values, strict=True))
        for name in self._json:
            if isinstance(row.__dict__[name], str):  # Django has psycopg hand JSON over as text
                row.__dict__[name], _end = _scan_json(row.__dict__[name], 0)
        row._state = ModelState()
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
        return row


@dataclass(frozen=True)
class Beside(Generic[T]):
    """What a floor above wants to know of rows that a statement reads, in the same round trip."""

    source: str  # a function of those rows, under an alias, as FROM takes it
    columns: str
    read: Callable[[Sequence[Any]], T]


def split(row: Sequence[Any], *shapes: Shape[Any]) -> list[Any]:
    """One instance (or None) for each shape, from a row that begins with their columns in this order."""
    found, start = [], 0
    for shape in shapes:
        found.append(shape.read(row[start : start + shape.width]))
        start += shape.width
    return found


def joined(row: M, **named: models.Model) -> M:
    """The row with those that its foreign keys name at hand, as `select_related` leaves them."""
    row._state.fields_cache.update(named)
    return row


def new(model: type[M], **values: Any) -> M:
    """A row that is not stored yet, as `model(**values)` makes it; foreign keys by their columns' attributes.

    As `Shape.read`, without the looks of `__init__` at each field by itself; nor does it send Django's signals of it.
    """
    row = model.__new__(model)
    row.__dict__.update({name: values.pop(name) if name in values else default() for name, default in _defaults(model)})
    assert not values, f"{model.__name__} has no {', '.join(values)}"
    row._state = ModelState()
    return row


@cache
def _defaults(model: type[models.Model]) -> tuple[tuple[str, Callable[[], Any]], ...]:
    return tuple((each.attname, each.get_default) for each in model._meta.concrete_fields)


class Writes:
    """Changes that go to the database as one statement, when the block ends without an error.

    None of them sees another's: a row may be changed once, and what is read was read before. `then` is asked last
    and may be a function that writes.
    """

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._values: list[Any] = []
        self._then: tuple[str, list[Any], Callable[[Any], None]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            self.send()

    def insert(self, row: models.Model) -> None:
        """A new row, with the columns that the database does not fill in itself."""
        values = row.__dict__
        columns = [each for each in _columns(type(row)) if not isinstance(values[each.name], DatabaseDefault)]
        sql = _insert_sql(type(row), tuple([each.quoted for each in columns]))
        self.add(sql, _sent(columns, values))
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS

    def update(self, row: models.Model, names: Sequence[str] = ()) -> None:
        """The fields of a row that is there: those named by their columns' attributes, else all but the key."""
        values, key = row.__dict__, row._meta.pk.attname
        columns = [each for each in _columns(type(row)) if (each.name in names if names else each.name != key)]
        assert not names or len(columns) == len(names), f"{type(row).__name__} has not all of {', '.join(names)}"
        sql = _update_sql(type(row), tuple([each.quoted for each in columns]))
        self.add(sql, [*_sent(columns, values), row.pk])

    def add(self, sql: str, values: Sequence[Any]) -> None:
        """Any statement that changes rows."""
        self._parts.append(sql)
        self._values += values

    def then(self, sql: str, values: Sequence[Any], taken: Callable[[Any], None]) -> None:
        """A SELECT of one row, which `taken` receives. At most one."""
        assert self._then is None
        self._then = (sql, list(values), taken)

    def send(self) -> None:
        """Run what was gathered."""
        if not self._parts and self._then is None:
            return
        sql, values, taken = self._then or ("SELECT 1", [], None)
        ways = ", ".join(f"w{number} AS ({part})" for number, part in enumerate(self._parts))
        row = _fetch_kept(_numbered(f"WITH {ways} {sql}" if ways else sql), [*self._values, *values])
        self._parts, self._values, self._then = [], [], None
        if taken is not None:
            taken(row)


@dataclass(frozen=True, slots=True)
class _Column:
    """How an attribute of a row goes to its column."""

    name: str  # of the attribute
    quoted: str
    as_is: frozenset[type]  # values of these types go as they are
    sent: Callable[[Any], Any]  # what goes for any other


def _sent(columns: Sequence[_Column], values: Mapping[str, Any]) -> list[Any]:
    return [value if type(value := values[each.name]) in each.as_is else each.sent(value) for each in columns]


@cache
def _columns(model: type[models.Model]) -> tuple[_Column, ...]:
    return tuple(_column(each) for each in model._meta.concrete_fields)


def _column(of: "models.Field[Any, Any]") -> _Column:
    """Sends what `get_db_prep_save` would, without its many steps for what needs none."""
    named, empty = (of.attname, f'"{of.column}"'), frozenset({type(None)})
    # A whole number goes with its column's width, so that its type does not change with its value.
    wide = connection.ops.integerfield_type_map.get(of.get_internal_type())  # type: ignore[attr-defined]
    if wide is not None:
        return _Column(*named, empty, wide)
    if isinstance(of, models.JSONField):
        # As text, whose type the column tells: an adapter would only wrap it.
        return _Column(*named, empty, (of.encoder or json.JSONEncoder)().encode)
    if isinstance(of, models.CharField | models.TextField):
        return _Column(*named, empty | {str}, str)
    as_is = empty | {UUID, uuid6.UUID, float, bool, datetime, str}
    return _Column(*named, as_is, lambda value: of.get_db_prep_save(value, connection))


@lru_cache(maxsize=64)
def _insert_sql(model: type[models.Model], names: tuple[str, ...]) -> str:
    marks = ", ".join(["%s"] * len(names))
    return f'INSERT INTO "{model._meta.db_table}" ({", ".join(names)}) VALUES ({marks})'  # noqa: S608 (our models' names)


@lru_cache(maxsize=64)
def _update_sql(model: type[models.Model], names: tuple[str, ...]) -> str:
    sets, key = ", ".join(f"{name} = %s" for name in names), model._meta.pk.column
    return f'UPDATE "{model._meta.db_table}" SET {sets} WHERE "{key}" = %s'  # noqa: S608 (our models' names)


class _RawCursor(CursorMixin, RawCursor[Any]):
    """Takes the text as the server does ($1, $2), so that nothing is parsed on the way."""


@lru_cache(maxsize=256)
def _numbered(sql: str) -> str:
    """%s as $1, $2 and so on."""
    first, *rest = sql.split("%s")
    return first + "".join(f"${number}{part}" for number, part in enumerate(rest, start=1))


def fetch_one(sql: str, values: Mapping[str, Any]) -> Sequence[Any] | None:
    """The first row of a query that is asked again and again: its plan is kept with the connection.

    Its values, named %(so)s, are sent beside its text, so that the text stays the same; their types have to be clear
    from it.
    """
    text, names = _named(sql)
    return _fetch_kept(text, [values[name] for name in names])


@lru_cache(maxsize=256)
def _named(sql: str) -> tuple[str, tuple[str, ...]]:
    """The text with numbers for names, and the names in the order of their numbers."""
    names = tuple(dict.fromkeys(_NAME.findall(sql)))
    return _NAME.sub(lambda found: f"${names.index(found[1]) + 1}", sql), names


def _fetch_kept(sql: str, values: Sequence[Any]) -> Sequence[Any] | None:
    database = connections[DEFAULT_DB_ALIAS]
    database.ensure_connection()
    kept = _kept_by(database)
    same, own = kept.cursor(sql)
    cursor = database._prepare_cursor(own)  # type: ignore[attr-defined]
    cursor.execute(same, values)
    row: Sequence[Any] | None = cursor.fetchone()
    return row


# Moments by the driver's own loader, which is compiled: it gives the connection's zone, and that is UTC.
_MOMENTS: Any = adapters.get_loader(adapters.types["timestamptz"].oid, Format.TEXT)
_MOST_CURSORS = 64  # each holds what it sent and read last


class _Kept:
    """The cursors of one connection, one for each statement, with the text that it knows the statement by.

    A cursor that runs the very text it ran before knows how values go and come; a new one looks each type up.
    """

    def __init__(self, raw: Any) -> None:
        self.raw = raw
        self._cursors: dict[str, tuple[str, _RawCursor]] = {}

    def cursor(self, sql: str) -> tuple[str, _RawCursor]:
        if known := self._cursors.get(sql):
            return known
        cursor = _RawCursor(self.raw)
        cursor.adapters.register_loader("timestamptz", _MOMENTS)
        if len(self._cursors) >= _MOST_CURSORS:
            del self._cursors[next(iter(self._cursors))]
        self._cursors[sql] = (sql, cursor)
        return sql, cursor


# By Django's connection, which is a thread's own: with it, or with the next one that it opens, the cursors go.
_KEPT: WeakKeyDictionary[BaseDatabaseWrapper, _Kept] = WeakKeyDictionary()


def _kept_by(database: BaseDatabaseWrapper) -> _Kept:
    kept = _KEPT.get(database)
    if kept is None or kept.raw is not database.connection:
        kept = _KEPT[database] = _Kept(database.connection)
    return kept
