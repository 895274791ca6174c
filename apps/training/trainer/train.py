"""The training job: probe first, LoRA in a time budget, the better one kept."""

import time
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from apps.training.algorithms.linear_head import LinearHead, fit_probe, fit_temperature
from apps.training.algorithms.splits import stratified_split
from apps.training.trainer import artifact
from apps.training.trainer.base import find_base
from apps.training.trainer.cache import EmbeddingCache
from apps.training.trainer.card import model_card
from apps.training.trainer.frozen import FrozenEmbeddings
from apps.training.trainer.items import read_labelled
from apps.training.trainer.job import TrainJob
from apps.training.trainer.progress import Progress

if TYPE_CHECKING:
    from apps.training.trainer.encoder import Encoder
    from apps.training.trainer.lora import LoraTuner

Classes = NDArray[np.int64]
REFITTED = "The probe was fitted again on all items; its validation accuracy is that of the fit without them."


@dataclass(frozen=True, slots=True)
class Kept:
    """What the run hands over: the head, with the adapted encoder or without."""

    head: LinearHead
    tuner: "LoraTuner | None"
    why: str


def run_train(job: TrainJob, out: Path, progress: Progress) -> None:
    """Fit, choose, and write a model folder into `out`."""
    started = time.monotonic()
    training = Training(job, progress)
    kept = training.run()
    training.metrics["seconds"]["total"] = round(time.monotonic() - started, 2)
    training.metrics["kept"] = "lora" if kept.tuner else "probe"
    training.metrics["why"] = kept.why
    write_model(training, kept, out)


class Training:
    """One run: its data, its base and the metrics it gathers on the way."""

    def __init__(self, job: TrainJob, progress: Progress) -> None:
        self.job = job
        self.progress = progress
        self.texts, self.classes = read_labelled(job.train, labels=job.labels)
        rng = np.random.default_rng(job.seed)
        self.part, self.held_out = stratified_split(self.classes, share=job.validation_share, rng=rng)
        if len(np.unique(self.classes[self.part])) < 2:
            # Too few items to set any aside.
            self.part, self.held_out = np.arange(len(self.classes)), np.empty(0, dtype=np.int64)
        self.base = find_base(job.base)
        self.metrics: dict[str, Any] = {"counts": self._counts(), "probe": {}, "lora": None, "seconds": {}}

    def run(self) -> Kept:
        """The probe always; LoRA where the job asks for it and it can be compared or is demanded."""
        vectors = self._embed()
        started = time.monotonic()
        self.progress.report("probe", "Fitting the linear probe")
        probe = self._fit(vectors, self.part)
        probe_logits = probe.logits(vectors[self.held_out])
        self.metrics["probe"] = self.scores(probe_logits)
        self.full_probe = self._fit(vectors, np.arange(len(vectors))).with_temperature(
            fit_temperature(probe_logits, self.classes[self.held_out])
        )
        self.metrics["seconds"]["probe"] = round(time.monotonic() - started, 2)
        accuracy = self.metrics["probe"]["validation_accuracy"]
        self.progress.report("probe", "Linear probe fitted", step=1, total=1, val_accuracy=accuracy)
        if self.job.tuner == "probe":
            return Kept(self.full_probe, None, "Only the linear probe was asked for. " + REFITTED)
        if self.job.tuner == "auto" and not len(self.held_out):
            return Kept(
                self.full_probe, None, "Too few items for a validation part, so LoRA was not tried. " + REFITTED
            )
        # Imported here: a run of the probe alone on known texts never needs torch.
        from apps.training.trainer.tuning import Tuning

        return Tuning(self, probe, probe_logits).run()

    @cached_property
    def encoder(self) -> "Encoder":
        """The base in memory; loaded when first needed."""
        from apps.training.trainer.encoder import Encoder

        return Encoder(self.base, max_tokens=self.job.lora.max_tokens)

    def _embed(self) -> NDArray[np.float32]:
        started = time.monotonic()
        max_tokens = self.job.lora.max_tokens
        cache = EmbeddingCache(
            self.job.cache_dir,
            fingerprint=self.base.fingerprint,
            pooling=self.base.pooling,
            max_tokens=max_tokens,
        )
        frozen = FrozenEmbeddings(self.base, cache=cache, load=lambda: self.encoder)
        report = partial(self.progress.report, "embedding", "Embedding the texts")
        vectors = frozen.embed(self.texts, on_rows=lambda done, total: report(step=done, total=total))
        self.metrics["seconds"]["embedding"] = round(time.monotonic() - started, 2)
        return vectors

    def _fit(self, vectors: NDArray[np.float32], rows: Classes) -> LinearHead:
        return fit_probe(vectors[rows], self.classes[rows], n_classes=len(self.job.labels))

    def scores(self, logits: NDArray[np.float64]) -> dict[str, Any]:
        correct = int((logits.argmax(1) == self.classes[self.held_out]).sum())
        n_items = len(self.held_out)
        return {"validation_correct": correct, "validation_accuracy": correct / n_items if n_items else None}

    def _counts(self) -> dict[str, Any]:
        per_label = np.bincount(self.classes, minlength=len(self.job.labels))
        return {
            "items": len(self.texts),
            "training_part": len(self.part),
            "validation_part": len(self.held_out),
            "per_label": dict(zip(self.job.labels, map(int, per_label), strict=True)),
        }


def write_model(training: Training, kept: Kept, out: Path) -> None:
    """The model folder: head, adapter if any, probe, configuration, metrics, card, hashes, result."""
    job, metrics = training.job, training.metrics
    artifact.write_head(out / "head.safetensors", kept.head, labels=job.labels)
    if kept.tuner:
        artifact.write_head(out / "probe.safetensors", training.full_probe, labels=job.labels)
        kept.tuner.save_adapter(out / "adapter")
    config = {
        **job.config(),
        "kept": metrics["kept"],
        "pooling": training.base.pooling,
        "normalised": True,
        "base_sha256": training.base.fingerprint,
        "base_licence": training.base.licence,
        "libraries": artifact.library_versions(),
        "golden": job.golden,
    }
    artifact.write_json(out / "config.json", config)
    artifact.write_json(out / "metrics.json", metrics)
    (out / "MODEL_CARD.md").write_text(model_card(config, metrics), encoding="utf-8")
    digest = artifact.write_hashes(out)
    result = {"kind": "train", "kept": metrics["kept"], "why": metrics["why"], "digest": digest, "metrics": metrics}
    artifact.write_json(out / artifact.RESULT, result)
