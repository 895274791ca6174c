"""The processes of Touchstone: the one list behind `make demo` and, by a test, docker-compose.yml."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# What the demo and the containers set differently; everything else of a command line is the same in both.
WEB = (
    "granian",
    "--interface",
    "wsgi",
    "--no-ws",
    "--log-level",
    "warning",
    "--workers",
    "{workers}",
    "--blocking-threads",
    "{threads}",
)
CELERY = ("celery", "--app", "config", "--quiet")


@dataclass(frozen=True)
class Process:
    """One long-running program. Words in braces are filled in by whoever starts it."""

    name: str
    words: tuple[str, ...]

    def command(self, values: Mapping[str, str]) -> list[str]:
        """The command line, to be run inside the environment of the Python that is running now."""
        words = [word.format_map(values) for word in self.words]
        return [str(Path(sys.executable).parent / words[0]), *words[1:]]


PROCESSES = (
    Process("web", (*WEB, "--host", "{host}", "--port", "{port}", "config.wsgi:application")),
    Process(
        "worker",
        (*CELERY, "worker", "--queues", "default", "--concurrency", "{concurrency}", "--hostname", "worker@%h"),
    ),
    # One at a time: a training run takes every core it is given.
    Process("training", (*CELERY, "worker", "--queues", "training", "--concurrency", "1", "--hostname", "training@%h")),
    Process("beat", (*CELERY, "beat", "--schedule", "{schedule}")),
)
