"""The evaluation and gate pages."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.core.jobs import job_claim
from apps.evaluation import services
from apps.evaluation.models import EvaluationRun
from apps.rollout import services as rollout
from tests import factories
from tests.evaluation.conftest import WORDS
from tests.factories import NOW

pytestmark = pytest.mark.django_db

REASON = "The refund policy changes on Monday, and this model alone knows of it."


@pytest.fixture
def url(project):
    return lambda name, *args: reverse(f"console:{name}", args=[project.slug, *args])


@pytest.fixture
def as_manager(client, manager):
    client.force_login(manager)
    return client


@pytest.fixture
def queued(candidate, version, manager):
    return services.evaluation_run_create(
        candidate=candidate, golden_version=version, by=manager, now=timezone.now(), send=False
    )


@pytest.fixture
def done(queued, predictor):
    services.evaluation_run_execute(run_id=queued.pk)
    queued.refresh_from_db()
    return queued


@pytest.fixture
def failed(champion, candidate, version, manager, predictor):
    """A worse model than the champion."""
    predictor.words = {"model-1": {}, "model-2": WORDS}
    run = services.evaluation_run_create(
        candidate=candidate, golden_version=version, by=manager, now=timezone.now(), send=False
    )
    services.evaluation_run_execute(run_id=run.pk)
    run.refresh_from_db()
    return run


@pytest.mark.parametrize(
    "name", ["evaluation", "evaluation_run", "evaluation_run_live", "evaluation_gate", "evaluation_predictions"]
)
def test_read_pages_are_for_those_who_may_view(client, url, done, viewer, reviewer, stranger, name):
    args = [] if name == "evaluation" else [done.pk]
    assert client.get(url(name, *args)).status_code == 302
    for person, status in [(stranger, 404), (reviewer, 403), (viewer, 200)]:
        client.force_login(person)
        assert client.get(url(name, *args)).status_code == status
    assert client.post(url(name, *args)).status_code == 405


@pytest.mark.parametrize("name", ["evaluation_start", "evaluation_cancel"])
def test_acts_are_for_managers(client, url, queued, manager, viewer, stranger, name):
    args = [] if name == "evaluation_start" else [queued.pk]
    assert client.post(url(name, *args)).status_code == 302
    for person, status in [(stranger, 404), (viewer, 403)]:
        client.force_login(person)
        assert client.post(url(name, *args)).status_code == status
    client.force_login(manager)
    assert client.get(url(name, *args)).status_code == 405


def test_run_of_another_project_is_not_found(client, done):
    other = factories.project("Other")
    client.force_login(factories.member(other, "manager"))
    assert client.get(reverse("console:evaluation_run", args=[other.slug, done.pk])).status_code == 404


def test_evaluation_says_what_is_missing(client, project, manager):
    client.force_login(manager)
    page = client.get(reverse("console:evaluation", args=[project.slug])).content.decode()
    assert "Freeze one first" in page


def test_evaluation_start_sends_a_run(as_manager, url, candidate, version):
    answer = as_manager.post(
        url("evaluation_start"), {"candidate": candidate.pk, "golden_version": version.pk, "seed": 3}
    )
    run = EvaluationRun.objects.get()
    assert answer["Location"] == url("evaluation_run", run.pk)
    assert (run.seed, run.candidate, run.state) == (3, candidate, "queued")


@pytest.mark.parametrize("fields", [{}, {"seed": "-1"}, {"candidate": "nonsense", "seed": "0"}])
def test_evaluation_start_refuses(as_manager, url, candidate, version, fields):
    given = {"candidate": candidate.pk, "golden_version": version.pk} | fields
    assert as_manager.post(url("evaluation_start"), given if fields else {}).status_code == 422
    assert not EvaluationRun.objects.exists()


def test_evaluation_run_shows_progress_and_refreshes_at_the_end(as_manager, url, queued, predictor):
    page = as_manager.get(url("evaluation_run", queued.pk)).content.decode()
    assert 'hx-trigger="every 2s"' in page
    live = as_manager.get(url("evaluation_run_live", queued.pk), headers={"HX-Request": "true"})
    assert "HX-Refresh" not in live
    services.evaluation_run_execute(run_id=queued.pk)
    live = as_manager.get(url("evaluation_run_live", queued.pk), headers={"HX-Request": "true"})
    assert live["HX-Refresh"] == "true"
    assert 'hx-trigger="every 2s"' not in live.content.decode()


def test_evaluation_run_shows_measures_with_intervals(as_manager, url, done):
    page = as_manager.get(url("evaluation_run", done.pk)).content.decode()
    n = done.metrics["set"]["items"]
    assert "100.0" in page
    assert f"n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{n}" in page
    for words in ["Macro-F1", "Calibration error (ECE)", "p50 latency", "Confusion matrix.", "Order status"]:
        assert words in page


def test_evaluation_run_says_why_it_failed(as_manager, url, queued):
    run = job_claim(EvaluationRun, job_id=queued.pk, now=timezone.now())
    EvaluationRun.objects.filter(pk=run.pk).update(state="failed", error="The files of the model are damaged.")
    page = as_manager.get(url("evaluation_run", queued.pk)).content.decode()
    assert "The files of the model are damaged." in page
    assert as_manager.get(url("evaluation_gate", queued.pk)).status_code == 404
    assert as_manager.get(url("evaluation_predictions", queued.pk)).status_code == 404


def test_evaluation_run_marks_simulated_labels(as_manager, url, done):
    EvaluationRun.objects.filter(pk=done.pk).update(
        metrics=done.metrics | {"set": done.metrics["set"] | {"simulated": 7}}
    )
    for name in ("evaluation_run", "evaluation_gate"):
        assert "7 simulated labels" in as_manager.get(url(name, done.pk)).content.decode()


def test_evaluation_cancel_ends_a_waiting_run(as_manager, url, queued):
    assert as_manager.post(url("evaluation_cancel", queued.pk)).status_code == 302
    queued.refresh_from_db()
    assert queued.state == "cancelled"
    again = as_manager.post(url("evaluation_cancel", queued.pk), follow=True)
    assert "has ended already" in again.content.decode()


def test_evaluation_predictions_are_a_file(as_manager, url, done):
    answer = as_manager.get(url("evaluation_predictions", done.pk))
    assert len(answer.content.splitlines()) == done.metrics["set"]["items"]


def test_gate_lets_a_passed_candidate_be_promoted(client, url, done, manager, viewer):
    client.force_login(manager)
    page = client.get(url("evaluation_gate", done.pk)).content.decode()
    assert "May be promoted" in page
    assert url("rollout_promote", done.gate_decision.pk) in page
    assert "Override the gate" not in page
    client.force_login(viewer)
    assert (
        url("rollout_promote", done.gate_decision.pk)
        not in client.get(url("evaluation_gate", done.pk)).content.decode()
    )


def test_gate_says_in_words_why_not_and_offers_an_override(as_manager, url, failed):
    page = as_manager.get(url("evaluation_gate", failed.pk)).content.decode()
    assert "Do not promote" in page
    assert "Promote needs every rule that applies to pass." in page
    assert "Override the gate" in page
    assert "language = es" in page


def test_gate_shows_a_waiting_override_to_both(client, url, failed, manager, second_manager):
    override = rollout.override_request(gate_decision=failed.gate_decision, reason=REASON, by=manager, now=NOW)
    confirm = url("override_confirm", override.pk)
    client.force_login(manager)
    own = client.get(url("evaluation_gate", failed.pk)).content.decode()
    assert REASON in own
    assert confirm not in own
    client.force_login(second_manager)
    assert confirm in client.get(url("evaluation_gate", failed.pk)).content.decode()


def test_gate_says_when_the_champion_changed(as_manager, url, done, version):
    factories.deployment(factories.model_version(version))
    page = as_manager.get(url("evaluation_gate", done.pk)).content.decode()
    assert "The champion has changed since." in page
    assert url("rollout_promote", done.gate_decision.pk) not in page


def test_pages_ask_the_same_number_of_questions_however_many_runs_there_are(as_manager, url, done, candidate, version):
    def questions():
        counts = []
        for name, args in [("evaluation", []), ("evaluation_run", [done.pk]), ("evaluation_gate", [done.pk])]:
            with CaptureQueriesContext(connection) as asked:
                as_manager.get(url(name, *args))
            counts.append(len(asked))
        return counts

    before = questions()
    for _ in range(5):
        factories.evaluation_run(candidate, version)
    assert questions() == before
    assert max(before) <= 15
