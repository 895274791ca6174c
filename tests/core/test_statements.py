"""Statements that a connection keeps behave as any other statement does."""

import gc
import threading
import weakref
from contextlib import contextmanager, nullcontext

import pytest
from django.db import DEFAULT_DB_ALIAS, DataError, OperationalError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from apps.core.statements import _MOST, _kept_by, fetch_at, fetch_one
from tests.factories.clock import NOW

pytestmark = pytest.mark.django_db

ASKED = "SELECT 10 / %(by)s::int, %(at)s::timestamptz"


def test_a_statement_is_asked_again_after_it_has_failed():
    values = {"by": 5, "at": NOW}
    assert fetch_one(ASKED, values) == (2, NOW)
    with pytest.raises(DataError), transaction.atomic():
        fetch_one(ASKED, {**values, "by": 0})
    assert fetch_one(ASKED, {**values, "by": 2}) == (5, NOW)


@pytest.mark.django_db(transaction=True)
def test_a_statement_is_asked_again_over_a_new_connection():
    values = {"by": 5, "at": NOW}
    assert fetch_one(ASKED, values) == (2, NOW)
    connection.close()
    assert fetch_one(ASKED, values) == (2, NOW)


@pytest.mark.django_db(transaction=True)
def test_no_more_statements_are_kept_than_a_connection_can_bear():
    connection.close()
    for number in range(_MOST + 9):
        assert fetch_one(f"SELECT {number} + %(n)s::int", {"n": 1}) == (number + 1,)
    assert names_kept() == {f"kept_{number}" for number in range(_MOST)}
    kept = _kept_by(connections[DEFAULT_DB_ALIAS])
    assert kept.statement("SELECT 5 + $1::int") is kept.statement("SELECT 5 + $1::int")


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_was_left_goes_with_its_statements():
    values = {"by": 5, "at": NOW}
    assert fetch_one(ASKED, values) == (2, NOW)
    left = weakref.ref(connection.connection)
    connection.close()
    assert fetch_one(ASKED, values) == (2, NOW)
    assert left() is None


@pytest.mark.django_db(transaction=True)
def test_a_thread_that_ends_takes_its_statements_along():
    left = []

    def ask():
        fetch_one(ASKED, {"by": 5, "at": NOW})
        left.append(weakref.ref(_kept_by(connections[DEFAULT_DB_ALIAS])))
        connection.close()

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    gc.collect()
    assert left[0]() is None


def names_kept():
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_prepared_statements")
        return {name for (name,) in cursor.fetchall()}


@pytest.mark.django_db(transaction=True)
def test_it_takes_part_in_the_transaction():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE of_this_test (n int)")
    try:
        with transaction.atomic():
            fetch_at("WITH w AS (INSERT INTO of_this_test VALUES (%s)) SELECT 1", [1])
            transaction.set_rollback(True)
        assert fetch_one("SELECT count(*) FROM of_this_test", {}) == (0,)
        with transaction.atomic():
            fetch_at("WITH w AS (INSERT INTO of_this_test VALUES (%s)) SELECT 1", [1])
        assert fetch_one("SELECT count(*) FROM of_this_test", {}) == (1,)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE of_this_test")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("prepared", [True, False])
def test_a_connection_that_broke_is_an_operational_error(prepared):
    asked = {"by": 5, "at": NOW}
    with nullcontext() if prepared else without_preparing():
        fetch_one(ASKED, asked)
        pid = connection.connection.info.backend_pid
        ender = connections.create_connection(DEFAULT_DB_ALIAS)
        with ender.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        ender.close()
        with pytest.raises(OperationalError):
            fetch_one(ASKED, asked)
        with pytest.raises(OperationalError):
            fetch_one(ASKED, asked)
        connection.close()
        assert fetch_one(ASKED, asked) == (2, NOW)


@contextmanager
def without_preparing():
    """As with `?prepare_threshold=` in the database's address, for a pooler."""
    connection.close()
    options = connection.settings_dict["OPTIONS"]
    before = options["prepare_threshold"]
    options["prepare_threshold"] = None
    try:
        yield
    finally:
        options["prepare_threshold"] = before
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_nothing_is_prepared_behind_a_pooler():
    with without_preparing():
        assert fetch_one(ASKED, {"by": 5, "at": NOW}) == (2, NOW)
        assert not names_kept()


def test_a_text_serves_values_and_nothing_alike():
    asked = "SELECT %(n)s::int, %(t)s::text, %(x)s::float8, %(l)s::text[], %(b)s::bool"
    assert fetch_one(asked, dict.fromkeys("ntxlb")) == (None,) * 5
    full = {"n": 2**31 - 1, "t": "{“a”}\\", "x": 0.1, "l": ["a,b", "", None], "b": False}
    assert fetch_one(asked, full) == tuple(full.values())


def test_no_row_is_none():
    assert fetch_one("SELECT 1 WHERE %(x)s::bool", {"x": True}) == (1,)
    assert fetch_one("SELECT 1 WHERE %(x)s::bool", {"x": False}) is None


def test_those_who_watch_statements_see_it():
    seen = []

    def watch(execute, sql, params, many, context):
        seen.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        fetch_one("SELECT %(n)s::int", {"n": 3})
    assert seen == [("SELECT $1::int", [3])]


def test_it_stands_in_the_log_of_statements():
    with CaptureQueriesContext(connection) as log:
        fetch_one("SELECT %(n)s::int", {"n": 3})
    assert [each["sql"] for each in log.captured_queries] == ["SELECT $1::int"]


def test_a_text_that_cannot_be_stored_is_a_data_error():
    with pytest.raises(DataError, match="NUL"):
        fetch_one("SELECT %(t)s::text", {"t": "a\0b"})
    assert fetch_one("SELECT %(t)s::text", {"t": "ab"}) == ("ab",)
