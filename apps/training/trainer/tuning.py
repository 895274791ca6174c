"""LoRA beside the probe: searched on the training part, kept where it is better, trained again on all items."""

import math
import time
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from apps.training.algorithms.linear_head import LinearHead, fit_temperature
from apps.training.trainer.lora import Course, Labelled, LoraTuner, labelled
from apps.training.trainer.train import REFITTED, Kept, Training


@dataclass(frozen=True, slots=True)
class Clock:
    """The time budget of LoRA, from the moment it starts."""

    started: float
    budget_s: float | None

    def at(self, share: float) -> float | None:
        """The moment when `share` of the budget is used; None without a budget."""
        return None if self.budget_s is None else self.started + self.budget_s * share

    def left(self) -> float:
        """Seconds left."""
        return math.inf if self.budget_s is None else self.started + self.budget_s - time.monotonic()


class Tuning:
    """One try of LoRA within a training run."""

    def __init__(self, training: Training, probe: LinearHead, probe_logits: NDArray[np.float64]) -> None:
        torch.use_deterministic_algorithms(True, warn_only=True)
        self.training, self.job = training, training.job
        self.metrics, self.progress = training.metrics, training.progress
        self.probe, self.probe_logits = probe, probe_logits

    def run(self) -> Kept:
        """Train as long as the budget lets, and choose."""
        started = time.monotonic()
        encoder = self.training.encoder
        tuner = LoraTuner(encoder, self.probe, settings=self.job.lora, seed=self.job.seed)
        everything = labelled(encoder, self.training.texts, self.training.classes)
        if len(self.training.held_out):
            kept = self._search(tuner, everything, Clock(started, self.job.time_budget_s))
        else:
            self.metrics["lora"] = self._course(Course(), tuner)
            tuner.restart(self.training.full_probe)
            epochs = tuner.refit(everything, epochs=self.job.lora.epochs, progress=self.progress)
            kept = Kept(tuner.head, tuner, f"LoRA was asked for; {epochs} epochs, too few items to validate it.")
        self.metrics["seconds"]["lora"] = round(time.monotonic() - started, 2)
        return kept

    def _search(self, tuner: LoraTuner, everything: Labelled, clock: Clock) -> Kept:
        part, held_out = everything.rows(self.training.part), everything.rows(self.training.held_out)
        # A refit on all items follows where LoRA is kept; it needs the other, larger half of the time.
        share = len(self.training.part) / (len(self.training.part) + len(self.training.texts))
        patience = self.job.early_stopping_patience
        course = tuner.search(part, held_out, patience=patience, deadline=clock.at(share), progress=self.progress)
        logits = tuner.logits(held_out)
        self.metrics["lora"] = self._course(course, tuner) | self.training.scores(logits) | self._paired(logits)
        is_better = self.metrics["lora"]["validation_correct"] > self.metrics["probe"]["validation_correct"]
        if self.job.tuner == "auto" and not is_better:
            return Kept(
                self.training.full_probe, None, f"LoRA was not better than the probe: {self._tally()}. {REFITTED}"
            )
        why = (
            f"LoRA was better than the probe: {self._tally()}."
            if is_better
            else f"LoRA was asked for: {self._tally()}."
        )
        temperature = fit_temperature(logits, held_out.classes)
        refitted = self._refit(tuner, course, everything, clock)
        return Kept(tuner.head.with_temperature(temperature), tuner, f"{why} {refitted}")

    def _refit(self, tuner: LoraTuner, course: Course, everything: Labelled, clock: Clock) -> str:
        """Train again on all items, as long as the best epoch took, if the time allows; says what was done."""
        epochs = course.best_epoch
        rate = sum(epoch.seconds for epoch in course.epochs) / max(1, sum(epoch.n_items for epoch in course.epochs))
        if not epochs:
            tuner.restart(self.training.full_probe)
            return "The time budget ended before its first epoch; its head is the probe's."
        if clock.left() < epochs * rate * len(self.training.texts):
            return "The time budget left no room to train again on all items; the weights saw the training part only."
        tuner.restart(self.training.full_probe)
        tuner.refit(everything, epochs=epochs, progress=self.progress)
        self.metrics["lora"]["refit_epochs"] = epochs
        return (
            f"It was then trained again on all items, for the {epochs} epoch(s) that were best on the validation part."
        )

    def _course(self, course: Course, tuner: LoraTuner) -> dict[str, Any]:
        return {
            "epochs": [asdict(epoch) for epoch in course.epochs],
            "loss_curve": [{"step": step, "loss": loss} for step, loss in course.losses],
            "stopped": course.stopped,
            "best_epoch": course.best_epoch,
            "refit_epochs": 0,
            "target": tuner.targets,
        }

    def _paired(self, logits: NDArray[np.float64]) -> dict[str, int]:
        truth = self.training.classes[self.training.held_out]
        probe_right, lora_right = self.probe_logits.argmax(1) == truth, logits.argmax(1) == truth
        return {
            "only_lora_correct": int((lora_right & ~probe_right).sum()),
            "only_probe_correct": int((probe_right & ~lora_right).sum()),
        }

    def _tally(self) -> str:
        lora, probe = self.metrics["lora"], self.metrics["probe"]
        return (
            f"{lora['validation_correct']} against {probe['validation_correct']} of {len(self.training.held_out)} "
            f"validation items correct ({lora['only_lora_correct']} only by LoRA, "
            f"{lora['only_probe_correct']} only by the probe)"
        )
