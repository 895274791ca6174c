"""From two models' answers to numbers with intervals, and to the gate's evidence. No database, no files."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.evaluation.algorithms import paired
from apps.evaluation.algorithms.calibration import Calibration, calibration
from apps.evaluation.algorithms.latency import median_latency
from apps.evaluation.algorithms.metrics import Metrics, metrics

N_RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Answers:
    """One model's answers to the set. `probabilities`, shape (n_items, n_classes), is None for the baseline."""

    predicted: NDArray[np.int64]
    probabilities: NDArray[np.float64] | None = None
    ms: NDArray[np.float64] | None = None  # shape (n_timed,)


def classes_of(schema_classes: Sequence[str], *others: Sequence[str]) -> tuple[str, ...]:
    """All labels that occur anywhere: the schema's in its order, then what only a model or the set knows, by name."""
    known = dict.fromkeys(schema_classes)
    unknown = sorted({label for labels in others for label in labels} - known.keys())
    return (*known, *unknown)


def aligned(
    probabilities: NDArray[np.float64], labels: Sequence[str], *, names: Mapping[str, str], classes: Sequence[str]
) -> NDArray[np.float64]:
    """A model's probabilities over its own labels, as columns of `classes`.

    Args:
        names: what a label is called today, where it was renamed or merged; merged columns are added up.
    """
    column = {label: index for index, label in enumerate(classes)}
    wide = np.zeros((len(probabilities), len(classes)), dtype=np.float64)
    for index, label in enumerate(labels):
        wide[:, column[names.get(label, label)]] += probabilities[:, index]
    # The predictions file is rounded; a row must sum to 1 again.
    return np.asarray(wide / wide.sum(axis=1, keepdims=True))


def model_metrics(
    answers: Answers, truth: NDArray[np.int64], *, classes: Sequence[str], rng: np.random.Generator
) -> dict[str, Any]:
    """Accuracy, macro-F1, table per class, confusion, calibration, latency; each with its interval, as JSON."""
    scored = metrics(truth, answers.predicted, n_classes=len(classes), rng=rng, n_resamples=N_RESAMPLES)
    told: dict[str, Any] = {
        "accuracy": asdict(scored.accuracy),
        "macro_f1": asdict(scored.macro_f1),
        "per_class": _per_class(scored, classes),
        "confusion": scored.confusion.tolist(),
        "calibration": None,
        "latency": None,
    }
    if answers.probabilities is not None:
        told["calibration"] = _calibration(calibration(answers.probabilities, truth, rng=rng))
    if answers.ms is not None:
        told["latency"] = asdict(median_latency(answers.ms, rng=rng))
    return told


def _per_class(scored: Metrics, classes: Sequence[str]) -> list[dict[str, Any]]:
    return [asdict(score) | {"label": classes[score.label]} for score in scored.per_class]


def _calibration(found: Calibration) -> dict[str, Any]:
    bins = [
        {
            "confidence": one.confidence,
            "accuracy": one.accuracy,
            "low": one.accuracy_low,
            "high": one.accuracy_high,
            "n": one.n,
        }
        for one in found.bins
        if one.n
    ]
    return {"ece": asdict(found.ece), "bins": bins}


def paired_metrics(
    truth: NDArray[np.int64], candidate: Answers, champion: Answers, *, n_classes: int, rng: np.random.Generator
) -> dict[str, Any]:
    """Candidate minus champion on the same items: both differences with their paired intervals, and McNemar's test."""
    counts = paired.paired_counts(candidate.predicted == truth, champion.predicted == truth)
    low, high = paired.difference_interval(counts)
    return {
        "n": counts.n,
        "only_candidate": counts.only_candidate,
        "only_champion": counts.only_champion,
        "accuracy": {"value": counts.difference, "low": low, "high": high, "n": counts.n},
        "accuracy_bootstrap": asdict(paired.accuracy_difference(counts, rng=rng, n_resamples=N_RESAMPLES)),
        "macro_f1": asdict(
            paired.macro_f1_difference(
                truth, candidate.predicted, champion.predicted, n_classes=n_classes, rng=rng, n_resamples=N_RESAMPLES
            )
        ),
        "mcnemar": asdict(paired.mcnemar(counts)),
    }
