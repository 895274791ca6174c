"""Predictions of registered models, made in a child process."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from apps.training import selectors
from apps.training.models import ModelVersion
from apps.training.services.probing import StartingProbe
from apps.training.services.process import trainer_run
from apps.training.trainer.artifact import RESULT, read_json

OnProgress = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class PredictionResult:
    """What the models say; every mapping's key is the model's `ref`.

    `probabilities` has the shape (n_items, n_labels) in the order of `ids` and `labels`; rows sum to 1 up to the sixth
    decimal. `latency` is {"items": [ids], "threads": n, "models": {ref: {"p50_ms", "p90_ms", "p95_ms", "mean_ms",
    "raw_ms"}}}; `raw_ms` of two models belong together position by position.
    """

    ids: list[str]
    labels: dict[str, list[str]]
    probabilities: dict[str, NDArray[np.float64]]
    latency: dict[str, Any] | None


def model_predict(
    *,
    models: Sequence[ModelVersion | StartingProbe],
    rows: Iterable[tuple[str, str]],
    workdir: Path,
    with_probes: bool = False,
    measure_latency: bool = False,
    on_progress: OnProgress | None = None,
) -> PredictionResult:
    """Let every model answer every (id, text).

    No transaction; writes only below `workdir`, which stays the caller's to remove.

    Args:
        with_probes: also let the linear probe answer that was fitted beside each model; its key is `probe_ref`.
        on_progress: called about every second with the share done and words for it, also while nothing moves, so that
            it can carry a heartbeat; whatever it raises ends the process and comes out here.
    Raises:
        TrainerFailed: with the reason, such as a model whose files are damaged.
    """
    workdir.mkdir(parents=True, exist_ok=True)
    ids = _write_items(rows, workdir / "items.jsonl")
    named = [one for model in models for one in _named(model, with_probe=with_probes)]
    out = trainer_run(
        workdir=workdir,
        job=_job(named, workdir / "items.jsonl", measure_latency=measure_latency),
        on_beat=lambda live: on_progress(live.share, live.phase) if on_progress else None,
    )
    labels = read_json(out / RESULT)["labels"]
    timed = out / "latency.json"
    return PredictionResult(
        ids=ids,
        labels=labels,
        probabilities=_read_probabilities(out / "predictions.jsonl", labels=labels, n_items=len(ids)),
        latency=read_json(timed) if timed.exists() else None,
    )


def probe_ref(model: ModelVersion | StartingProbe) -> str:
    """The key under which the probe beside a model answers."""
    return f"{model.ref}:probe"


def _job(models: list[dict[str, Any]], items: Path, *, measure_latency: bool) -> dict[str, Any]:
    """What the child process is asked to do."""
    return {
        "kind": "predict",
        "models": models,
        "items": str(items),
        "cache_dir": str(settings.EMBEDDING_CACHE_ROOT),
        "measure_latency": measure_latency,
        "threads": settings.TRAINER_THREADS,
    }


def _named(model: ModelVersion | StartingProbe, *, with_probe: bool) -> list[dict[str, Any]]:
    """How the trainer's job names a model, and its probe where that is wanted too."""
    folder = str(selectors.model_folder(model))
    probe = {"name": probe_ref(model), "path": folder, "as_probe": True}
    return [{"name": model.ref, "path": folder}, *([probe] if with_probe else [])]


def _write_items(rows: Iterable[tuple[str, str]], path: Path) -> list[str]:
    ids = []
    with path.open("w", encoding="utf-8") as file:
        for key, text in rows:
            ids.append(key)
            file.write(json.dumps({"id": key, "text": text}, ensure_ascii=False) + "\n")
    return ids


def _read_probabilities(path: Path, *, labels: dict[str, list[str]], n_items: int) -> dict[str, NDArray[np.float64]]:
    """The trainer writes model after model, each in the order of the items."""
    found: dict[str, NDArray[np.float64]] = {
        name: np.empty((n_items, len(names)), dtype=np.float64) for name, names in labels.items()
    }
    filled = dict.fromkeys(labels, 0)
    with path.open(encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            found[row["model"]][filled[row["model"]]] = row["probs"]
            filled[row["model"]] += 1
    return found
