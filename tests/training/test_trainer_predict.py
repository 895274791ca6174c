import math

import pytest

from tests.training.trainer_process import LABELS, banking_rows, predict_job, read, run, train_job


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A probe and a LoRA model of the same four intents, and the cache they share."""
    root = tmp_path_factory.mktemp("models")
    folders = {
        name: run(train_job(root / name, root / "cache", tuner=tuner))
        for name, tuner in (("champion", "probe"), ("candidate", "lora"))
    }
    return root, folders


@pytest.fixture(scope="module")
def predicted(models):
    root, folders = models
    workdir = predict_job(root / "predict", root / "cache", folders, banking_rows("test.csv", 10), measure_latency=True)
    return run(workdir)


def rows_of(out):
    import json

    return [json.loads(line) for line in (out / "predictions.jsonl").read_text().splitlines()]


def test_every_model_answers_every_item_once(predicted):
    rows = rows_of(predicted)
    assert len({(row["id"], row["model"]) for row in rows}) == len(rows) == 80
    assert read(predicted / "labels.json") == {"candidate": LABELS, "champion": LABELS}


def test_probabilities_belong_to_the_label(predicted):
    for row in rows_of(predicted):
        assert math.isclose(sum(row["probs"]), 1, abs_tol=1e-4)
        assert LABELS[max(range(4), key=row["probs"].__getitem__)] == row["label"]


@pytest.mark.parametrize("name", ["candidate", "champion"])
def test_models_are_right_on_unseen_texts(name, predicted):
    own = [row for row in rows_of(predicted) if row["model"] == name]
    right = sum(row["id"].startswith(row["label"]) for row in own)
    assert right / len(own) >= 0.85


def test_latency_is_paired_item_by_item(predicted):
    latency = read(predicted / "latency.json")
    assert len(latency["items"]) == 40
    for values in latency["models"].values():
        assert len(values["raw_ms"]) == 40
        assert 0 < values["p50_ms"] <= values["p95_ms"]


def test_cached_and_fresh_embeddings_give_the_same_labels(models, predicted):
    root, folders = models
    champion = {"champion": folders["champion"]}
    fresh = run(predict_job(root / "fresh", root / "other-cache", champion, banking_rows("test.csv", 10)))
    again = run(predict_job(root / "again", root / "cache", champion, banking_rows("test.csv", 10)))
    assert [row["label"] for row in rows_of(fresh)] == [row["label"] for row in rows_of(again)]
    assert not (fresh / "latency.json").exists()


def test_a_damaged_model_is_refused(models, tmp_path):
    root, folders = models
    copy = tmp_path / "model"
    copy.mkdir()
    for path in folders["champion"].iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    (copy / "head.safetensors").write_bytes(b"not a head")
    workdir = predict_job(tmp_path / "predict", root / "cache", {"candidate": copy}, banking_rows()[:1])
    run(workdir, expect=1)
    assert read(workdir / "error.json")["kind"] == "artifact_damaged"


def test_no_items_give_an_empty_result(models, tmp_path):
    root, folders = models
    out = run(predict_job(tmp_path / "none", root / "cache", folders, [], measure_latency=True))
    assert rows_of(out) == []
    assert read(out / "result.json")["items"] == 0
