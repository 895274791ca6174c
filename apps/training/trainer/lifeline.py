"""End with the supervisor: a training that nobody watches must not go on using the machine."""

import ctypes
import os
import signal
import sys
import threading
import time

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def end_with(supervisor: int) -> None:
    """Make this process die when the process `supervisor`, its parent, dies.

    Linux does it itself, at once. Elsewhere a thread looks every second whether the parent is still the same.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    else:
        threading.Thread(target=_watch, args=(supervisor,), daemon=True).start()
    # It may have died before the kernel was asked.
    if os.getppid() != supervisor:
        os._exit(1)


def _watch(supervisor: int) -> None:
    while os.getppid() == supervisor:
        time.sleep(1)
    os._exit(1)
