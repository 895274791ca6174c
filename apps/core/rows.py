"""Rows of hand-written SQL as model instances, and changes of several tables in one statement.

For the few places where a reviewer waits: there the ORM's own work costs more than the database's.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from types import TracebackType
from typing import Any, Generic, Self, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, models
from django.db.backends.postgresql.base import CursorMixin
from django.db.models.base import ModelState
from django.db.models.expressions import DatabaseDefault
from psycopg import RawCursor

M = TypeVar("M", bound=models.Model)

_NAME = re.compile(r"%\((\w+)\)s")


class Shape(Generic[M]):
    """The columns of a table under an alias, and how a row of them becomes an instance."""

    def __init__(self, model: type[M], alias: str) -> None:
        fields = model._meta.concrete_fields
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
                row.__dict__[name] = json.loads(row.__dict__[name])
        row._state = ModelState()
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
        return row


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
        fields = [each for each in row._meta.concrete_fields if not isinstance(_value(row, each), DatabaseDefault)]
        names = ", ".join(f'"{each.column}"' for each in fields)
        marks = ", ".join(["%s"] * len(fields))
        sql = f'INSERT INTO "{row._meta.db_table}" ({names}) VALUES ({marks})'  # noqa: S608 (names of our models)
        self.add(sql, [_prepared(row, each) for each in fields])
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS

    def update(self, row: models.Model, names: Sequence[str]) -> None:
        """The named fields of a row that is there."""
        fields = [row._meta.get_field(name) for name in names]
        sets = ", ".join(f'"{each.column}" = %s' for each in fields)  # type: ignore[union-attr]
        sql = f'UPDATE "{row._meta.db_table}" SET {sets} WHERE "{row._meta.pk.column}" = %s'  # noqa: S608
        self.add(sql, [*(_prepared(row, each) for each in fields), row.pk])

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


# Sent as they are by every field but JSON's. A whole number is not among them: its field says how wide it is.
_AS_IS = (str, UUID, float, bool, datetime, type(None))


def _value(row: models.Model, field: Any) -> Any:
    return row.__dict__[field.attname]


def _prepared(row: models.Model, field: Any) -> Any:
    value = _value(row, field)
    if type(value) in _AS_IS and not isinstance(field, models.JSONField):
        return value
    return field.get_db_prep_save(value, connection)


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
    connection.ensure_connection()
    with connection._prepare_cursor(_RawCursor(connection.connection)) as cursor:  # type: ignore[attr-defined]
        cursor.execute(sql, values)
        row: Sequence[Any] | None = cursor.fetchone()
    return row
