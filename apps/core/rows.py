"""Rows of hand-written SQL as model instances, and changes of several tables in one statement.

For the few places where a reviewer waits: there the ORM's own work costs more than the database's.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from types import TracebackType
from typing import Any, Generic, Self, TypeVar
from uuid import UUID

import uuid6
from django.db import DEFAULT_DB_ALIAS, connection, models
from django.db.models.base import ModelState
from django.db.models.expressions import DatabaseDefault

from apps.core.statements import fetch_at

M = TypeVar("M", bound=models.Model)
T = TypeVar("T")

# `json.loads` without its looks at what may stand around a value; nothing does in what Postgres writes.
_scan_json = json.JSONDecoder().scan_once  # type: ignore[attr-defined]


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
    fixed, made = _defaults(model)
    row.__dict__.update(fixed)
    for name, default in made.items():
        if name not in values:
            row.__dict__[name] = default()
    row.__dict__.update(values)
    assert len(row.__dict__) == len(fixed) + len(made), f"{model.__name__} has not all of {', '.join(values)}"
    row._state = ModelState()
    return row


@cache
def _defaults(model: type[models.Model]) -> tuple[dict[str, Any], dict[str, Callable[[], Any]]]:
    """What a field begins with, by its column's attribute: the same for every row, and made anew for each."""
    fields = model._meta.concrete_fields
    made = {each.attname: each.get_default for each in fields if each.has_default() and callable(each.default)}
    return {each.attname: each.get_default() for each in fields if each.attname not in made}, made


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
        row = fetch_at(f"WITH {ways} {sql}" if ways else sql, [*self._values, *values])
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
    if isinstance(of, models.JSONField):
        # As text, whose type the column tells: an adapter would only wrap it.
        return _Column(*named, empty, (of.encoder or json.JSONEncoder)().encode)
    if isinstance(of, models.CharField | models.TextField):
        return _Column(*named, empty | {str}, str)
    as_is = empty | {UUID, uuid6.UUID, int, float, bool, datetime, str}
    return _Column(*named, as_is, lambda value: of.get_db_prep_save(value, connection))


@lru_cache(maxsize=64)
def _insert_sql(model: type[models.Model], names: tuple[str, ...]) -> str:
    marks = ", ".join(["%s"] * len(names))
    return f'INSERT INTO "{model._meta.db_table}" ({", ".join(names)}) VALUES ({marks})'  # noqa: S608 (our models' names)


@lru_cache(maxsize=64)
def _update_sql(model: type[models.Model], names: tuple[str, ...]) -> str:
    sets, key = ", ".join(f"{name} = %s" for name in names), model._meta.pk.column
    return f'UPDATE "{model._meta.db_table}" SET {sets} WHERE "{key}" = %s'  # noqa: S608 (our models' names)
