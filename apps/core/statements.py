"""Statements that are asked again and again: prepared once a connection, and run without the driver's cursor.

The driver's cursor looks at each statement from many sides; where a reviewer waits, that took longer than sending it.
Errors, transactions and Django's watching of statements (`execute_wrapper`, its log) are as with any cursor; a signal
is handled once the statement has ended.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import SimpleNamespace
from typing import Any
from weakref import WeakKeyDictionary

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import Connection, OperationalError, RawCursor, adapters
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, Format, TransactionStatus
from psycopg.pq.abc import PGresult

_NAME = re.compile(r"%\((\w+)\)s")
# Moments by the driver's own loader, which is compiled: it gives the connection's zone, and that is UTC.
_MOMENTS: Any = adapters.get_loader(adapters.types["timestamptz"].oid, Format.TEXT)
_MOST = 64  # statements kept by a connection; each holds its plan, and what it read last


def fetch_one(sql: str, values: Mapping[str, Any]) -> Sequence[Any] | None:
    """The first row of a query whose plan is kept with the connection.

    Its values, named %(so)s, are sent beside its text, so that the text stays the same; their types have to be clear
    from it.
    """
    text, names = _named(sql)
    return _fetch(text, [values[name] for name in names])


def fetch_at(sql: str, values: Sequence[Any]) -> Sequence[Any] | None:
    """As `fetch_one`, for values in the order of their %s."""
    return _fetch(_numbered(sql), values)


@lru_cache(maxsize=256)
def _named(sql: str) -> tuple[str, tuple[str, ...]]:
    """The text with numbers for names, and the names in the order of their numbers."""
    names = tuple(dict.fromkeys(_NAME.findall(sql)))
    return _NAME.sub(lambda found: f"${names.index(found[1]) + 1}", sql), names


@lru_cache(maxsize=256)
def _numbered(sql: str) -> str:
    """%s as $1, $2 and so on."""
    first, *rest = sql.split("%s")
    return first + "".join(f"${number}{part}" for number, part in enumerate(rest, start=1))


def _fetch(sql: str, values: Sequence[Any]) -> Sequence[Any] | None:
    database = connections[DEFAULT_DB_ALIAS]
    database.ensure_connection()
    statement = _kept_by(database).statement(sql)
    database._prepare_cursor(statement).execute(sql, values)  # type: ignore[attr-defined]
    return statement.row


class _Statement:
    """One text on one connection: of a cursor, what Django's wrapper needs to run it."""

    def __init__(self, raw: Connection[Any], sql: str, name: bytes = b"") -> None:
        self._raw, self._sql, self._name = raw, sql.encode(), name  # no name: it is not prepared
        self._query = SimpleNamespace(query=self._sql)  # where Django's log of statements looks for the text
        like = RawCursor(raw)
        like.adapters.register_loader("timestamptz", _MOMENTS)
        self._adapted = Transformer(like)
        self._is_prepared = self._has_loaders = False
        self.row: tuple[Any, ...] | None = None  # the first that came

    def execute(self, sql: str, values: Sequence[Any]) -> None:
        """Run it and read its first row. The text is its own, said again for those who watch.

        Raises:
            psycopg.Error: as the driver's cursor.
        """
        self.row = None
        # As text, without types: the server knows them from the statement, so that a plan serves all values.
        sent = self._adapted.dump_sequence(values, [PyFormat.TEXT] * len(values))
        self._begin()
        result = self._sent(sent)
        # A text's columns stay what they are, so their loaders are looked up once.
        self._adapted.set_pgresult(result, set_loaders=not self._has_loaders)
        self._has_loaders = True
        if result.ntuples:
            self.row = self._adapted.load_row(0, tuple)

    def _begin(self) -> None:
        """Begin the transaction that Django has announced by switching autocommit off."""
        if self._raw.closed:
            raise OperationalError("the connection is closed")
        if not self._raw.autocommit and self._raw.pgconn.transaction_status == TransactionStatus.IDLE:
            self._checked(self._raw.pgconn.exec_(b"BEGIN"))

    def _sent(self, values: Sequence[Any]) -> PGresult:
        server = self._raw.pgconn
        if not self._name:
            return self._checked(server.exec_params(self._sql, values))
        if not self._is_prepared:
            self._checked(server.prepare(self._name, self._sql))
            self._is_prepared = True
        return self._checked(server.exec_prepared(self._name, values))

    def _checked(self, result: PGresult) -> PGresult:
        if result.status in _DONE:
            return result
        if self._raw.closed:
            raise OperationalError(result.get_error_message())
        raise error_from_result(result, encoding=self._raw.info.encoding)


_DONE = frozenset({ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK})


class _Kept:
    """The statements of one connection."""

    def __init__(self, raw: Connection[Any]) -> None:
        self.raw = raw
        self._statements: dict[str, _Statement] = {}

    def statement(self, sql: str) -> _Statement:
        if known := self._statements.get(sql):
            return known
        # A pooler gives each transaction another connection; the address then says that nothing is prepared.
        if len(self._statements) >= _MOST or self.raw.prepare_threshold is None:
            return _Statement(self.raw, sql)
        made = self._statements[sql] = _Statement(self.raw, sql, b"kept_%d" % len(self._statements))
        return made


# By Django's connection, which is a thread's own: with it, or with the next one that it opens, the statements go.
_KEPT: WeakKeyDictionary[BaseDatabaseWrapper, _Kept] = WeakKeyDictionary()


def _kept_by(database: BaseDatabaseWrapper) -> _Kept:
    kept = _KEPT.get(database)
    if kept is None or kept.raw is not database.connection:
        kept = _KEPT[database] = _Kept(database.connection)
    return kept
