"""The predictions behind an evaluation, kept as a file named by its hash, so that every number can be recomputed."""

import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings

from apps.evaluation.scoring import Answers
from apps.evaluation.sets import EvaluationRow

FOLDER = "predictions"


def predictions_write(
    rows: Sequence[EvaluationRow], *, classes: Sequence[str], candidate: Answers, champion: Answers
) -> str:
    """One JSON object an item: id, golden label, both answers, the candidate's confidence. Returns the SHA-256."""
    lines = []
    for index, row in enumerate(rows):
        assert candidate.probabilities is not None
        answer = int(candidate.predicted[index])
        values = {
            "id": row.id,
            "label": row.label,
            "candidate": classes[answer],
            "confidence": round(float(candidate.probabilities[index, answer]), 6),
            "champion": classes[int(champion.predicted[index])],
        }
        lines.append(json.dumps(values, ensure_ascii=False).encode() + b"\n")
    content = b"".join(lines)
    digest = hashlib.sha256(content).hexdigest()
    _write(predictions_path(digest), content)
    return digest


def predictions_path(digest: str) -> Path:
    """Where the file of that hash lies."""
    return Path(settings.ARTIFACT_ROOT) / FOLDER / f"{digest}.jsonl"


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, partial = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    # A rename is whole or not at all.
    os.replace(partial, path)
