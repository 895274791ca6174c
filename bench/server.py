"""The web process on production's settings before a throw-away database."""

import contextlib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.database import database


@contextlib.contextmanager
def served_database() -> Iterator[None]:
    """A database for `server`, and the static files collected as production collects them."""
    from django.core.management import call_command

    with tempfile.TemporaryDirectory() as folder, database("bench.settings", BENCH_STATIC_ROOT=folder):
        call_command("collectstatic", verbosity=0, interactive=False)
        yield


@contextlib.contextmanager
def server() -> Iterator[int]:
    """The web process as `make demo` and the containers start it."""
    from config.processes import PROCESSES

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    values = {"host": "127.0.0.1", "port": str(port), "workers": "2", "threads": "4"}
    web = next(process for process in PROCESSES if process.name == "web")
    process = subprocess.Popen(web.command(values), cwd=Path(__file__).parent.parent)
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.1)
    sys.exit("The server did not come up.")
