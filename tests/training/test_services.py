import subprocess
import sys
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.core.jobs import job_claim
from apps.events.models import Event
from apps.training import selectors, services
from apps.training.errors import ModelDamaged, TrainerFailed, TrainingRefused
from apps.training.models import ModelVersion, TrainingRun
from apps.training.services.process import trainer_run
from apps.training.services.registry import artifact_keep
from tests import factories
from tests.training.conftest import freeze_banking
from tests.training.trainer_process import LABELS, ROOT, banking_rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def queued(banking, banker, version):
    """Queue a run: `queued(tuner="lora")`."""

    def make(**config):
        return services.training_run_create(
            project=banking,
            golden_version=version,
            config={"tuner": "probe"} | config,
            seed=3,
            by=banker,
            now=timezone.now(),
        )

    return make


@pytest.fixture
def model(queued):
    run = queued()
    services.training_run_execute(run_id=run.pk)
    return ModelVersion.objects.get(training_run=run)


def test_training_run_create_keeps_every_parameter(queued):
    run = queued()
    assert run.state == "queued"
    assert run.config["labels"] == LABELS
    assert run.config["base"] == "minilm"
    assert run.config["lora"]["r"] == 8
    assert run.seed == 3
    assert Event.objects.filter(verb="training_run.created", object_id=str(run.pk)).count() == 1


@pytest.mark.parametrize(
    ("config", "words"),
    [({"tuner": "magic"}, "tuner"), ({"lora": {"r": 0}}, "lora.r"), ({"rank": 1}, "rank"), ({"seed": 1}, "seed")],
)
def test_training_run_create_refuses_settings(config, words, queued):
    with pytest.raises(TrainingRefused, match=words):
        queued(**config)


def test_training_run_create_refuses_another_projects_version(banker, version):
    other = factories.project("Other", labels=LABELS)
    with pytest.raises(TrainingRefused, match="of this project"):
        services.training_run_create(
            project=other, golden_version=version, config={}, seed=0, by=banker, now=timezone.now()
        )


def test_training_run_create_refuses_a_single_label(banking, banker):
    version = freeze_banking(banking, banker, banking_rows(per_label=3)[:3])
    with pytest.raises(TrainingRefused, match="two are needed"):
        services.training_run_create(
            project=banking, golden_version=version, config={}, seed=0, by=banker, now=timezone.now()
        )


def test_training_run_execute_registers_a_model(model, banking, version, artifact_store):
    run = TrainingRun.objects.get()
    assert (run.state, run.progress, run.attempt) == ("succeeded", 1.0, 1)
    assert run.metrics["probe"]["validation_accuracy"] is not None
    assert "Linear probe fitted" in run.log_tail
    assert (model.number, model.state, model.kind, model.ref) == (1, "candidate", "probe", "model-1")
    assert model.golden_version == version
    folder = selectors.model_folder(model)
    assert {path.name for path in folder.iterdir()} == {*model.files, "sha256.json", "result.json"}
    assert version.content_hash in (folder / "MODEL_CARD.md").read_text()
    assert list((artifact_store / "work").iterdir()) == []
    assert Event.objects.filter(verb="model_version.registered", object_id=str(model.pk)).exists()


def test_training_run_execute_twice_does_it_once(model):
    services.training_run_execute(run_id=model.training_run_id)
    assert ModelVersion.objects.count() == 1
    assert TrainingRun.objects.get().attempt == 1


def test_training_run_execute_shows_the_loss_of_lora(queued):
    run = queued(tuner="lora", lora={"epochs": 2, "max_tokens": 32, "batch_size": 2})
    services.training_run_execute(run_id=run.pk)
    run.refresh_from_db()
    assert run.state == "succeeded", run.error
    assert run.metrics["loss_curve"]
    assert run.metrics["validation_curve"]
    assert ModelVersion.objects.get().kind == "lora"


def test_training_run_execute_ends_failed_with_the_reason(queued, artifact_store):
    run = queued(base="/no/such/base")
    services.training_run_execute(run_id=run.pk)
    run.refresh_from_db()
    assert run.state == "failed"
    assert "/no/such/base" in run.error
    assert not ModelVersion.objects.exists()
    assert not (artifact_store / "models").exists()


def test_what_a_killed_attempt_left_behind_goes(queued, artifact_store):
    left = artifact_store / "work" / "training-01890000-0000-7000-8000-000000000000-2"
    left.mkdir(parents=True)
    (left / "train.jsonl").write_text("texts")
    services.training_run_execute(run_id=queued().pk)
    assert not left.exists()


def test_erased_items_are_left_out_and_counted(queued, version):
    erased = version.items.order_by("item_id").first()
    type(erased.payload).objects.filter(pk=erased.pk).update(data=None, result=None, erased_at=timezone.now())
    services.training_run_execute(run_id=queued().pk)
    model = ModelVersion.objects.get()
    assert model.metrics["counts"]["items"] == 39
    assert "their content was erased: 1" in (selectors.model_folder(model) / "MODEL_CARD.md").read_text()


