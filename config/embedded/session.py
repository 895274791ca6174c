"""Services for one command of `manage.py`, when nothing else provides them."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

from config.embedded.errors import EmbeddedError
from config.embedded.home import Home, checkout_home
from config.embedded.postgres import embedded_postgres
from config.embedded.redis import embedded_redis

# Commands that never look at the database.
_NEED_NOTHING = {
    "aggregate",
    "agreement",
    "check",
    "check_configs",
    "check_results",
    "collectstatic",
    "compilemessages",
    "help",
    "makemessages",
    "replay",
    "spectacular",
    "version",
}


def needs_services(arguments: list[str]) -> bool:
    """Whether this command line of `manage.py` wants the checkout's own database."""
    development = os.environ.get("DJANGO_SETTINGS_MODULE") == "config.settings.dev"
    if "DATABASE_URL" in os.environ or "DATABASE_URL_FILE" in os.environ or not development:
        return False
    command = arguments[1] if len(arguments) > 1 else "help"
    return command not in _NEED_NOTHING and not command.startswith("-") and "--help" not in arguments


@contextlib.contextmanager
def services_for_command(home: Home | None = None) -> Iterator[None]:
    """Make sure that the checkout's Postgres and Redis run during the block.

    They may be running already: under `make demo`, or started by another command. Whoever started them ends them, after
    waiting for the commands that joined meanwhile.
    """
    home = home or checkout_home()
    home.root.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        users = stack.enter_context(_shared(home.root / "users"))
        if _join_or_lock(home, stack):
            stack.enter_context(embedded_postgres(home))
            stack.enter_context(embedded_redis(home))
            # Runs before the services end: no newcomer can join, and those who did have finished.
            stack.callback(fcntl.flock, users, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _shared(path: Path) -> Iterator[int]:
    """Count ourselves among the users of the services: by a shared lock, which no crash can leave behind."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield descriptor
    finally:
        os.close(descriptor)


def _join_or_lock(home: Home, stack: contextlib.ExitStack, *, patience: float = 60) -> bool:
    """True when we hold the lock and must start the services, False when somebody else's are up."""
    deadline = time.monotonic() + patience
    while True:
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(home.database_url, connect_timeout=5).close()
            return False
        try:
            stack.enter_context(home.lock())
            return True
        except EmbeddedError:
            # Somebody holds the lock and is about to be ready, or about to end.
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
