"""Child processes that cannot outlive their parent.

On Linux the kernel signals the child when the thread that started it dies (PR_SET_PDEATHSIG), so `spawn` must be
called from a thread that lives as long as the parent. Elsewhere a small watchdog waits for the parent's end of a pipe
to close.
"""

import contextlib
import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

_PR_SET_PDEATHSIG = 1
_WATCHDOG = "import os, sys; sys.stdin.read(); os.kill(int(sys.argv[1]), int(sys.argv[2]))"
# The pipes whose closing tells the watchdogs; kept here because a closed pipe is a death notice.
_watchdogs: list[subprocess.Popen[bytes]] = []


def spawn(
    command: Sequence[str | Path],
    *,
    user: pwd.struct_passwd | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdout: IO[bytes] | int | None = None,
    stderr: IO[bytes] | int | None = None,
    death_signal: signal.Signals = signal.SIGKILL,
) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own; it gets `death_signal` when this process dies, however it dies.

    A session of its own keeps the terminal's Ctrl-C away from the child: the parent decides who stops first.
    """
    child = subprocess.Popen(
        [str(word) for word in command],
        env=env,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        start_new_session=True,
        preexec_fn=_die_with_parent(death_signal) if sys.platform == "linux" else None,
        user=None if user is None else user.pw_uid,
        group=None if user is None else user.pw_gid,
        extra_groups=None if user is None else [],
    )
    if sys.platform != "linux":
        watch(child.pid, death_signal)
    return child


def _die_with_parent(death_signal: signal.Signals) -> Callable[[], None]:
    """What the child does between fork and exec, after it has become the other user (which clears the setting)."""
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def prepare() -> None:
        prctl(_PR_SET_PDEATHSIG, int(death_signal))
        # The parent may have died before the line above: then no signal will ever come.
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def die_with_parent(death_signal: signal.Signals) -> None:
    """The same for the process that is running now; without effect where the kernel cannot do it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(death_signal))


def watch(pid: int, death_signal: signal.Signals) -> None:
    """Signal `pid` when this process dies: for systems whose kernel does not do that."""
    command = [sys.executable, "-S", "-c", _WATCHDOG, str(pid), str(int(death_signal))]
    _watchdogs.append(
        subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
    )


def stop(child: subprocess.Popen[bytes], *, signal_first: signal.Signals, patience: float) -> None:
    """Signal the child, wait `patience` seconds, then kill it."""
    if child.poll() is not None:
        return
    child.send_signal(signal_first)
    try:
        child.wait(patience)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def is_alive(pid: int) -> bool:
    """Whether a process of this number exists and is not a zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    with contextlib.suppress(OSError):
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    return True
