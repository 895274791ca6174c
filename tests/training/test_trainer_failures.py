import json
import signal
import time

import pytest

from tests.training.trainer_process import banking_rows, progress_of, read, run, start, train_job


def until(condition, seconds=240):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def error_of(workdir):
    assert not (workdir / "out").exists()
    assert not (workdir / "out.partial").exists()
    return read(workdir / "error.json")


@pytest.mark.parametrize("base", ["/no/such/folder", "no-such-team/no-such-model"])
def test_a_base_that_cannot_be_had_is_named(base, tmp_path):
    workdir = train_job(tmp_path / "job", tmp_path / "cache", base=base)
    run(workdir, expect=1)
    error = error_of(workdir)
    assert error["kind"] == "base_unavailable"
    assert base in error["message"]


def test_a_folder_without_safe_weights_is_refused(tmp_path):
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "config.json").write_text("{}")
    (tmp_path / "base" / "pytorch_model.bin").write_bytes(b"pickle")
    workdir = train_job(tmp_path / "job", tmp_path / "cache", base=str(tmp_path / "base"))
    run(workdir, expect=1)
    assert error_of(workdir)["kind"] == "base_unavailable"


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        ({"rows": banking_rows()[:5]}, "single_class", "1 different label"),
        ({"rows": []}, "single_class", "0 different label"),
        ({"rows": [{"id": "1", "text": "x", "label": "unheard"}]}, "items_invalid", "'unheard'"),
        ({"rows": [{"id": "1", "text": None, "label": "card_arrival"}]}, "items_invalid", "Row 1"),
        ({"tuner": "magic"}, "job_invalid", "tuner"),
        ({"lora": {"rank": 8}}, "job_invalid", "lora.rank"),
        ({"lora": {"r": 0}}, "job_invalid", "lora.r"),
    ],
)
def test_bad_jobs_get_a_reason(changes, kind, words, tmp_path):
    workdir = train_job(tmp_path / "job", tmp_path / "cache", **changes)
    run(workdir, expect=1)
    error = error_of(workdir)
    assert error["kind"] == kind
    assert words in error["message"]


def test_a_job_that_is_no_json_gets_a_reason(tmp_path):
    (tmp_path / "job.json").write_text("{")
    run(tmp_path, expect=1)
    assert json.loads((tmp_path / "error.json").read_text())["kind"] == "job_invalid"


@pytest.mark.parametrize(("sign", "status"), [(signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_an_ended_run_leaves_no_results(sign, status, tmp_path):
    workdir = train_job(
        tmp_path / "job", tmp_path / "cache", tuner="lora", lora={"epochs": 500}, early_stopping_patience=500
    )
    with start(workdir) as process:
        try:
            until(lambda: any(line["phase"] == "lora" for line in progress_of(workdir)))
            process.send_signal(sign)
            process.communicate(timeout=120)
        finally:
            process.kill()
    assert process.returncode == status
    assert not (workdir / "out").exists()
    assert (workdir / "out.partial").exists() == (sign == signal.SIGKILL)


def test_a_run_begins_anew_over_the_rest_of_a_killed_one(tmp_path):
    workdir = train_job(tmp_path / "job", tmp_path / "cache")
    (workdir / "out.partial").mkdir()
    (workdir / "out.partial" / "half.safetensors").write_bytes(b"half")
    assert not (run(workdir) / "half.safetensors").exists()
