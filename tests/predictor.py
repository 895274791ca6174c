"""A stand-in for the trainer's process: the one seam between the house and its models.

A model "reads" by looking for the words it was given; so a test decides how good each model is.
"""

import time
from collections.abc import Mapping

import numpy as np

from apps.training.services import PredictionResult


class WordPredictor:
    """Stands in for `training.services.model_predict`.

    Args:
        words: model ref to {label: word}; a text with the word gets the label, any other text the model's first label.
        ms: model ref to milliseconds for each text.
    """

    def __init__(self, words: Mapping[str, Mapping[str, str]], *, ms: Mapping[str, float] | None = None) -> None:
        self.words = words
        self.ms = ms or {}
        self.calls: list[tuple[list[str], list[str]]] = []
        self.before_answer = lambda: None

    def __call__(self, *, models, rows, workdir, measure_latency=False, on_progress=None) -> PredictionResult:
        rows = list(rows)
        self.calls.append(([model.ref for model in models], [key for key, _ in rows]))
        if on_progress:
            on_progress(0.5, "Predicting")
        self.before_answer()
        if on_progress:
            on_progress(1.0, "Predicting")
        return PredictionResult(
            ids=[key for key, _ in rows],
            labels={model.ref: list(model.labels) for model in models},
            probabilities={model.ref: np.array([self._answer(model, text) for _, text in rows]) for model in models},
            latency=self._latency(models, rows) if measure_latency else None,
        )

    def _answer(self, model, text: str) -> list[float]:
        words = self.words.get(model.ref, {})
        found = next((label for label, word in words.items() if word in text), model.labels[0])
        rest = 0.2 / max(1, len(model.labels) - 1)
        return [0.8 if label == found else rest for label in model.labels]

    def _latency(self, models, rows):
        spread = np.linspace(0.9, 1.1, len(rows))
        timed = {model.ref: {"raw_ms": (self.ms.get(model.ref, 5.0) * spread).tolist()} for model in models}
        return {"items": [key for key, _ in rows], "threads": 1, "models": timed}


def wait_for(check, *, seconds: float = 30.0):
    """Poll until `check()` is true."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if check():
            return
        time.sleep(0.1)
    raise AssertionError("It did not come to pass.")
