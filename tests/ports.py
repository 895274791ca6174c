"""Ports for the programs that tests start."""

import contextlib
import itertools
import os
import socket

__all__ = ["free_port"]

# Below those that the system gives to whoever asks for any: another's connection could take one of them before the
# program that it was looked up for. Each worker of pytest-xdist has its own thousand and goes through it in turn.
_FIRST, _WORKERS, _EACH = 20_000, 12, 1_000
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _WORKERS
_turn = itertools.count(os.getpid())  # another run on this machine begins elsewhere


def free_port() -> int:
    """A port on which nobody listens, and which nobody else is given meanwhile."""
    for turn in itertools.islice(_turn, _EACH):
        port = _FIRST + _EACH * _worker + turn % _EACH
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")