def test_a_waiting_run_is_cancelled_at_once(queued, banker):
    run = services.training_run_cancel(run=queued(), by=banker, now=timezone.now())
    assert run.state == "cancelled"
    services.training_run_execute(run_id=run.pk)
    assert not ModelVersion.objects.exists()


def test_a_running_run_stops_when_asked(queued, artifact_store, monkeypatch):
    run = queued(tuner="lora", lora={"epochs": 500}, early_stopping_patience=500, time_budget_s=None)
    asked = []

    def ask_at_first_loss(live):
        if live.losses and not asked:
            asked.append(True)
            TrainingRun.objects.filter(pk=run.pk).update(cancel_requested=True)

    from apps.training.services import live

    original = live.Live.poll
    monkeypatch.setattr(live.Live, "poll", lambda self: (original(self), ask_at_first_loss(self))[0])
    services.training_run_execute(run_id=run.pk)
    run.refresh_from_db()
    assert asked
    assert run.state == "cancelled"
    assert not ModelVersion.objects.exists()
    assert list((artifact_store / "work").iterdir()) == []


def test_runs_reap_queues_a_silent_run_again_and_then_fails_it(queued):
    run, late = queued(), timezone.now() + timedelta(minutes=1)
    for attempt in (1, 2):
        assert job_claim(TrainingRun, job_id=run.pk, now=timezone.now()).attempt == attempt
        services.runs_reap(now=late)
        run.refresh_from_db()
        assert run.state == ("queued" if attempt == 1 else "failed")
    assert "2 times" in run.error


def test_a_run_that_was_given_up_registers_nothing(queued, monkeypatch):
    """The reaper gave the run to somebody else while this worker was held up before its last step."""
    run = queued()

    def stolen(out):
        digest = artifact_keep(out)
        TrainingRun.objects.filter(pk=run.pk).update(attempt=2)
        return digest

    monkeypatch.setattr("apps.training.services.runs.artifact_keep", stolen)
    services.training_run_execute(run_id=run.pk)
    run.refresh_from_db()
    assert (run.state, run.attempt) == ("running", 2)
    assert not ModelVersion.objects.exists()


def test_artifact_keep_refuses_a_damaged_folder(tmp_path, artifact_store):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "head.safetensors").write_bytes(b"half")
    with pytest.raises(ModelDamaged):
        artifact_keep(tmp_path / "out")
    assert not artifact_store.exists()


def test_model_predict_answers_in_order(model, tmp_path):
    rows = [(row["id"], row["text"]) for row in banking_rows("test.csv", 5)]
    told = []
    result = services.model_predict(
        models=[model],
        rows=iter(rows),
        workdir=tmp_path / "predict",
        measure_latency=True,
        on_progress=lambda share, words: told.append((share, words)),
    )
    assert result.ids == [key for key, _ in rows]
    assert result.labels == {"model-1": LABELS}
    shares = result.probabilities["model-1"]
    assert shares.shape == (20, 4)
    right = [key.startswith(LABELS[row.argmax()]) for (key, _), row in zip(rows, shares, strict=True)]
    assert sum(right) >= 16
    assert len(result.latency["models"]["model-1"]["raw_ms"]) == 20
    assert told
    assert told[-1][0] > 0.9


def test_model_predict_names_a_damaged_model(model, tmp_path):
    (selectors.model_folder(model) / "head.safetensors").write_bytes(b"half")
    with pytest.raises(TrainerFailed, match="head") as caught:
        services.model_predict(models=[model], rows=[("1", "x")], workdir=tmp_path / "predict")
    assert caught.value.kind == "artifact_damaged"


def test_trainer_run_ends_the_process_when_the_beat_raises(tmp_path):
    class Stop(Exception):
        pass

    def stop(live):
        raise Stop

    with pytest.raises(Stop):
        trainer_run(workdir=tmp_path, job={"kind": "predict"}, on_beat=stop)
    assert not (tmp_path / "out").exists()


def test_selectors_show_only_the_projects_own(model, banking):
    other = factories.project("Other", labels=LABELS)
    assert [run.pk for run in selectors.runs_of(project=banking)] == [model.training_run_id]
    assert list(selectors.models_of(project=banking)) == [model]
    assert not selectors.runs_of(project=other).exists()
    assert not selectors.models_of(project=other).exists()
    assert not selectors.versions_trainable(project=other).exists()
    assert selectors.champion_of(project=banking) is None


def test_services_leave_torch_alone():
    """A worker that has imported torch cannot fork safely."""
    code = "import django; django.setup(); import apps.training.services, sys; sys.exit('torch' in sys.modules)"
    finished = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    assert finished.returncode == 0
