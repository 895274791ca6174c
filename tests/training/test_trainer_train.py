import pytest

from apps.training.trainer.artifact import file_hashes, read_head, verify_hashes
from apps.training.trainer.errors import TrainerError
from tests.training.trainer_process import LABELS, banking_rows, progress_of, read, run, train_job


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def probe_run(tmp_path_factory, cache):
    workdir = train_job(tmp_path_factory.mktemp("probe"), cache)
    run(workdir)
    return workdir


@pytest.fixture(scope="module")
def lora_run(tmp_path_factory, cache):
    workdir = train_job(tmp_path_factory.mktemp("lora"), cache, tuner="lora")
    run(workdir)
    return workdir


def test_probe_run_writes_a_whole_model_folder(probe_run):
    out = probe_run / "out"
    names = {path.name for path in out.iterdir()}
    assert names == {"head.safetensors", "config.json", "metrics.json", "MODEL_CARD.md", "sha256.json", "result.json"}
    head, labels = read_head(out / "head.safetensors")
    assert labels == LABELS
    assert head.weights.shape == (4, 384)
    assert not (probe_run / "out.partial").exists()


def test_probe_run_measures_on_a_held_out_part(probe_run):
    metrics = read(probe_run / "out" / "metrics.json")
    assert metrics["counts"]["validation_part"] == 18  # 0.15 of 120
    assert metrics["probe"]["validation_accuracy"] >= 0.8
    assert metrics["kept"] == "probe"
    assert "fitted again on all items" in metrics["why"]


def test_config_says_exactly_what_was_done(probe_run):
    config = read(probe_run / "out" / "config.json")
    assert config["seed"] == 7
    assert config["pooling"] == "mean"
    assert len(config["base_sha256"]) == 64
    assert config["libraries"]["torch"]
    assert config["golden"]["content_hash"] == "ab" * 32


def test_model_card_names_data_licence_and_quality(probe_run):
    card = (probe_run / "out" / "MODEL_CARD.md").read_text()
    for words in ("ab" * 32, "apache-2.0", "items: 120", "| card_arrival | 30 |", "## Limits"):
        assert words in card


def test_hashes_cover_every_file_and_find_a_change(probe_run, tmp_path):
    out = probe_run / "out"
    assert verify_hashes(out) == read(out / "result.json")["digest"]
    assert set(file_hashes(out)) == {"head.safetensors", "config.json", "metrics.json", "MODEL_CARD.md"}
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in out.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    (copy / "metrics.json").write_text("{}")
    with pytest.raises(TrainerError, match=r"metrics\.json"):
        verify_hashes(copy)


def test_progress_tells_phase_and_step(probe_run):
    lines = progress_of(probe_run)
    assert lines[0]["phase"] == "start"
    assert lines[-1]["phase"] == "done"
    embedding = [line for line in lines if line["phase"] == "embedding"]
    assert embedding[-1]["step"] == embedding[-1]["total"] == 120


def test_lora_run_keeps_adapter_head_and_probe(lora_run):
    out = lora_run / "out"
    assert (out / "adapter" / "adapter_model.safetensors").is_file()
    assert read(out / "adapter" / "adapter_config.json")["base_model_name_or_path"] == "minilm"
    assert read(out / "result.json")["kept"] == "lora"
    assert read_head(out / "probe.safetensors")[1] == LABELS
    metrics = read(out / "metrics.json")
    assert [epoch["number"] for epoch in metrics["lora"]["epochs"]] == [1, 2]
    assert metrics["lora"]["loss_curve"]
    assert metrics["lora"]["validation_accuracy"] >= 0.8
    assert any(line["phase"] == "lora" and line["loss"] is not None for line in progress_of(lora_run))


@pytest.mark.parametrize("tuner", ["probe", "lora"])
def test_same_seed_gives_the_same_weights(tuner, request, tmp_path, cache):
    first = read(request.getfixturevalue(f"{tuner}_run") / "out" / "sha256.json")
    again = read(run(train_job(tmp_path / "again", cache, tuner=tuner)) / "sha256.json")
    assert again["weights_digest"] == first["weights_digest"]


def test_auto_keeps_lora_only_when_it_is_better(tmp_path, cache):
    out = run(train_job(tmp_path / "auto", cache, tuner="auto", lora={"epochs": 1, "max_tokens": 48}))
    metrics = read(out / "metrics.json")
    is_better = metrics["lora"]["validation_correct"] > metrics["probe"]["validation_correct"]
    assert metrics["kept"] == ("lora" if is_better else "probe")
    assert (out / "adapter").exists() == is_better
    assert "of 18 validation items correct" in metrics["why"]


def test_time_budget_ends_lora_early(tmp_path, cache):
    out = run(train_job(tmp_path / "short", cache, tuner="auto", time_budget_s=0.5, lora={"epochs": 50}))
    metrics = read(out / "metrics.json")
    assert metrics["lora"]["stopped"] == "time budget used up"
    assert metrics["seconds"]["lora"] < 15


def test_classes_with_one_or_no_item_are_handled(tmp_path, cache):
    rows = [row for row in banking_rows(per_label=4) if row["label"] != "top_up_failed"][:9]
    out = run(train_job(tmp_path / "tiny", cache, rows=rows, tuner="auto"))
    assert read(out / "metrics.json")["counts"]["per_label"]["top_up_failed"] == 0
    card = (out / "MODEL_CARD.md").read_text()
    assert "Never predicted, for want of a single training item: top_up_failed" in card


def test_two_items_are_enough_for_every_tuner(tmp_path, cache):
    rows = [banking_rows()[0], banking_rows()[-1]]
    for tuner in ("auto", "lora"):
        out = run(train_job(tmp_path / tuner, cache, rows=rows, tuner=tuner))
        assert read(out / "metrics.json")["probe"]["validation_accuracy"] is None
