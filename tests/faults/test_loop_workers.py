"""The loop command with its jobs in a real Celery worker over a real Redis."""

import contextlib
import json
import os
import subprocess
import sys

import pytest

from apps.rollout.models import RescoringRun
from apps.training.models import TrainingRun
from tests.console.loop_files import arguments, write_files
from tests.faults.test_claims import database_url

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def environment(tmp_path, redis_url):
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "DATABASE_URL": database_url(),
        "CELERY_BROKER_URL": redis_url,
        "ARTIFACT_ROOT": str(tmp_path / "artifacts"),
    }


@pytest.fixture
def worker(environment):
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "-Q", "default,training", "-c", "1"]
    process = subprocess.Popen(command, env=environment)
    yield process
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(20)
    process.kill()
    process.wait()


def test_loop_sends_its_jobs_to_workers(tmp_path, environment, worker):
    train, test = write_files(tmp_path, n_train=110, n_test=80)
    target = tmp_path / "out.json"
    command = [sys.executable, "manage.py", *arguments(train, test, target), "--rounds", "1", "--workers"]
    done = subprocess.run(
        [*command, "--labels-per-round", "50"], env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (row,) = json.loads(target.read_text())["rounds"]
    assert (row["gate"], row["promoted"]) == ("pass", True)
    assert TrainingRun.objects.get().attempt == 1
    assert RescoringRun.objects.get().state == "succeeded"
