"""What the training pages show of a run and of a model, computed from their rows."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.core.models import Job
from apps.evaluation.algorithms.metrics import wilson
from apps.training.models import ModelVersion

STATE_KINDS = {"queued": "open", "running": "running", "succeeded": "ok", "failed": "bad", "cancelled": "warn"}
# Below this share a time left would be a guess.
MIN_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Accuracy:
    """A share of the validation part that was right, with its interval."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    n: int


def accuracies(metrics: dict[str, Any]) -> list[Accuracy]:
    """Probe and LoRA on the validation part; LoRA is absent where it was not tried."""
    if not metrics.get("counts"):
        return []
    n_items = metrics["counts"]["validation_part"]
    tried = [("Linear probe", metrics["probe"]), ("LoRA", metrics["lora"])]
    return [_accuracy(name, scores, n_items) for name, scores in tried if scores]


def _accuracy(name: str, scores: dict[str, Any], n_items: int) -> Accuracy:
    if scores.get("validation_accuracy") is None:
        return Accuracy(name, None, None, None, n_items)
    return Accuracy(name, scores["validation_accuracy"], *wilson(scores["validation_correct"], n_items), n_items)


def kept_accuracy(model: ModelVersion) -> Accuracy:
    """The validation accuracy of what the model kept; without a value where there was too little to validate."""
    name = {"probe": "Linear probe", "lora": "LoRA"}[model.kind]
    known = (one for one in accuracies(model.metrics) if one.name == name)
    return next(known, Accuracy(name, None, None, None, 0))


def label_counts(metrics: dict[str, Any]) -> list[tuple[str, int]]:
    """Training items by label, most first."""
    counts: dict[str, int] = metrics.get("counts", {}).get("per_label", {})
    return sorted(counts.items(), key=lambda pair: -pair[1])


def ms_left(run: Job, *, now: datetime) -> float | None:
    """Milliseconds to go, by the share done so far; None where that is too little to tell."""
    if run.state != "running" or run.started_at is None or run.progress < MIN_SHARE:
        return None
    return 1000 * (now - run.started_at).total_seconds() * (1 - run.progress) / run.progress


def ms_taken(run: Job) -> float | None:
    """Milliseconds of the last attempt; None while it has none behind it."""
    if run.started_at is None or run.finished_at is None:
        return None
    return 1000 * (run.finished_at - run.started_at).total_seconds()


def config_text(config: dict[str, Any]) -> str:
    """The exact settings, to be read and copied."""
    return json.dumps(config, indent=2, sort_keys=True, ensure_ascii=False)
