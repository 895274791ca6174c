"""Something done in another connection while this one holds what it needs."""

import threading
import time

from django.db import connection

__all__ = ["beside", "is_waited_for"]


def is_waited_for() -> bool:
    """Whether somebody waits for a lock of this connection; other tests on the same server have their own."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))")
        return cursor.fetchone() is not None


def beside(work, failures):
    """Start `work` in another connection and return its thread once it waits for a lock of ours."""

    def run():
        try:
            work()
        except Exception as exc:  # told by the main thread
            failures.append(exc)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    for _ in range(6000):
        if is_waited_for():
            return thread
        time.sleep(0.01)
    raise AssertionError("nobody waits")
