"""The supervisor's shadow: waits until the supervisor is gone, then ends what it left running.

`python -m config.embedded.guard RUN`, with the supervisor holding the other end of its standard input.
"""

import signal
import sys

from config.embedded.supervisor import kill_marked


def main() -> None:
    """Block until the pipe closes. A supervisor that ended in good order has left nothing to kill."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    sys.stdin.buffer.read()
    kill_marked(sys.argv[1])


if __name__ == "__main__":
    main()
