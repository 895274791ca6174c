"""Small helpers around PostgreSQL."""

import hashlib

from django.db import IntegrityError, connection


def violates(exc: IntegrityError, constraint: str) -> bool:
    """Whether the error comes from the named constraint or unique index."""
    diag = getattr(exc.__cause__, "diag", None)
    return getattr(diag, "constraint_name", None) == constraint


def _lock_number(key: str) -> int:
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big", signed=True)


def advisory_lock_try(key: str) -> bool:
    """Take the transaction-level advisory lock of `key` if it is free now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_lock_number(key)])
        row = cursor.fetchone()
    return bool(row and row[0])
