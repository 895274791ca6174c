"""Real Celery workers on this test's database, for tests that need jobs done as in production."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

from django.db import connection
from kombu import pools

from config.celery import app


def database_url() -> str:
    """This test's database, for a process of its own."""
    at = connection.settings_dict
    query = {name.lower(): at[name] for name in ("HOST", "PORT", "USER") if at[name]}
    return f"postgres:///{at['NAME']}?{urlencode(query)}"


def environment(*, redis_url: str, artifacts: Path) -> dict[str, str]:
    """What a process beside the tests needs to see the same database, broker and files."""
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "DATABASE_URL": database_url(),
        "CELERY_BROKER_URL": redis_url,
        "ARTIFACT_ROOT": str(artifacts),
    }


@contextlib.contextmanager
def celery_worker(env: dict[str, str], *, beat: bool = False) -> Iterator[subprocess.Popen[bytes]]:
    """One worker for both queues, with beat inside where asked for; ended at the end of the block."""
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "-Q", "default,training", "-c", "1"]
    if beat:
        command += ["-B", "-s", str(Path(env["ARTIFACT_ROOT"]).parent / "beat")]
    process = subprocess.Popen(command, env=env)
    try:
        yield process
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()
        process.wait()


@contextlib.contextmanager
def sending_to(redis_url: str) -> Iterator[None]:
    """What this process sends goes to that broker."""
    before = app.conf.broker_url
    _reconnect(redis_url)
    try:
        yield
    finally:
        _reconnect(before)


def _reconnect(url: str) -> None:
    pools.reset()
    app.conf.update(broker_url=url, broker_write_url=url, broker_read_url=url)
    app.amqp._producer_pool = None
    app._pool = None
