"""An evaluation from the request to the gate's decision."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.core.errors import Conflict
from apps.core.jobs import job_claim
from apps.evaluation import services, tasks
from apps.evaluation.errors import AlreadyChampion, RunOver, SetUnusable
from apps.evaluation.models import EvaluationRun, GateDecision
from apps.evaluation.predictions import predictions_path
from apps.evaluation.sets import EvaluationRow, external_set_write
from apps.events.models import Event
from apps.golden import services as golden
from apps.golden.models import GoldenPayload
from apps.queues.models import Item
from tests import factories
from tests.evaluation.conftest import WORDS, make_version
from tests.factories import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def create(candidate, version, manager):
    def make(**fields):
        given = {"candidate": candidate, "golden_version": version, "by": manager, "now": NOW, "send": False} | fields
        return services.evaluation_run_create(**given)

    return make


@pytest.fixture
def execute(predictor):
    def make(run):
        services.evaluation_run_execute(run_id=run.pk)
        run.refresh_from_db()
        return run

    return make


def _rules(run):
    return {rule["code"]: rule for rule in run.gate_decision.rules}


def test_evaluation_run_create_holds_a_first_model_against_the_majority_class(create):
    run = create()
    assert (run.state, run.baseline, run.champion) == ("queued", "majority_class", None)
    assert Event.objects.get(verb="evaluation_run.created").payload["champion"] is None


def test_evaluation_run_create_holds_a_later_model_against_the_champion(create, champion):
    assert create().champion == champion


def test_evaluation_run_create_refuses_the_champion_itself(create, champion):
    with pytest.raises(AlreadyChampion):
        create(candidate=champion)


def test_evaluation_run_create_refuses_a_version_of_another_project(create, manager):
    other = make_version(factories.project("Other"), manager, n=12)
    with pytest.raises(SetUnusable, match="does not belong"):
        create(golden_version=other)


def test_evaluation_run_create_refuses_a_version_without_a_test_side(create, project, manager):
    with pytest.raises(SetUnusable, match="no test items"):
        create(golden_version=make_version(project, manager, n=12, name="All train", has_test=False))


def test_evaluation_run_create_wants_exactly_one_set(create):
    with pytest.raises(SetUnusable):
        create(golden_version=None)
    with pytest.raises(SetUnusable):
        create(external_set={"name": "x", "sha256": "", "path": ""})


def test_evaluation_run_create_sends_the_task_after_commit(
    candidate, version, manager, monkeypatch, django_capture_on_commit_callbacks
):
    sent = []
    monkeypatch.setattr(tasks.evaluation_run_execute, "delay", sent.append)
    with django_capture_on_commit_callbacks(execute=True):
        run = services.evaluation_run_create(candidate=candidate, golden_version=version, by=manager, now=NOW)
    assert sent == [str(run.pk)]


def test_evaluation_of_a_first_model_passes_above_the_baseline(create, execute, version, predictor):
    run = execute(create())
    assert run.state == "succeeded"
    n = version.manifest["splits"]["test"]
    accuracy = run.metrics["candidate"]["accuracy"]
    assert (accuracy["value"], accuracy["n"]) == (1.0, n)
    assert accuracy["low"] < 1.0
    assert run.metrics["majority_label"] == "Refund"
    assert run.metrics["champion"]["accuracy"]["value"] == pytest.approx(0.5, abs=0.2)
    assert run.gate_decision.verdict == "pass"
    assert _rules(run)["baseline_accuracy"]["verdict"] == "pass"
    assert _rules(run)["hallucination_rate"]["verdict"] == "does_not_apply"
    assert predictor.calls[0][0] == ["model-1"]
    assert set(predictor.calls[0][1]) == {
        str(key) for key in version.items.filter(split="test").values_list("item_id", flat=True)
    }


def test_evaluation_against_the_champion_is_paired(create, execute, champion):
    run = execute(create())
    paired, confusion = run.metrics["paired"], run.metrics["champion"]["confusion"]
    assert paired["only_champion"] == 0
    # The champion takes every parcel (row 2) for a refund (column 0); on all else both are right.
    assert paired["only_candidate"] == confusion[2][0] > 0
    assert paired["accuracy"]["low"] > 0
    assert paired["mcnemar"]["exact"] < 0.05
    assert _rules(run)["accuracy"]["verdict"] == "pass"


def test_evaluation_names_slices_of_cohorts(create, execute, champion):
    run = execute(create())
    assert set(run.metrics["slices"]) == {"language = en", "language = es"}
    slices = [rule["slice"] for rule in run.gate_decision.rules if rule["code"] == "slice_accuracy"]
    assert slices == ["language = en", "language = es"]


def test_evaluation_times_both_models(create, execute, champion, predictor):
    predictor.ms = {"model-1": 9.0, "model-2": 5.0}
    run = execute(create())
    assert run.metrics["candidate"]["latency"]["value"] == pytest.approx(9.0)
    assert _rules(run)["latency_p50"]["verdict"] == "fail"
    assert run.gate_decision.verdict == "fail"


def test_evaluation_fails_a_worse_model(create, execute, champion, predictor):
    predictor.words = {"model-1": {}, "model-2": WORDS}
    run = execute(create())
    assert run.gate_decision.verdict == "fail"
    assert _rules(run)["accuracy_floor"]["verdict"] == "fail"
    assert run.gate_decision.words.startswith("Do not promote")


def test_evaluation_keeps_predictions_by_hash(create, execute):
    run = execute(create())
    lines = [json.loads(line) for line in predictions_path(run.predictions_sha256).read_text().splitlines()]
    assert len(lines) == run.metrics["set"]["items"]
    assert lines[0].keys() == {"id", "label", "candidate", "confidence", "champion"}


def test_evaluation_is_the_same_again_with_the_same_seed(create, execute):
    one, other = execute(create(seed=5)), execute(create(seed=5))
    assert one.metrics == other.metrics
    assert one.predictions_sha256 == other.predictions_sha256


def test_evaluation_says_what_a_model_was_never_taught(version, create, execute, champion, predictor):
    narrow = factories.model_version(version, labels=["Refund", "Exchange"])
    predictor.words = {narrow.ref: WORDS, champion.ref: WORDS}
    run = execute(create(candidate=narrow))
    parcels = sum(run.metrics["candidate"]["confusion"][2])
    assert (
        f"The candidate was never taught “Order status”: {parcels} items that it cannot have right."
        in run.metrics["notes"]
    )
    assert run.metrics["candidate"]["per_class"][2]["recall"] == 0.0


def test_evaluation_reads_renamed_labels_by_their_new_names(project, manager, candidate, create, execute):
    factories.schema(
        project,
        config=factories.choices_config(["Refund", "Swap", "Order status"]),
        label_map={"Exchange": "Swap"},
    )
    golden_set = candidate.golden_version.golden_set
    newer = golden.golden_freeze(golden_set=golden_set, by=manager, now=NOW)
    run = execute(create(golden_version=newer))
    assert run.metrics["labels"] == ["Refund", "Swap", "Order status"]
    assert run.metrics["candidate"]["accuracy"]["value"] == 1.0
    assert any("“Exchange” is “Swap” now" in note for note in run.metrics["notes"])


def test_evaluation_leaves_out_items_that_a_model_was_trained_on(project, manager, candidate, version, create, execute):
    """Another set may hold on its test side what this model was trained on."""
    items = list(Item.objects.order_by("pk"))
    second = factories.golden_version(items, test=items[: len(items) // 2], by=manager, name="Second look")
    trained = set(version.items.filter(split="train").values_list("item_id", flat=True))
    test = set(second.items.filter(split="test").values_list("item_id", flat=True))
    run = execute(create(golden_version=second))
    assert run.metrics["set"]["items"] == len(test - trained) == 28
    assert any("trained on them" in note for note in run.metrics["notes"])


def test_evaluation_leaves_out_erased_items(version, create, execute):
    gone = version.items.filter(split="test").first()
    GoldenPayload.objects.filter(pk=gone.pk).update(data=None, result=None, erased_at=NOW)
    run = execute(create())
    assert run.metrics["set"]["items"] == version.manifest["splits"]["test"] - 1
    assert any("erased" in note for note in run.metrics["notes"])


def _external(n=60):
    rows = [EvaluationRow(str(k), f"{k} {list(WORDS.values())[k % 3]}", list(WORDS)[k % 3]) for k in range(n)]
    return external_set_write(name="Gate half", rows=rows)


def test_evaluation_on_a_list_of_rows(create, execute):
    run = execute(create(golden_version=None, external_set=_external()))
    assert run.state == "succeeded"
    assert run.metrics["set"] == {"name": "Gate half", "items": 60, "simulated": 0}
    assert run.metrics["candidate"]["accuracy"]["value"] == 1.0


def test_evaluation_refuses_a_list_that_changed(create, execute, artifacts):
    external = _external()
    (artifacts / external["path"]).write_text("")
    run = execute(create(golden_version=None, external_set=external))
    assert run.state == "failed"
    assert "has changed" in run.error
    assert not GateDecision.objects.exists()


def test_evaluation_run_execute_is_harmless_when_delivered_twice(create, execute, predictor):
    run = execute(create())
    execute(run)
    assert len(predictor.calls) == 1
    assert GateDecision.objects.count() == 1


def test_evaluation_run_cancel_ends_a_waiting_run_at_once(create, manager, execute, predictor):
    run = services.evaluation_run_cancel(run=create(), by=manager, now=timezone.now())
    assert run.state == "cancelled"
    execute(run)
    assert predictor.calls == []
    with pytest.raises(RunOver):
        services.evaluation_run_cancel(run=run, by=manager, now=timezone.now())


def test_evaluation_run_cancel_ends_a_running_one_at_its_next_beat(create, manager, execute, predictor):
    run = create()
    predictor.before_answer = lambda: services.evaluation_run_cancel(run=run, by=manager, now=timezone.now())
    execute(run)
    assert run.state == "cancelled"
    assert not GateDecision.objects.exists()


def test_evaluation_run_lost_to_the_reaper_writes_nothing(create, execute, predictor):
    run = create()

    def give_away():
        EvaluationRun.objects.filter(pk=run.pk).update(state="queued")

    predictor.before_answer = give_away
    execute(run)
    assert run.state == "queued"
    assert not GateDecision.objects.exists()


def test_evaluation_run_failing_keeps_its_reason(create, execute, predictor):
    def fail():
        raise Conflict("The files of the model are damaged.")

    predictor.before_answer = fail
    run = execute(create())
    assert (run.state, run.error) == ("failed", "The files of the model are damaged.")


def test_evaluation_runs_reap_sends_again_then_fails(create, monkeypatch):
    sent = []
    monkeypatch.setattr(tasks.evaluation_run_execute, "delay", sent.append)
    run = create()
    claimed_at = NOW
    for expected in ("queued", "failed"):
        assert job_claim(EvaluationRun, job_id=run.pk, now=claimed_at)
        services.evaluation_runs_reap(now=claimed_at + timedelta(minutes=2))
        run.refresh_from_db()
        assert run.state == expected
        claimed_at += timedelta(minutes=2)
    assert sent == [str(run.pk)]
    assert "worker stopped" in run.error
