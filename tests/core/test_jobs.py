"""A job row is the truth: one worker wins, a dead one is noticed, a lost message is sent again."""

from datetime import timedelta

import pytest

from apps.core.jobs import (
    MAX_ATTEMPTS,
    RESEND_AFTER,
    JobLost,
    job_beat,
    job_cancel,
    job_claim,
    job_finish,
    jobs_reap,
)
from apps.golden.services import golden_freeze, golden_gather, golden_set_create
from apps.rollout.models import RescoringRun
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db

STALE = timedelta(seconds=20)


@pytest.fixture
def job(project, manager):
    queue = factories.queue(project)
    factories.settled_item(queue, "Refund")
    golden_set = golden_set_create(project=project, name="Gold", by=manager, now=NOW, test_share=0.0)
    golden_gather(golden_set=golden_set, items=queue.items.all(), by=manager, now=NOW)
    model = factories.model_version(golden_freeze(golden_set=golden_set, by=manager, now=NOW))
    return RescoringRun.objects.create(project=project, model_version=model, created_at=NOW)


def claim(job, *, at=NOW):
    return job_claim(RescoringRun, job_id=job.pk, now=at)


def test_job_claim_lets_one_worker_win(job):
    assert claim(job).attempt == 1
    assert claim(job) is None


def test_job_beat_tells_of_a_cancel(job):
    running = claim(job)
    assert not job_beat(running, now=NOW, progress=0.5)
    job_cancel(job, now=NOW)
    assert job_beat(running, now=NOW, progress=0.6)


def test_job_cancel_ends_a_queued_job_at_once(job):
    job_cancel(job, now=NOW)
    assert (job.state, job.finished_at) == ("cancelled", NOW)
    assert claim(job) is None


def test_jobs_reap_gives_the_work_of_a_dead_worker_away_and_fences_him(job):
    dead = claim(job)
    later = NOW + STALE + timedelta(seconds=1)
    assert jobs_reap(RescoringRun, now=later, stale_after=STALE) == [job]
    alive = claim(job, at=later)
    assert alive.attempt == 2
    with pytest.raises(JobLost):
        job_beat(dead, now=later, progress=0.9)
    with pytest.raises(JobLost):
        job_finish(dead, state="succeeded", now=later)
    job_finish(alive, state="succeeded", now=later)
    assert alive.progress == 1


def test_jobs_reap_fails_what_was_lost_too_often(job):
    at = NOW
    for _ in range(MAX_ATTEMPTS):
        assert claim(job, at=at) is not None
        at += STALE + timedelta(seconds=1)
        again = jobs_reap(RescoringRun, now=at, stale_after=STALE)
    job.refresh_from_db()
    assert again == []
    assert job.state == "failed"
    assert "stopped without a word" in job.error


def test_jobs_reap_leaves_a_beating_job_alone(job):
    running = claim(job)
    later = NOW + STALE
    job_beat(running, now=later, progress=0.1)
    assert jobs_reap(RescoringRun, now=later + timedelta(seconds=1), stale_after=STALE) == []


def test_jobs_reap_sends_a_lost_message_again_but_not_all_the_time(job):
    later = NOW + STALE + timedelta(seconds=1)
    assert jobs_reap(RescoringRun, now=later, stale_after=STALE) == [job]
    assert jobs_reap(RescoringRun, now=later + STALE, stale_after=STALE) == []
    assert jobs_reap(RescoringRun, now=later + RESEND_AFTER + STALE, stale_after=STALE) == [job]


def test_jobs_reap_cancels_what_was_to_be_cancelled(job):
    claim(job)
    job_cancel(job, now=NOW)
    assert jobs_reap(RescoringRun, now=NOW + STALE * 2, stale_after=STALE) == []
    job.refresh_from_db()
    assert job.state == "cancelled"
