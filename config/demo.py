"""`make demo`: everything on one machine, from nothing to a login page, until Ctrl-C.

Keeps its data in the checkout's home (config.embedded.home) and never deletes any; `make reset` does.
"""

import argparse
import contextlib
import errno
import http.client
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from config.embedded import EmbeddedError, Home, checkout_home, embedded_postgres, embedded_redis
from config.embedded.children import die_with_parent, spawn
from config.embedded.home import CHECKOUT
from config.embedded.supervisor import Supervisor, kill_marked
from config.processes import PROCESSES

_HOST = "127.0.0.1"
_FIRST_ANSWER_S = 90


def main() -> None:
    """Run the demo or reset it. Whatever goes wrong on purpose is told in one sentence."""
    options = _options()
    for name in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(name) != signal.SIG_IGN:  # as under nohup
            signal.signal(name, signal.default_int_handler)
    if options.with_parent:
        die_with_parent(signal.SIGTERM)
    home = Home(options.home.resolve()) if options.home else checkout_home()
    try:
        reset(home) if options.reset else run(home, port=options.port, sample=not options.no_sample)
    except EmbeddedError as exc:
        sys.exit(f"Touchstone: {exc}")
    except KeyboardInterrupt:
        print("\nTouchstone has stopped; your data are kept.")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--home", type=Path, help="another folder for the data than the checkout's own")
    parser.add_argument("--no-sample", action="store_true", help="start without the sample project")
    parser.add_argument("--reset", action="store_true", help="delete the data instead of running")
    parser.add_argument("--with-parent", action="store_true", help="stop when the program that started this one ends")
    return parser.parse_args()


def run(home: Home, *, port: int, sample: bool = True) -> None:
    """Start everything and stay until interrupted.

    Raises:
        EmbeddedError: it cannot run; its text says why.
    """
    with home.lock():
        # We hold the lock, so any program that still carries this home's mark has lost its supervisor.
        kill_marked(str(home.root))
        _check_port(port)
        print("Touchstone: starting Postgres and Redis …", flush=True)
        with embedded_postgres(home) as database_url, embedded_redis(home) as broker_url:
            env = _environment(home, database_url=database_url, broker_url=broker_url)
            print("Touchstone: preparing the database …", flush=True)
            logins = _prepare(env, sample=sample)
            with Supervisor(run=f"{home.root}:{os.getpid()}", env=env) as supervisor, _calm_end():
                _start(supervisor, home, port=port)
                print(f"\n{logins}\nTouchstone is at http://{_HOST}:{port}/ (Ctrl-C stops it).\n", flush=True)
                while True:
                    supervisor.wait(3600)


@contextlib.contextmanager
def _calm_end() -> Iterator[None]:
    """A second Ctrl-C must not interrupt the orderly stop that the first one began."""
    try:
        yield
    finally:
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, signal.SIG_IGN)


def reset(home: Home) -> None:
    """Delete this home's data, and nothing else.

    Raises:
        EmbeddedError: Touchstone is running on them.
    """
    if home.root.exists():
        with home.lock():
            kill_marked(str(home.root))
            home.remove()
    if home == checkout_home():
        # Started by root the services live elsewhere; model files lie in the checkout in any case.
        shutil.rmtree(CHECKOUT / ".data", ignore_errors=True)
    print(f"Touchstone: the data in {home.root} are gone.")


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError as exc:
            reason = "is busy" if exc.errno == errno.EADDRINUSE else "cannot be used"
            raise EmbeddedError(
                f"Port {port} {reason}; choose another one, as in `make demo PORT={port + 1}`."
            ) from exc


def _environment(home: Home, *, database_url: str, broker_url: str) -> dict[str, str]:
    files = CHECKOUT / ".data" if home == checkout_home() else home.root
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.dev",
        "DATABASE_URL": database_url,
        "CELERY_BROKER_URL": broker_url,
        "SECRET_KEY": _secret_key(home.root / "secret-key"),
        "ARTIFACT_ROOT": os.environ.get("ARTIFACT_ROOT", str(files / "artifacts")),
        "EMBEDDING_CACHE_ROOT": os.environ.get("EMBEDDING_CACHE_ROOT", str(files / "embeddings")),
        # A worker asked to stop hands its task back at once instead of finishing it first.
        "REMAP_SIGTERM": "SIGQUIT",
        "PYTHONUNBUFFERED": "1",
        # Celery's warning to whoever runs it as root; here it is the person's own choice and machine.
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
    }


def _secret_key(path: Path) -> str:
    """Kept, so that sessions survive a restart."""
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as handle:
            handle.write(secrets.token_urlsafe(50))
    return path.read_text()


def _prepare(env: dict[str, str], *, sample: bool) -> str:
    """Migrate and load the sample project; gives what the sample says about its logins."""
    command = [sys.executable, "-m", "config.prepare", *(["sample"] if sample else [])]
    child = spawn(command, env=env, cwd=CHECKOUT, stdout=subprocess.PIPE)
    try:
        output = child.communicate()[0].decode().strip()
    finally:
        child.kill()
    if child.returncode != 0:
        raise EmbeddedError("the database could not be prepared; the lines above say why.")
    return output


def _start(supervisor: Supervisor, home: Home, *, port: int) -> None:
    """Start the pages first and the workers once they answer: a person waits for the pages."""
    values = {
        "host": _HOST,
        "port": str(port),
        "workers": "2",
        "threads": "4",
        "concurrency": "2",
        "schedule": str(home.root / "beat-schedule"),
    }
    web, *others = PROCESSES
    supervisor.start(web.name, web.command(values))
    _await_pages(supervisor, port)
    for process in others:
        supervisor.start(process.name, process.command(values))


def _await_pages(supervisor: Supervisor, port: int) -> None:
    for _ in range(_FIRST_ANSWER_S * 5):
        supervisor.wait(0.2)
        if _answers(port):
            return
    raise EmbeddedError(f"The pages did not answer within {_FIRST_ANSWER_S} seconds; the output above may say why.")


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(_HOST, port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    main()
