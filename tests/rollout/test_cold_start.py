"""Before the first champion: random order until 50 items are settled, then a starting probe."""

from datetime import timedelta

import pytest

from apps.intake.models import Prediction
from apps.rollout import services, tasks
from apps.rollout.models import RescoringRun
from apps.training import services as training
from apps.training.selectors import model_folder
from tests import factories
from tests.evaluation.conftest import make_version
from tests.factories import NOW
from tests.rollout.test_real_models import SAYINGS, SUBJECTS

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def sent(settings, tmp_path, monkeypatch):
    settings.ARTIFACT_ROOT = tmp_path / "artifacts"
    settings.EMBEDDING_CACHE_ROOT = tmp_path / "embeddings"
    monkeypatch.setattr(tasks.rescoring_run_execute, "delay", lambda run_id: None)


@pytest.fixture
def queue(project):
    return factories.queue(project, "Cold", acquisition="margin")


def _settle(queue, n, *, start=0):
    """Settled items in turn over the labels, of what people say."""
    pair = [factories.member(queue.project) for _ in range(2)]
    for number in range(start, start + n):
        label = list(SAYINGS)[number % 3]
        saying = SAYINGS[label][(number // 3) % 4]
        factories.settled_item(queue, label, saying.format(SUBJECTS[number // 12 % 7]), reviewers=pair)


def _ask():
    return services.starting_probes_ask(now=NOW)


def _finish(state="succeeded", **fields):
    RescoringRun.objects.filter(state="queued").update(state=state, finished_at=NOW, **fields)


def test_starting_probe_is_asked_for_at_fifty_settled_items_and_once(queue):
    factories.item(queue, "where is my lamp")
    _settle(queue, 49)
    assert _ask() == 0
    _settle(queue, 1, start=49)
    assert _ask() == 1
    assert _ask() == 0
    assert RescoringRun.objects.get().config["model"] == "starting-probe-1.50"


def test_starting_probe_needs_two_labels_and_somebody_to_score(queue):
    _settle(queue, 50)
    assert _ask() == 0
    elsewhere = factories.queue(queue.project, "Told")
    trace = factories.trace(queue.project, "refund please")
    factories.prediction(trace, {"Refund": 0.9, "Exchange": 0.1})
    factories.item(elsewhere, trace=trace)
    assert _ask() == 0


def test_starting_probe_is_not_asked_for_beside_a_champion(queue, project, manager):
    factories.item(queue, "where is my lamp")
    _settle(queue, 50)
    model = factories.model_version(make_version(project, manager, n=12))
    training.model_state_set(model=model, state="champion")
    assert _ask() == 0


def test_starting_probe_is_fitted_anew_when_half_as_many_more_are_settled(queue):
    factories.item(queue, "where is my lamp")
    _settle(queue, 50)
    _ask()
    _finish(probe_sha256="a" * 64)
    _settle(queue, 10, start=50)
    assert _ask() == 1  # nothing has scored the item that waits
    arrivals = RescoringRun.objects.get(state="queued")
    assert (arrivals.probe_sha256, arrivals.config["model"]) == ("a" * 64, "starting-probe-1.50")
    _finish()
    _settle(queue, 15, start=60)
    assert _ask() == 1
    assert RescoringRun.objects.get(state="queued").config["model"] == "starting-probe-1.75"


def test_failed_starting_probe_is_not_repeated_every_minute(queue):
    factories.item(queue, "where is my lamp")
    _settle(queue, 50)
    _ask()
    _finish("failed", error="no space left")
    assert _ask() == 0


def test_starting_probe_orders_what_nobody_has_told_of(queue):
    waiting = [factories.item(queue, text) for text in ("refund for that lamp please", "I want the moon")]
    told = factories.trace(queue.project, "swap two books")
    factories.prediction(told, {"Refund": 0.9, "Exchange": 0.1})
    factories.item(queue, trace=told)
    _settle(queue, 60)
    assert _ask() == 1
    run = RescoringRun.objects.get()
    services.rescoring_run_execute(run_id=run.pk)
    run.refresh_from_db()
    assert (run.state, run.error, run.n_items) == ("succeeded", "", 2)
    assert (model_folder(training.StartingProbe(run.model_ref, run.probe_sha256)) / "head.safetensors").exists()
    clear, odd = waiting
    for item in waiting:
        item.refresh_from_db()
    assert clear.prediction.model_ref == "starting-probe-1.60"
    assert clear.prediction.label == "Refund"
    assert odd.terms[0]["name"] == "uncertainty"
    assert odd.sort_key > clear.sort_key
    assert not Prediction.objects.filter(trace=told, model_ref__startswith="starting").exists()
    # What comes in later is scored by the same fit.
    late = factories.item(queue, "has my winter coat been shipped yet")
    assert services.starting_probes_ask(now=NOW + timedelta(minutes=1)) == 1
    services.rescoring_run_execute(run_id=RescoringRun.objects.get(state="queued").pk)
    late.refresh_from_db()
    assert (late.prediction.model_ref, late.prediction.label) == ("starting-probe-1.60", "Order status")
