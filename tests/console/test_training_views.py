"""Training pages: who sees and starts what, a run in motion, a model with its files."""

from datetime import timedelta
from hashlib import sha256

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.golden import services as golden
from apps.queues.models import Item
from apps.training import selectors
from apps.training.models import TrainingRun
from tests import factories
from tests.factories import NOW

CURVES = {"loss_curve": [[10, 1.5], [20, 0.75]], "validation_curve": [[20, 0.5], [40, 0.75]]}
METRICS = {
    "counts": {"items": 100, "validation_part": 40, "training_part": 60, "per_label": {"Refund": 70, "Exchange": 30}},
    "probe": {"validation_correct": 30, "validation_accuracy": 0.75},
    "lora": {"validation_correct": 34, "validation_accuracy": 0.85},
    "kept": "lora",
    "why": "LoRA was better than the probe: 34 against 30 of 40 validation items correct.",
}
CARD = b"---\nbase_model: minilm\n---\n\n# Text classifier\n\n## Limits\n\nOnly its labels."


def url(name, project, *args):
    return reverse(f"console:{name}", args=[project.slug, *args])


def frozen(project, by, *, name="Support"):
    queue = factories.queue(project, name)
    for label in ("Refund", "Exchange"):
        for number in range(3):
            reviewers = [factories.member(project)]
            factories.settled_item(queue, label, f"{name} {label} {number} {number**7}", reviewers=reviewers)
    made = golden.golden_set_create(project=project, name=name, test_share=0.0, by=by, now=NOW)
    golden.golden_gather(golden_set=made, items=Item.objects.filter(queue=queue), by=by, now=NOW)
    return golden.golden_freeze(golden_set=made, by=by, now=NOW)


@pytest.fixture
def version(project, manager):
    return frozen(project, manager)


@pytest.fixture
def run(version, manager):
    """A run in the middle of LoRA."""
    now = timezone.now()
    return TrainingRun.objects.create(
        project=version.golden_set.project,
        golden_version=version,
        state="running",
        attempt=1,
        progress=0.5,
        phase="Epoch 2: 0.750 of the validation part correct",
        log_tail="12:00:00 Linear probe fitted",
        config={"base": "minilm", "tuner": "auto", "lora": {"r": 8}},
        seed=17,
        metrics=CURVES,
        created_by=manager,
        created_at=now - timedelta(minutes=2),
        started_at=now - timedelta(minutes=1),
        heartbeat_at=now,
    )


@pytest.fixture
def model(version, settings, tmp_path):
    settings.ARTIFACT_ROOT = tmp_path
    made = factories.model_version(
        version, kind="lora", metrics=METRICS, files={"MODEL_CARD.md": sha256(CARD).hexdigest()}
    )
    folder = selectors.model_folder(made)
    folder.mkdir(parents=True)
    (folder / "MODEL_CARD.md").write_bytes(CARD)
    return made


FORM = {
    "tuner": "auto",
    "time_budget_s": "90",
    "base": "minilm",
    "seed": "5",
    "validation_share": "0.2",
    "early_stopping_patience": "2",
    "lora_epochs": "4",
    "lora_r": "8",
    "lora_alpha": "16",
    "lora_lr": "0.001",
    "lora_batch_size": "16",
    "lora_max_tokens": "64",
}


def test_training_says_what_is_missing_before_the_first_version(client, project, manager):
    client.force_login(manager)
    html = client.get(url("training", project)).content.decode()
    assert "Nothing to train on yet" in html
    assert url("training_start", project) not in html


def test_training_lists_models_and_runs_and_offers_the_form(client, project, manager, run, model):
    client.force_login(manager)
    html = client.get(url("training", project)).content.decode()
    for words in ("Model 1", "Running", url("training_run", project, run.pk), "6 items to train on", "Start a run"):
        assert words in html


def test_training_asks_few_questions_of_the_database(client, project, manager, version, django_assert_max_num_queries):
    for _ in range(8):
        factories.model_version(version)
    client.force_login(manager)
    with django_assert_max_num_queries(12):
        client.get(url("training", project))


def test_training_start_queues_a_run_with_the_chosen_settings(client, project, manager, version):
    client.force_login(manager)
    answer = client.post(url("training_start", project), FORM | {"golden_version": str(version.pk)})
    made = TrainingRun.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, url("training_run", project, made.pk))
    assert (made.state, made.seed, made.created_by) == ("queued", 5, manager)
    assert made.config["time_budget_s"] == 90
    assert made.config["lora"]["max_tokens"] == 64


@pytest.mark.parametrize(
    ("field", "value"), [("tuner", "magic"), ("lora_r", "0"), ("seed", "-1"), ("base", ""), ("golden_version", "x")]
)
def test_training_start_refuses_bad_input_beside_its_field(client, project, manager, version, field, value):
    client.force_login(manager)
    answer = client.post(url("training_start", project), FORM | {"golden_version": str(version.pk)} | {field: value})
    assert answer.status_code == 422
    assert f"id_{field}_error" in answer.content.decode()
    assert not TrainingRun.objects.exists()


