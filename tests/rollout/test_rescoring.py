"""A new champion predicts what waits, and the queues' order follows."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.core.jobs import job_claim
from apps.intake.models import Prediction
from apps.queues.models import Item, ReviewerCursor
from apps.queues.services import item_terms_refresh
from apps.rollout import services
from apps.rollout.models import RescoringRun
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(project):
    """A queue of items that the logged model was sure of, in order of arrival."""
    queue = factories.queue(project, "Waiting", acquisition="least_confidence")
    items = []
    for number, word in enumerate(["money", "swap", "parcel", "something else"]):
        trace = factories.trace(project, f"{word} {number}")
        logged = factories.prediction(trace, {"Refund": 0.99, "Exchange": 0.005, "Order status": 0.005})
        items.append(factories.item(queue, trace=trace, prediction=logged, sort_key=0.0))
    return items


@pytest.fixture
def run(project, second, decide, manager, sent):
    services.model_promote(gate_decision=decide(second), by=manager, now=NOW)
    return RescoringRun.objects.get()


def _execute(run):
    services.rescoring_run_execute(run_id=run.pk)
    run.refresh_from_db()
    return run


def test_rescoring_predicts_waiting_items_and_moves_them(run, waiting, predictor):
    assert _execute(run).state == "succeeded"
    assert (run.n_items, run.n_moved) == (4, 4)
    item = waiting[1]
    item.refresh_from_db()
    assert item.prediction.model_ref == "model-2"
    assert item.prediction.label == "Exchange"
    assert item.prediction.probabilities == pytest.approx({"Refund": 0.1, "Exchange": 0.8, "Order status": 0.1})
    assert item.sort_key > 0
    assert "Exchange 0.80" in item.terms[0]["words"]


def test_rescoring_overwrites_nothing(run, waiting, predictor):
    before = list(Prediction.objects.order_by("pk").values("pk", "label", "probabilities"))
    _execute(run)
    logged = Prediction.objects.filter(model_ref="assistant-1").order_by("pk")
    assert list(logged.values("pk", "label", "probabilities")) == before
    assert waiting[0].trace.predictions.count() == 2


def test_rescoring_leaves_settled_and_foreign_items_alone(run, waiting, predictor):
    elsewhere = factories.item(factories.queue(factories.project("Other")), "money elsewhere")
    _execute(run)
    asked = predictor.calls[0][1]
    assert sorted(asked) == sorted(str(item.trace_id) for item in waiting)
    assert not elsewhere.trace.predictions.exists()


def test_rescoring_resets_the_cursors(run, waiting, predictor, reviewer):
    queue = waiting[0].queue
    ReviewerCursor.objects.create(queue=queue, reviewer=reviewer, sort_key=-5, seen_seq=0, started_at=NOW)
    _execute(run)
    assert not ReviewerCursor.objects.filter(queue=queue).exists()


def test_rescoring_is_harmless_when_done_again(project, run, waiting, predictor, second):
    _execute(run)
    again = RescoringRun.objects.create(project=project, model_version=second, created_at=NOW)
    assert _execute(again).state == "succeeded"
    assert (again.n_items, again.n_moved) == (4, 0)
    assert len(predictor.calls) == 1
    assert Prediction.objects.filter(model_ref="model-2").count() == 4


def test_rescoring_uses_the_labels_of_today(project, run, waiting, predictor):
    factories.schema(
        project,
        config=factories.choices_config(["Money", "Order status"]),
        label_map={"Refund": "Money", "Exchange": "Money"},
    )
    _execute(run)
    prediction = Prediction.objects.filter(model_ref="model-2", trace=waiting[1].trace).get()
    # The model says 0.8 for exchange and 0.1 for refund; both are "Money" now.
    assert prediction.label == "Money"
    assert prediction.probabilities == pytest.approx({"Money": 0.9, "Order status": 0.1})


def test_rescoring_skips_what_is_no_single_choice(project, run, predictor):
    schema = factories.schema(project, config=factories.choices_config(choice="multiple"))
    factories.item(factories.queue(project, "Many"), "money", schema=schema)
    assert _execute(run).n_items == 0
    assert predictor.calls == []


def test_next_promotion_calls_off_an_unfinished_rescoring(project, run, first, second, decide, manager, predictor):
    third = factories.model_version(first.golden_version)
    services.model_promote(gate_decision=decide(third, champion=second), by=manager, now=NOW + timedelta(hours=1))
    assert _execute(run).state == "cancelled"
    assert predictor.calls == []
    assert RescoringRun.objects.filter(state="queued").get().model_version == third


def test_rescoring_stops_at_the_next_beat_when_called_off(run, waiting, predictor):
    predictor.before_answer = lambda: RescoringRun.objects.filter(pk=run.pk).update(cancel_requested=True)
    assert _execute(run).state == "cancelled"
    assert not Prediction.objects.filter(model_ref="model-2").exists()


def test_rescoring_runs_reap_sends_again_then_fails(run, sent):
    sent.clear()
    claimed_at = timezone.now()
    for expected in ("queued", "failed"):
        assert job_claim(RescoringRun, job_id=run.pk, now=claimed_at)
        services.rescoring_runs_reap(now=claimed_at + timedelta(minutes=2))
        run.refresh_from_db()
        assert run.state == expected
        claimed_at += timedelta(minutes=2)
    assert sent == [str(run.pk)]


def test_rescoring_arrivals_scores_what_came_in_since(project, run, waiting, predictor, sent):
    _execute(run)
    before = {item.pk: item.sort_key for item in Item.objects.all()}
    assert services.rescoring_arrivals(now=timezone.now()) == 0
    arrived = factories.item(waiting[0].queue, trace=factories.trace(project, "swap it"))
    assert services.rescoring_arrivals(now=timezone.now()) == 1
    assert services.rescoring_arrivals(now=timezone.now()) == 0  # one at a time
    later = _execute(RescoringRun.objects.exclude(pk=run.pk).get())
    arrived.refresh_from_db()
    assert (later.n_items, later.n_moved, arrived.prediction.model_ref) == (1, 1, "model-2")
    assert {item.pk: item.sort_key for item in Item.objects.exclude(pk=arrived.pk)} == before


def test_rescoring_arrivals_asks_nothing_without_a_champion(waiting, sent):
    assert services.rescoring_arrivals(now=timezone.now()) == 0


def test_feedback_after_a_rescoring_keeps_its_prediction(run, waiting, predictor):
    _execute(run)
    item = waiting[1]
    factories.prediction(item.trace, {"Refund": 1.0}, model_ref="model-9", created_at=timezone.now())  # rolled back
    item_terms_refresh(trace=item.trace)
    item.refresh_from_db()
    assert item.prediction.model_ref == "model-2"
