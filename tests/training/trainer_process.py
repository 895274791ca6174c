"""Run the real training process on a small part of Banking77."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("TOUCHSTONE_DATA", ROOT.parent / "shared" / "data"))
LABELS = ["card_arrival", "exchange_rate", "lost_or_stolen_card", "top_up_failed"]
TEXTS_A_LABEL = 30


def banking_rows(name="train.csv", per_label=TEXTS_A_LABEL):
    """The first texts of four intents, as rows of the training file."""
    with (DATA / "banking77" / name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    picked = [[row for row in rows if row["category"] == label][:per_label] for label in LABELS]
    return [
        {"id": f"{label}-{number}", "text": row["text"], "label": label}
        for label, part in zip(LABELS, picked, strict=True)
        for number, row in enumerate(part)
    ]


def write_rows(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def train_job(workdir, cache_dir, *, rows=None, **changes):
    """A workdir with a training job in it; `changes` replace fields of the job."""
    workdir.mkdir(parents=True, exist_ok=True)
    job = {
        "kind": "train",
        "base": "minilm",
        "train": write_rows(workdir / "train.jsonl", banking_rows() if rows is None else rows),
        "labels": LABELS,
        "tuner": "probe",
        "seed": 7,
        "cache_dir": str(cache_dir),
        "lora": {"epochs": 2, "max_tokens": 48},
        "time_budget_s": None,
        "threads": 1,
        "golden": {"set": "Banking", "version": 3, "content_hash": "ab" * 32},
    } | changes
    (workdir / "job.json").write_text(json.dumps(job))
    return workdir


def predict_job(workdir, cache_dir, models, rows, **changes):
    """A workdir with a prediction job in it; `models` is {name: folder}."""
    workdir.mkdir(parents=True, exist_ok=True)
    items = write_rows(workdir / "items.jsonl", [{"id": row["id"], "text": row["text"]} for row in rows])
    named = [{"name": name, "path": str(path)} for name, path in models.items()]
    job = {"kind": "predict", "models": named, "items": items, "cache_dir": str(cache_dir), "threads": 1} | changes
    (workdir / "job.json").write_text(json.dumps(job))
    return workdir


def start(workdir):
    environment = os.environ | {"HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-m", "apps.training.trainer", str(workdir)]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)


def run(workdir, *, expect=0):
    """Run to the end; the exit status must be as expected."""
    with start(workdir) as process:
        _, errors = process.communicate(timeout=300)
    assert process.returncode == expect, errors
    return workdir / "out"


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def progress_of(workdir):
    path = workdir / "progress.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