def test_training_start_refuses_another_projects_version(client, project, manager):
    other = factories.project("Other")
    foreign = frozen(other, factories.member(other, "manager"), name="Foreign")
    client.force_login(manager)
    answer = client.post(url("training_start", project), FORM | {"golden_version": str(foreign.pk)})
    assert answer.status_code == 422
    assert not TrainingRun.objects.exists()


def test_a_running_run_moves_by_polling(client, project, manager, run):
    client.force_login(manager)
    html = client.get(url("training_run", project, run.pk)).content.decode()
    live = url("training_run_live", project, run.pk)
    for words in (
        f'hx-get="{live}"',
        "every 2s",
        "about 1\xa0min left",
        "Linear probe fitted",
        "polyline",
        "&quot;r&quot;: 8",
    ):
        assert words in html, words
    fragment = client.get(live).content.decode()
    assert fragment.startswith('<div class="stackv" id="run-live"')
    assert "<html" not in fragment


@pytest.mark.parametrize("state", ["succeeded", "failed", "cancelled"])
def test_a_run_that_is_over_stands_still(client, project, manager, run, state):
    TrainingRun.objects.filter(pk=run.pk).update(
        state=state, finished_at=timezone.now(), error="The disk is full." if state == "failed" else "", metrics=METRICS
    )
    client.force_login(manager)
    html = client.get(url("training_run", project, run.pk)).content.decode()
    assert "hx-get" not in html
    assert url("training_run_cancel", project, run.pk) not in html
    assert ("The disk is full." in html) == (state == "failed")
    assert "too little data" not in html


def test_training_run_cancel_asks_a_running_run_to_stop(client, project, manager, run):
    client.force_login(manager)
    assert client.post(url("training_run_cancel", project, run.pk)).status_code == 302
    run.refresh_from_db()
    assert (run.state, run.cancel_requested) == ("running", True)
    html = client.get(url("training_run", project, run.pk)).content.decode()
    assert "stopping" in html
    assert url("training_run_cancel", project, run.pk) not in html


def test_model_version_shows_files_card_and_lineage(client, project, viewer, model):
    client.force_login(viewer)
    html = client.get(url("model_version", project, model.number)).content.decode()
    for words in ("Only its labels.", model.artifact_sha256, url("training_run", project, model.training_run_id)):
        assert words in html
    assert "base_model" not in html


def test_model_version_says_when_its_files_are_gone(client, project, viewer, model):
    (selectors.model_folder(model) / "MODEL_CARD.md").unlink()
    client.force_login(viewer)
    assert "gone from the artifact store" in client.get(url("model_version", project, model.number)).content.decode()


def test_model_file_gives_registered_files_only(client, project, viewer, model):
    client.force_login(viewer)
    answer = client.get(url("model_file", project, model.number, "MODEL_CARD.md"))
    assert b"".join(answer.streaming_content) == CARD
    assert "attachment" in answer["Content-Disposition"]
    for name in ("result.json", "../secret", "..%2Fsecret"):
        assert client.get(url("model_file", project, model.number, "x").replace("/x", f"/{name}")).status_code == 404


@pytest.mark.parametrize("name", ["training", "training_run", "training_run_live", "model_version"])
def test_training_pages_have_doors(client, project, viewer, reviewer, stranger, run, model, name):
    args = {"training": [], "model_version": [model.number]}.get(name, [run.pk])
    address = url(name, project, *args)
    assert client.get(address).status_code == 302
    for person, status in ((stranger, 404), (reviewer, 403), (viewer, 200)):
        client.force_login(person)
        assert client.get(address).status_code == status
        assert client.post(address).status_code == (405 if status == 200 else status)


@pytest.mark.parametrize("name", ["training_start", "training_run_cancel"])
def test_training_writes_are_for_managers(client, project, viewer, manager, run, name):
    address = url(name, project, *([] if name == "training_start" else [run.pk]))
    client.force_login(viewer)
    assert client.post(address).status_code == 403
    client.force_login(manager)
    assert client.get(address).status_code == 405


def test_viewers_see_no_button_that_they_may_not_press(client, project, viewer, run):
    client.force_login(viewer)
    assert url("training_start", project) not in client.get(url("training", project)).content.decode()
    assert (
        url("training_run_cancel", project, run.pk)
        not in client.get(url("training_run", project, run.pk)).content.decode()
    )


def test_training_pages_know_only_their_project(client, project, manager, run):
    other = factories.project("Other")
    factories.member(other, "manager", user=manager)
    client.force_login(manager)
    assert client.get(url("training_run", other, run.pk)).status_code == 404
    assert client.get(url("model_version", other, 1)).status_code == 404
    assert client.get(url("training", other)).status_code == 200
    assert client.get(url("training", project) + "?before=nonsense").status_code == 404
