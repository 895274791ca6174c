"""The prediction job: every model over every item, and their latency side by side."""

import json
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np
from numpy.typing import NDArray

from apps.training.trainer import artifact
from apps.training.trainer.base import Base, find_base
from apps.training.trainer.cache import EmbeddingCache
from apps.training.trainer.errors import TrainerError
from apps.training.trainer.frozen import FrozenEmbeddings
from apps.training.trainer.items import TextItem, read_items
from apps.training.trainer.job import NamedModel, PredictJob
from apps.training.trainer.progress import Progress

if TYPE_CHECKING:
    from apps.training.trainer.encoder import Encoder

# Items in memory at a time; sorted by length within.
CHUNK = 2048
WARM_UP_CALLS = 5
# Timings of each text by each model, of which the best counts: what else the machine does only ever makes it slower.
TIMINGS = 3


class LoadedModel:
    """A model folder, verified, ready to predict."""

    def __init__(self, named: NamedModel, bases: "Bases", *, cache_dir: Path) -> None:
        self.name = named.name
        self.digest = artifact.verify_hashes(named.path)
        self.config = artifact.read_json(named.path / "config.json")
        is_tuned = self.config["kept"] == "lora" and not named.as_probe
        # A model that kept the probe has it as its head.
        beside = named.as_probe and self.config["kept"] == "lora"
        head = "probe.safetensors" if beside else "head.safetensors"
        self.head, self.labels = artifact.read_head(named.path / head)
        self.base = bases.find(self.config)
        self._adapter = named.path / "adapter" if is_tuned else None
        self._bases = bases
        self._cache_dir = cache_dir
        self._tuned: Encoder | None = None

    def encoder(self) -> "Encoder":
        """The base with the adapter merged in; models without an adapter share one base."""
        max_tokens = self.config["lora"]["max_tokens"]
        if self._adapter is None:
            return self._bases.shared(self.base, max_tokens=max_tokens)
        if self._tuned is None:
            # torch and peft are imported only where a model has to be in memory.
            from peft import PeftModel

            from apps.training.trainer.encoder import Encoder

            self._tuned = Encoder(self.base, max_tokens=max_tokens)
            self._tuned.model = PeftModel.from_pretrained(self._tuned.model, self._adapter).merge_and_unload()
            self._tuned.model.eval()
        return self._tuned

    def probabilities(self, texts: list[str]) -> NDArray[np.float64]:
        """Shape (n_texts, n_labels). The vectors of an unchanged base come through the cache."""
        return self.head.probabilities(self._vectors(texts))

    def answer(self, text: str) -> int:
        """One text from characters to a class index, as a server would do it: no cache, a batch of one."""
        return int(self.head.probabilities(self.encoder().embed([text])).argmax())

    def release(self) -> None:
        """Free the memory of an adapted base."""
        self._tuned = None

    def _vectors(self, texts: list[str]) -> NDArray[np.float32]:
        if self._adapter is not None:
            return self.encoder().embed(texts)
        cache = EmbeddingCache(
            self._cache_dir,
            fingerprint=self.base.fingerprint,
            pooling=self.base.pooling,
            max_tokens=self.config["lora"]["max_tokens"],
        )
        return FrozenEmbeddings(self.base, cache=cache, load=self.encoder).embed(texts)


class Bases:
    """Bases by name, each found, hashed and loaded once."""

    def __init__(self) -> None:
        self._found: dict[str, Base] = {}
        self._encoders: dict[tuple[str, int], Encoder] = {}

    def find(self, config: dict[str, Any]) -> Base:
        """The base that a model was trained on.

        Raises:
            TrainerError: kind `base_changed` when the files under its name are others today.
        """
        name = config["base"]
        if name not in self._found:
            self._found[name] = find_base(name)
        if self._found[name].fingerprint != config["base_sha256"]:
            raise TrainerError(
                "base_changed", f"The files of the base {name!r} are not those the model was trained on."
            )
        return self._found[name]

    def shared(self, base: Base, *, max_tokens: int) -> "Encoder":
        """The unchanged base in memory."""
        key = (base.fingerprint, max_tokens)
        if key not in self._encoders:
            from apps.training.trainer.encoder import Encoder

            self._encoders[key] = Encoder(base, max_tokens=max_tokens)
        return self._encoders[key]


