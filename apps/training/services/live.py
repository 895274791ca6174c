"""What a running training process says about itself, read from its progress file."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# (start, end) of each phase as shares of the whole; measured roughly, a bar needs no more.
PHASES = {
    "start": (0.0, 0.05),
    "embedding": (0.05, 0.25),
    "probe": (0.25, 0.3),
    "lora": (0.3, 0.65),
    "refit": (0.65, 0.97),
    "predict": (0.05, 0.8),
    "latency": (0.8, 0.97),
    "done": (0.99, 0.99),
}
LOG_LINES = 200


@dataclass(slots=True)
class Live:
    """The state of a process as its progress file tells it. `poll` reads what is new."""

    path: Path
    share: float = 0.0
    phase: str = "Starting"
    losses: list[tuple[int, float]] = field(default_factory=list)  # (step, mean training loss)
    accuracies: list[tuple[int, float]] = field(default_factory=list)  # (step, share correct on the validation part)
    log: list[str] = field(default_factory=list)
    _offset: int = 0

    def poll(self) -> None:
        """Read the lines that were finished since the last look; half a line waits."""
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            file.seek(self._offset)
            content = file.read()
        whole = content[: content.rfind(b"\n") + 1]
        self._offset += len(whole)
        for line in whole.splitlines():
            self._take(json.loads(line))

    @property
    def log_tail(self) -> str:
        """The last lines, for the run's row."""
        return "\n".join(self.log[-LOG_LINES:])

    def _take(self, line: dict[str, Any]) -> None:
        start, end = PHASES[line["phase"]]
        done = line["step"] / line["total"] if line["total"] else 0.0
        # Epoch messages carry no total; the bar never goes back.
        self.share = max(self.share, start + (end - start) * min(done, 1.0))
        if line["message"]:
            self.phase = line["message"]
            self._write(line)
        if line["phase"] == "lora" and line["val_accuracy"] is not None:
            self.accuracies.append((line["step"], line["val_accuracy"]))
        elif line["phase"] == "lora" and line["loss"] is not None:
            self.losses.append((line["step"], line["loss"]))

    def _write(self, line: dict[str, Any]) -> None:
        count = f" {line['step']} of {line['total']}" if line["total"] else ""
        loss = f" · loss {line['loss']:.4f}" if line["loss"] is not None else ""
        self.log.append(f"{line['at'][11:19]} {line['message']}{count}{loss}")
