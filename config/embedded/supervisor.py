"""Runs a few long-lived programs together: prefixes their output, restarts one that dies, ends all of them.

Why not an existing process manager: those for development stop everything when one program ends and leave everything
running when they are killed themselves; those for servers want a daemon and a configuration.

Programs start programs (a pool, a training subprocess). Every one of them inherits MARKER, so that whoever cleans up
finds them all: this supervisor, the guard when the supervisor was killed, or the next start when the guard was too.
"""

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TextIO

import psutil

from config.embedded import children
from config.embedded.errors import EmbeddedError
from config.embedded.home import CHECKOUT

MARKER = "TOUCHSTONE_RUN"
# A program that ends this often within the window will not be cured by one more start.
MOST_RESTARTS = 5
RESTART_WINDOW_S = 60.0


@dataclass
class _Program:
    name: str
    command: Sequence[str]
    child: subprocess.Popen[bytes] | None = None
    starts: list[float] = field(default_factory=list)
    unfinished_line: bytes = b""


class Supervisor:
    """Use as a context manager: leaving the block ends every program and whatever it started.

    Args:
        run: names this run; a later run of the same checkout finds leftovers by it.
        env: the whole environment of the programs.
        output: where their lines go, each prefixed with the program's name.
    """

    def __init__(self, *, run: str, env: Mapping[str, str], output: TextIO = sys.stdout) -> None:
        self._run = run
        self._env = dict(env)
        self._output = output
        self._programs: dict[str, _Program] = {}
        self._selector = selectors.DefaultSelector()
        self._guard: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Supervisor":
        # The guard's standard input is a pipe that only we hold: it closes when we die, however that happens.
        command = [sys.executable, "-m", "config.embedded.guard", self._run]
        self._guard = subprocess.Popen(command, cwd=CHECKOUT, stdin=subprocess.PIPE, start_new_session=True)
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    def start(self, name: str, command: Sequence[str]) -> None:
        """Start a program and keep it running from now on, as long as `wait` is called."""
        program = self._programs.setdefault(name, _Program(name, command))
        program.starts.append(time.monotonic())
        program.child = children.spawn(
            command,
            env={**self._env, MARKER: f"{self._run}:{name}"},
            cwd=CHECKOUT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert program.child.stdout is not None
        os.set_blocking(program.child.stdout.fileno(), False)
        self._selector.register(program.child.stdout, selectors.EVENT_READ, program)

    def wait(self, seconds: float) -> None:
        """Pass on output and restart what has ended, for about so long.

        Raises:
            EmbeddedError: a program keeps ending.
        """
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            for key, _ in self._selector.select(min(left, 0.2)):
                self._pass_on(key.fileobj.fileno(), key.data)  # type: ignore[union-attr]
            for program in self._programs.values():
                if program.child is not None and program.child.poll() is not None:
                    self._restart(program)

    def stop(self, *, patience: float = 10) -> None:
        """End all programs: asked first, killed after `patience` seconds, with everything that they started."""
        living = [program.child for program in self._programs.values() if program.child is not None]
        for child in living:
            with contextlib.suppress(ProcessLookupError):
                child.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + patience
        for child in living:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(max(0.0, deadline - time.monotonic()))
        kill_marked(self._run)
        for child in living:
            child.wait()
        self._programs.clear()
        if self._guard is not None and self._guard.stdin is not None:
            self._guard.stdin.close()
            self._guard.wait()

    def _restart(self, program: _Program) -> None:
        assert program.child is not None
        code = program.child.returncode
        self._drain(program)
        # Its own children may have survived it; the next one must not meet them.
        kill_marked(f"{self._run}:{program.name}")
        now = time.monotonic()
        program.starts = [at for at in program.starts if now - at < RESTART_WINDOW_S]
        if len(program.starts) > MOST_RESTARTS:
            raise EmbeddedError(
                f"The {program.name} process keeps ending (last with code {code}); its output is above."
            )
        self._say(program.name, f"ended with code {code}; starting it again")
        self.start(program.name, program.command)

    def _drain(self, program: _Program) -> None:
        assert program.child is not None
        assert program.child.stdout is not None
        self._pass_on(program.child.stdout.fileno(), program)
        self._forget(program.child.stdout.fileno())
        program.child.stdout.close()

    def _pass_on(self, descriptor: int, program: _Program) -> None:
        try:
            chunk = os.read(descriptor, 65536)
        except BlockingIOError:
            return
        if not chunk:
            self._forget(descriptor)
            return
        *lines, program.unfinished_line = (program.unfinished_line + chunk).split(b"\n")
        for line in lines:
            self._say(program.name, line.decode(errors="replace"))

    def _forget(self, descriptor: int) -> None:
        with contextlib.suppress(KeyError):
            self._selector.unregister(descriptor)

    def _say(self, name: str, line: str) -> None:
        # The terminal may be gone; that is no reason to leave the programs alone.
        with contextlib.suppress(OSError):
            print(f"{name:>8} | {line}", file=self._output, flush=True)


def marked(prefix: str) -> list[psutil.Process]:
    """The living processes whose MARKER is `prefix` or a run below it, without this one and its ancestors."""
    spared = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    found = []
    for process in psutil.process_iter():
        # Any of them may end between two questions.
        with contextlib.suppress(psutil.Error, OSError):
            run = process.environ().get(MARKER, "")
            ours = run == prefix or run.startswith(f"{prefix}:")
            if ours and process.pid not in spared and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def kill_marked(prefix: str, *, patience: float = 10) -> None:
    """Kill them all, again and again until none is left: one may have been started meanwhile."""
    deadline = time.monotonic() + patience
    while (found := marked(prefix)) and time.monotonic() < deadline:
        for process in found:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(found, timeout=0.5)
