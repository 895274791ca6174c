"""Eight processes claim and answer at once; two are killed midway. Nothing is reviewed twice, nothing is lost."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest

from apps.labeling.models import Annotation
from apps.queues import services
from apps.queues.models import Item, Review
from tests import factories
from tests.workers import database_url

pytestmark = [
    pytest.mark.faults,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(900),
    pytest.mark.xdist_group("one-after-the-other"),  # its crowd would use up the minute of test_training_kill
]

PROCESSES, KILLED, OVERLAP = 8, 2, 3
LIMIT_S = 600


def start(queue, reviewer, seed):
    command = [sys.executable, "-m", "tests.faults.claim_worker", str(queue.pk), str(reviewer.pk), "--seed", str(seed)]
    return subprocess.Popen(command, env=os.environ | {"DATABASE_URL": database_url()})


def wait_until(condition, *, limit_s=LIMIT_S):
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, "took too long"
        time.sleep(0.2)


@pytest.mark.parametrize(("n_items", "seed"), [(5000, 1), (500, 2), (500, 3)])
def test_claims_survive_two_killed_reviewers(n_items, seed):
    project = factories.project()
    queue = factories.queue(
        project, overlap_min=OVERLAP, overlap_max=OVERLAP, lease_seconds=5, consensus_method="majority"
    )
    traces = [factories.trace(project, f"Message {seed}-{n}") for n in range(20)]
    for trace in traces:
        factories.item(queue, trace=trace)
    template = Item.objects.filter(queue=queue).first()
    copies = [_copy(template, n) for n in range(n_items - len(traces))]
    Item.objects.bulk_create(copies, batch_size=1000)
    people = [factories.member(project) for _ in range(PROCESSES)]
    running = [start(queue, person, seed * 100 + n) for n, person in enumerate(people)]
    try:
        wait_until(lambda: Review.objects.filter(state="submitted").count() > n_items // 2)
        for process in running[:KILLED]:
            process.send_signal(signal.SIGKILL)
        wait_until(lambda: all(process.poll() is not None for process in running))
    finally:
        for process in running:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            process.wait()
    assert [process.returncode for process in running] == [-signal.SIGKILL] * KILLED + [0] * (PROCESSES - KILLED)

    answers = Counter(Annotation.objects.filter(status="current").values_list("item", flat=True))
    assert set(answers.values()) == {OVERLAP}  # none over-reviewed, none short
    assert len(answers) == n_items  # none stranded
    pairs = Counter(Annotation.objects.values_list("item", "reviewer"))
    assert max(pairs.values()) == 1  # none twice by one person
    assert not Review.objects.filter(state="leased").exists()
    assert not Item.objects.exclude(state__in=["settled", "adjudication"]).exists()
    assert not Item.objects.exclude(open_slots=0).exists()
    assert services.leases_expire(now=queue.epoch) == 0


def _copy(template, n):
    fields = {field.attname: getattr(template, field.attname) for field in Item._meta.concrete_fields}
    for name in ("id", "bumped_seq"):
        fields.pop(name)
    return Item(**fields | {"source_key": f"copy-{n}", "sort_key": float(n % 97), "trace_id": None})
