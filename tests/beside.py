"""Something done in another connection while this one holds what it needs."""

import threading
import time

from django.db import connection

__all__ = ["beside"]


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
    for _ in range(1000):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted")
            if cursor.fetchone():
                return thread
        time.sleep(0.01)
    raise AssertionError("nobody waits")
