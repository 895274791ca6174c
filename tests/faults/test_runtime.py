"""The demo starts, survives kills, stops without a trace and explains itself in one sentence."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil
import pytest

from config.embedded.home import CHECKOUT
from config.embedded.supervisor import marked
from tests.ports import free_port

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1200)]  # two starts, each with a database of its own

READY_S = 400
NAMES = ["web", "worker", "training", "beat"]


class Demo:
    """`make demo` on a port and in a folder of its own."""

    def __init__(self, folder, *, port=None, parent=(), arguments=("--no-sample",)):
        self.folder = folder
        self.port = port or free_port()
        command = [*parent, sys.executable, "-m", "config.demo", "--port", self.port, "--home", folder, *arguments]
        self.lines = []
        self.process = subprocess.Popen(
            [str(word) for word in command],
            cwd=CHECKOUT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            # Ctrl-C has to reach it even where the tests run in the background, which ignores it for all they start.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        # Read all along: a full pipe would stop the demo.
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        with self.process.stdout as lines:
            self.lines.extend(lines)

    @property
    def output(self):
        return "".join(self.lines)

    def ready(self):
        wait_until(lambda: "Touchstone is at" in self.output or self.process.poll() is not None, seconds=READY_S)
        assert self.process.poll() is None, self.output
        return self

    def programs(self):
        """Each program by name, as the process that the supervisor started."""
        marks = dict(zip(NAMES, ["granian", "worker@", "training@", " beat "], strict=True))
        found = {}
        for process in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.Error):  # it may have been killed meanwhile
                words = " ".join(process.cmdline())
                found |= {name: process for name, mark in marks.items() if mark in words}
        return found

    def everything(self):
        """The launcher's whole family, the services included."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def wait(self):
        self.process.wait(60)
        self._reader.join(60)
        return self.process.returncode

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.wait()


@pytest.fixture
def folder():
    """Short and open to the services' unprivileged user, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="touchstone-", dir="/tmp", ignore_cleanup_errors=True) as path:
        Path(path).chmod(0o755)
        yield Path(path) / "home"


@pytest.fixture
def demo(folder):
    started = Demo(folder).ready()
    yield started
    started.end()


def wait_until(condition, *, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def answers(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def living(processes):
    """Those that still run. A dead one whose new parent has not noticed yet (a zombie) does not."""
    found = []
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()))
    return found


def wait_until_gone(processes, *, seconds=60):
    deadline = time.monotonic() + seconds
    while left := living(processes):
        assert time.monotonic() < deadline, left
        time.sleep(0.1)


def test_demo_runs_four_programs_and_ctrl_c_leaves_none(demo):
    assert sorted(demo.programs()) == sorted(NAMES)
    family = demo.everything()
    assert len(family) > 6  # the four, both services, the guard, the pools

    os.kill(demo.process.pid, signal.SIGINT)

    assert demo.wait() == 0
    assert "your data are kept" in demo.output
    assert living(family) == []
    assert marked(str(demo.folder)) == []


def test_demo_killed_leaves_no_process_and_starts_again(demo):
    family = demo.everything()
    demo.process.kill()
    demo.wait()

    wait_until_gone(family)
    again = Demo(demo.folder, port=demo.port).ready()
    try:
        assert answers(demo.port)
    finally:
        again.end()


def test_demo_clears_what_a_run_left_whose_guard_was_killed_too(demo):
    """The worst case: launcher and guard killed at once. The kernel ends the programs, the next start the rest."""
    guard = next(one for one in demo.everything() if "config.embedded.guard" in " ".join(one.cmdline()))
    family = demo.everything()
    demo.process.kill()
    guard.kill()
    demo.wait()

    again = Demo(demo.folder, port=demo.port).ready()
    try:
        assert living(family) == []
    finally:
        again.end()


def test_demo_ends_when_the_make_that_started_it_is_killed(folder):
    program = "import subprocess, sys; subprocess.run(sys.argv[1:])"
    demo = Demo(folder, parent=(sys.executable, "-c", program), arguments=("--no-sample", "--with-parent")).ready()
    family = demo.everything()
    demo.process.kill()

    wait_until_gone(family)
    demo.wait()


@pytest.mark.parametrize("name", ["web", "training"])
def test_demo_restarts_a_killed_program(demo, name):
    first = demo.programs()[name]
    pool = first.children(recursive=True)
    first.kill()

    wait_until(lambda: demo.programs().get(name, first).pid != first.pid)
    wait_until(lambda: answers(demo.port))
    assert f"{name:>8} | ended with code -9; starting it again" in demo.output
    assert living(pool) == []


def test_demo_says_that_the_port_is_busy(folder):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        demo = Demo(folder, port=port)

        assert demo.wait() == 1
    assert demo.output == f"Touchstone: Port {port} is busy; choose another one, as in `make demo PORT={port + 1}`.\n"


def test_demo_says_that_it_runs_already(demo):
    second = Demo(demo.folder)

    assert second.wait() == 1
    assert second.output == (
        f"Touchstone: Touchstone is already running from this checkout (process {demo.process.pid}); "
        "stop that one first.\n"
    )
    assert answers(demo.port)


def test_two_demos_run_side_by_side_and_reset_deletes_only_its_own(demo, folder):
    other = Demo(folder.parent / "other").ready()
    other.end()
    reset = [sys.executable, "-m", "config.demo", "--home", other.folder, "--reset"]
    done = subprocess.run(reset, cwd=CHECKOUT, capture_output=True, text=True, check=True)

    assert done.stdout == f"Touchstone: the data in {other.folder} are gone.\n"
    assert not other.folder.exists()
    assert answers(demo.port)


def test_reset_refuses_while_the_demo_runs(demo):
    reset = [sys.executable, "-m", "config.demo", "--home", demo.folder, "--reset"]
    done = subprocess.run(reset, cwd=CHECKOUT, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "already running" in done.stderr
    assert answers(demo.port)