def run_predict(job: PredictJob, out: Path, progress: Progress) -> None:
    """Write `predictions.jsonl`, `labels.json`, `latency.json` where asked for, and `result.json`."""
    started = time.monotonic()
    bases = Bases()
    models = [LoadedModel(named, bases, cache_dir=job.cache_dir) for named in job.models]
    total = sum(1 for _ in read_items(job.items))
    with (out / "predictions.jsonl").open("w", encoding="utf-8") as file:
        for model in models:
            _predict_all(model, job, file, total=total, progress=progress)
            if not job.measure_latency:
                model.release()
    labels = {model.name: model.labels for model in models}
    artifact.write_json(out / "labels.json", labels)
    if job.measure_latency and total:
        artifact.write_json(out / "latency.json", measure_latency(models, job, progress))
    result = {
        "kind": "predict",
        "items": total,
        "models": {model.name: model.digest for model in models},
        "labels": labels,
        "seconds": round(time.monotonic() - started, 2),
    }
    artifact.write_json(out / artifact.RESULT, result)


def _predict_all(model: LoadedModel, job: PredictJob, file: TextIO, *, total: int, progress: Progress) -> None:
    done = 0
    for chunk in _chunks(read_items(job.items)):
        probabilities = model.probabilities([item.text for item in chunk])
        for item, row in zip(chunk, probabilities, strict=True):
            line = {
                "id": item.id,
                "model": model.name,
                "label": model.labels[int(row.argmax())],
                "probs": [round(float(share), 6) for share in row],
            }
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
        done += len(chunk)
        progress.report("predict", f"Predicting with {model.name}", step=done, total=total)


def _chunks(items: Iterator[TextItem]) -> Iterator[list[TextItem]]:
    while chunk := list(islice(items, CHUNK)):
        yield chunk


def measure_latency(models: list[LoadedModel], job: PredictJob, progress: Progress) -> dict[str, Any]:
    """Milliseconds from text to answer, one text at a time, the models in turn on the same text.

    All run in this one process, and who goes first changes from time to time; so a slow moment of the machine hits each
    alike. A text counts with the best of its timings. The rows of `raw_ms` belong together position by position: a
    paired comparison can use them.
    """
    items = list(islice(read_items(job.items), job.latency_items))
    for model in models:
        for _ in range(WARM_UP_CALLS):
            model.answer(items[0].text)
    raw: dict[str, list[float]] = {model.name: [] for model in models}
    for number, item in enumerate(items):
        best = dict.fromkeys(raw, float("inf"))
        for turn in range(number, number + TIMINGS):
            first = turn % len(models)
            for model in models[first:] + models[:first]:
                best[model.name] = min(best[model.name], _timed(model.answer, item.text))
        for name, fastest in best.items():
            raw[name].append(fastest)
        if number % 20 == 0:
            progress.report("latency", "Measuring latency", step=number, total=len(items))
    summary = {name: {**_summary(values), "raw_ms": values} for name, values in raw.items()}
    return {"items": [item.id for item in items], "threads": job.threads, "models": summary}


def _timed(answer: Callable[[str], int], text: str) -> float:
    started = time.perf_counter()
    answer(text)
    return round((time.perf_counter() - started) * 1000, 4)


def _summary(values: list[float]) -> dict[str, float]:
    p50, p90, p95 = (round(float(value), 4) for value in np.percentile(values, [50, 90, 95]))
    return {"p50_ms": p50, "p90_ms": p90, "p95_ms": p95, "mean_ms": round(float(np.mean(values)), 4)}
