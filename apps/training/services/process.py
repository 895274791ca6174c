"""The trainer as a supervised child: a group of its own, ended when its supervisor ends or says so."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings

from apps.training.errors import TrainerFailed
from apps.training.services.live import Live

# Heartbeats must come more often than every 2 seconds.
BEAT_SECONDS = 1.0
POLL_SECONDS = 0.1
# What a process told to end gets before it is killed.
GRACE_SECONDS = 5.0
STDERR_CHARS = 4000
# A process that loads models of others has no business with these.
WITHHELD = (
    "DATABASE_URL",
    "DATABASE_URL_FILE",
    "CELERY_BROKER_URL",
    "CELERY_BROKER_URL_FILE",
    "SECRET_KEY",
    "SECRET_KEY_FILE",
)

OnBeat = Callable[[Live], None]


def trainer_run(*, workdir: Path, job: dict[str, Any], on_beat: OnBeat) -> Path:
    """Run one job to its end and return the folder with its results.

    `on_beat` is called about every second, also while nothing moves. Whatever it raises ends the process and comes out
    here; that is how a cancelled or lost run stops.

    Raises:
        TrainerFailed: the process ended without results; with its own reason where it had one.
    """
    workdir.mkdir(parents=True, exist_ok=True)
    (workdir / "job.json").write_text(json.dumps(job), encoding="utf-8")
    live = Live(workdir / "progress.jsonl")
    process = _start(workdir)
    try:
        _watch(process, live, on_beat)
    finally:
        _stop(process)
    live.poll()
    on_beat(live)
    if process.returncode != 0:
        raise _failure(workdir, process.returncode)
    return workdir / "out"


def _start(workdir: Path) -> subprocess.Popen[bytes]:
    environment = {name: value for name, value in os.environ.items() if name not in WITHHELD}
    environment |= {"TRAINER_SUPERVISOR": str(os.getpid()), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "apps.training.trainer", str(workdir)]
    with (workdir / "stderr.log").open("wb") as log:
        # A session of its own: Ctrl-C in the terminal reaches the supervisor, which then ends it in order.
        return subprocess.Popen(
            command,
            cwd=settings.BASE_DIR,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _watch(process: subprocess.Popen[bytes], live: Live, on_beat: OnBeat) -> None:
    beaten_at = -BEAT_SECONDS
    while process.poll() is None:
        if time.monotonic() - beaten_at >= BEAT_SECONDS:
            beaten_at = time.monotonic()
            live.poll()
            on_beat(live)
        time.sleep(POLL_SECONDS)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the process if it still runs: SIGTERM, then SIGKILL to its whole group."""
    if process.poll() is not None:
        return
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _failure(workdir: Path, status: int) -> TrainerFailed:
    told = workdir / "error.json"
    if told.exists():
        error = json.loads(told.read_text(encoding="utf-8"))
        return TrainerFailed(error["message"], kind=error["kind"])
    words = f"signal {-status}" if status < 0 else f"status {status}"
    tail = (workdir / "stderr.log").read_text(encoding="utf-8", errors="replace")[-STDERR_CHARS:].strip()
    hint = " Perhaps the memory ran out." if status == -signal.SIGKILL else ""
    return TrainerFailed(f"The training process ended with {words}.{hint} {tail}".strip(), kind="process_ended")
