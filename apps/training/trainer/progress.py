"""The progress file that a supervisor follows while the process runs."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

Phase = Literal["start", "embedding", "probe", "lora", "refit", "predict", "latency", "done"]


class Progress:
    """Appends one JSON object a line; each line is flushed, so a reader never waits for a buffer."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")

    def report(
        self,
        phase: Phase,
        message: str,
        *,
        step: int | None = None,
        total: int | None = None,
        loss: float | None = None,
        val_accuracy: float | None = None,
    ) -> None:
        """Write one line; `step` and `total` count within the phase."""
        line = {
            "at": datetime.now(UTC).isoformat(),
            "phase": phase,
            "step": step,
            "total": total,
            "loss": loss,
            "val_accuracy": val_accuracy,
            "message": message,
        }
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()
