"""The starting probe: a linear probe on what is settled, before there is a golden version or a model."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from apps.training.services.process import trainer_run
from apps.training.services.registry import artifact_keep


@dataclass(frozen=True, slots=True)
class StartingProbe:
    """A fitted probe that orders queues and nothing else: it is no model version, so it can never be promoted."""

    ref: str  # the text id under which its predictions are stored
    artifact_sha256: str  # names its folder in the artifact store


def starting_probe_fit(
    *,
    ref: str,
    rows: Iterable[tuple[str, str, str]],
    labels: Sequence[str],
    workdir: Path,
    on_progress: Callable[[float, str], None],
) -> StartingProbe:
    """Fit the probe to rows of (id, text, label) in a child process, and keep its files.

    No transaction; writes below `workdir`, which stays the caller's to remove, and into the artifact store.

    Args:
        labels: all classes of the schema, in the order of the probabilities; at least two occur in `rows`.
        on_progress: as in `model_predict`.
    Raises:
        TrainerFailed: with the reason.
    """
    workdir.mkdir(parents=True, exist_ok=True)
    train = workdir / "train.jsonl"
    n_rows = _write(rows, train)
    job: dict[str, Any] = {
        "kind": "train",
        "tuner": "probe",
        "train": str(train),
        "cache_dir": str(settings.EMBEDDING_CACHE_ROOT),
        "labels": list(labels),
        "threads": settings.TRAINER_THREADS,
        "golden": {"none": f"a starting probe on {n_rows} settled items"},
    }
    out = trainer_run(workdir=workdir, job=job, on_beat=lambda live: on_progress(live.share, live.phase))
    return StartingProbe(ref, artifact_keep(out))


def _write(rows: Iterable[tuple[str, str, str]], path: Path) -> int:
    n_rows = 0
    with path.open("w", encoding="utf-8") as file:
        for key, text, label in rows:
            file.write(json.dumps({"id": key, "text": text, "label": label}, ensure_ascii=False) + "\n")
            n_rows += 1
    return n_rows
