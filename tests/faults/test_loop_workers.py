"""The loop command with its jobs in a real Celery worker over a real Redis."""

import json
import subprocess
import sys

import pytest

from apps.rollout.models import RescoringRun
from apps.training.models import TrainingRun
from tests.console.loop_files import arguments, write_files
from tests.workers import celery_worker, environment

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]


def test_loop_sends_its_jobs_to_workers(tmp_path, redis_url):
    train, test = write_files(tmp_path, n_train=110, n_test=80)
    target = tmp_path / "out.json"
    command = [sys.executable, "manage.py", *arguments(train, test, target), "--rounds", "1", "--workers"]
    command += ["--labels-per-round", "50"]
    env = environment(redis_url=redis_url, artifacts=tmp_path / "artifacts")
    with celery_worker(env):
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    (row,) = json.loads(target.read_text())["rounds"]
    assert (row["gate"], row["promoted"]) == ("pass", True)
    assert TrainingRun.objects.get().attempt == 1
    assert RescoringRun.objects.get().state == "succeeded"
