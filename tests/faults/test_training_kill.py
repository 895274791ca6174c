"""SIGKILL of the training worker midway: the run is made again by itself, or ends failed with its reason."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from apps.training import services
from apps.training.models import ModelVersion, TrainingRun
from apps.training.trainer.artifact import verify_hashes
from tests import factories
from tests.faults.test_claims import database_url, wait_until
from tests.training.conftest import freeze_banking
from tests.training.trainer_process import LABELS, banking_rows

pytestmark = [
    pytest.mark.faults,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(900),  # each limit below may be needed on a busy machine, and all of them after each other
    pytest.mark.xdist_group("one-after-the-other"),
]

# What a run gets from the kill to its new start or its end; the promise is a minute.
RESCUE_S = 60
CELERY = [sys.executable, "-m", "celery", "--app", "config", "--quiet"]


@pytest.fixture
def environment(redis_url, tmp_path):
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "DATABASE_URL": database_url(),
        "CELERY_BROKER_URL": redis_url,
        "ARTIFACT_ROOT": str(tmp_path / "artifacts"),
        "EMBEDDING_CACHE_ROOT": str(tmp_path / "embeddings"),
        "TRAINER_THREADS": "1",
        "HF_HUB_OFFLINE": "1",
    }


@pytest.fixture
def start(environment, tmp_path):
    """`start("worker", "--queues", "training")` runs a part of Celery in a group of its own."""
    running = []

    def start_one(*words):
        with (tmp_path / "celery.log").open("ab") as log:
            process = subprocess.Popen([*CELERY, *words], env=environment, stderr=log, stdout=log, process_group=0)
        running.append(process)
        return process

    yield start_one
    for process in running:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def helpers(start, tmp_path):
    """What keeps running in the house: the default worker and beat, which reap."""
    start("worker", "--queues", "default", "--pool", "solo", "--hostname", "worker@%h")
    start("beat", "--schedule", str(tmp_path / "beat"))


@pytest.fixture
def training_worker(start):
    return lambda: start("worker", "--queues", "training", "--concurrency", "1", "--hostname", "training@%h")


@pytest.fixture
def queued(settings, tmp_path):
    """A run long enough to be killed: hundreds of epochs unless told otherwise."""
    settings.ARTIFACT_ROOT = tmp_path / "artifacts"
    project = factories.project("Banking", labels=LABELS)
    manager = factories.member(project, "manager")
    version = freeze_banking(project, manager, banking_rows(per_label=10))

    def make(**config):
        return services.training_run_create(
            project=project,
            golden_version=version,
            config={"tuner": "lora", "time_budget_s": None, "early_stopping_patience": 500} | config,
            seed=1,
            by=manager,
            # Older than the reaper's patience, so that it sends the run at its first look.
            now=timezone.now() - timedelta(minutes=1),
            send=False,
        )

    return make


def trainers(workdir: Path):
    """Process ids of trainers that work below a folder."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and f"trainer\0{workdir}" in (entry / "cmdline").read_text():
                found.append(int(entry.name))
    return found


def state_of(run):
    run.refresh_from_db()
    return run.state


def in_the_middle(run):
    """Adapting the model: the longest part."""
    run.refresh_from_db()
    return run.state == "running" and bool(run.metrics.get("loss_curve"))


def children_of(process):
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True, check=False
    )
    return [int(word) for word in listed.stdout.split()]


def kill_whole(process):
    """The machine's power button: the worker and its pool, no farewell."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_a_killed_training_worker_loses_nothing(queued, training_worker, helpers, tmp_path):
    run = queued(lora={"epochs": 8, "batch_size": 1, "max_tokens": 48})
    worker = training_worker()
    # Beat sends what waits: the message of this run was never sent.
    wait_until(lambda: in_the_middle(run), limit_s=240)
    work = tmp_path / "artifacts" / "work"
    assert trainers(work)
    kill_whole(worker)
    killed_at = time.monotonic()
    wait_until(lambda: not trainers(work), limit_s=30)
    assert not ModelVersion.objects.exists()
    training_worker()
    wait_until(lambda: state_of(run) == "running" and run.attempt == 2, limit_s=RESCUE_S)
    assert time.monotonic() - killed_at < RESCUE_S
    wait_until(lambda: run.is_terminal or state_of(run) == "succeeded", limit_s=240)
    assert (state_of(run), run.attempt) == ("succeeded", 2), run.error
    model = ModelVersion.objects.get(training_run=run)
    folders = list((tmp_path / "artifacts" / "models").iterdir())
    assert [folder.name for folder in folders] == [model.artifact_sha256]
    assert verify_hashes(folders[0]) == model.artifact_sha256
    wait_until(lambda: not list(work.iterdir()), limit_s=30)


def test_a_run_whose_worker_dies_twice_ends_with_its_reason(queued, training_worker, helpers, tmp_path):
    run = queued(lora={"epochs": 500, "max_tokens": 48})
    for attempt in (1, 2):
        worker = training_worker()
        wait_until(lambda expected=attempt: in_the_middle(run) and run.attempt == expected, limit_s=240)
        kill_whole(worker)
    wait_until(lambda: state_of(run) == "failed", limit_s=RESCUE_S)
    assert "worker stopped" in run.error
    assert not ModelVersion.objects.exists()
    assert not (tmp_path / "artifacts" / "models").exists()
    assert TrainingRun.objects.filter(state="running").count() == 0


def test_a_killed_pool_process_takes_the_trainer_along_and_the_run_comes_back(
    queued, training_worker, helpers, tmp_path
):
    """Only the process that supervises dies, as when memory runs out; its worker lives and does the run again."""
    run = queued(lora={"epochs": 500, "max_tokens": 48})
    worker = training_worker()
    wait_until(lambda: in_the_middle(run), limit_s=240)
    work = tmp_path / "artifacts" / "work"
    (first,) = trainers(work)
    for child in children_of(worker):
        os.kill(child, signal.SIGKILL)
    wait_until(lambda: first not in trainers(work), limit_s=30)
    wait_until(lambda: state_of(run) == "running" and run.attempt == 2, limit_s=RESCUE_S)
    services.training_run_cancel(run=run, by=run.created_by, now=timezone.now())
    wait_until(lambda: state_of(run) == "cancelled", limit_s=30)
    wait_until(lambda: not trainers(work), limit_s=10)
    assert not ModelVersion.objects.exists()
