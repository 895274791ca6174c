"""One evaluation from two models' raw predictions to metrics, verdict and the words beside them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.core.stored import stored
from apps.evaluation.algorithms.gate import GateConfig, GateEvidence, GateResult, gate
from apps.evaluation.scoring import Answers, aligned, classes_of, model_metrics, paired_metrics
from apps.evaluation.sets import EvaluationSet
from apps.evaluation.slices import slices_of

_ONLY_CANDIDATE = stored("Only the candidate can answer %(labels)s; the champion was never taught it.")
_RENAMED = stored("Labels were renamed since the candidate was trained: %(pairs)s.")
_SEEN = stored("%(n)s items were left out: one of the two models was trained on them.")
_ERASED = stored("%(n)s items were left out: their content was erased at a person's request.")
_SIMULATED = stored("%(n)s of %(of)s golden labels rest on simulated answers.")
_CANDIDATE_UNTAUGHT = stored("The candidate was never taught %(labels)s: %(n)s items that it cannot have right.")
_CHAMPION_UNTAUGHT = stored("The champion was never taught %(labels)s: %(n)s items that it cannot have right.")


@dataclass(frozen=True, slots=True)
class RawAnswers:
    """A model's own view: probabilities over its own labels, and what those are called in the set."""

    labels: tuple[str, ...]
    probabilities: NDArray[np.float64]  # (n_items, n_labels)
    names: Mapping[str, str]  # renamed or merged since it was trained
    ms: NDArray[np.float64] | None = None

    @property
    def known(self) -> tuple[str, ...]:
        """Its labels under their names of today."""
        return tuple(dict.fromkeys(self.names.get(label, label) for label in self.labels))


@dataclass(frozen=True, slots=True)
class Judgement:
    """All that an evaluation run and its gate decision keep."""

    metrics: dict[str, Any]
    result: GateResult
    classes: tuple[str, ...]
    candidate: Answers
    champion: Answers


def judge(
    *, found: EvaluationSet, candidate: RawAnswers, champion: RawAnswers | str, config: GateConfig, seed: int
) -> Judgement:
    """Score both, compare them item by item, and let the gate decide.

    Args:
        champion: its answers, or the majority label where the project has no champion yet.
        seed: of every resampling; the same seed and predictions give the same numbers.
    """
    rng = np.random.default_rng(seed)
    is_first = isinstance(champion, str)
    other_labels = (champion,) if isinstance(champion, str) else champion.known
    golden = tuple(row.label for row in found.rows)
    classes = classes_of(found.classes, candidate.known, other_labels, golden)
    column = {label: index for index, label in enumerate(classes)}
    truth = np.array([column[label] for label in golden], dtype=np.int64)
    ours = _answers(candidate, classes)
    theirs = _constant(column[champion], truth) if isinstance(champion, str) else _answers(champion, classes)
    slices = slices_of(found.rows)
    evidence = GateEvidence(
        candidate_right=ours.predicted == truth,
        champion_right=theirs.predicted == truth,
        candidate_ms=ours.ms,
        champion_ms=theirs.ms,
        slices=slices,
        is_first_model=is_first,
    )
    told = {
        "set": {"name": found.name, "items": len(found.rows), "simulated": found.n_simulated},
        "labels": list(classes),
        "candidate": model_metrics(ours, truth, classes=classes, rng=rng),
        "champion": model_metrics(theirs, truth, classes=classes, rng=rng),
        "majority_label": champion if isinstance(champion, str) else None,
        "paired": paired_metrics(truth, ours, theirs, n_classes=len(classes), rng=rng),
        "slices": {name: int(mask.sum()) for name, mask in slices.items()},
        "notes": notes_of(found, candidate, champion),
    }
    return Judgement(told, gate(evidence, rng=rng, config=config), classes, ours, theirs)


def rules_as_json(result: GateResult) -> list[dict[str, Any]]:
    """The rules as a gate decision stores them."""
    return [asdict(rule) | {"verdict": str(rule.verdict)} for rule in result.rules]


def _answers(raw: RawAnswers, classes: Sequence[str]) -> Answers:
    wide = aligned(raw.probabilities, raw.labels, names=raw.names, classes=classes)
    return Answers(predicted=wide.argmax(axis=1), probabilities=wide, ms=raw.ms)


def _constant(label: int, truth: NDArray[np.int64]) -> Answers:
    return Answers(predicted=np.full(len(truth), label, dtype=np.int64))


def notes_of(found: EvaluationSet, candidate: RawAnswers, champion: RawAnswers | str) -> list[str]:
    """What a reader must know beside the numbers, in sentences."""
    notes = [_unknown_labels(_CANDIDATE_UNTAUGHT, found, candidate.known)]
    if isinstance(champion, RawAnswers):
        notes.append(_unknown_labels(_CHAMPION_UNTAUGHT, found, champion.known))
        only_here = sorted(set(candidate.known) - set(champion.known))
        if only_here:
            notes.append(_ONLY_CANDIDATE % {"labels": _listed(only_here)})
    if candidate.names:
        notes.append(_RENAMED % {"pairs": _renamed(candidate.names)})
    if found.n_seen:
        notes.append(_SEEN % {"n": f"{found.n_seen:,}"})
    if found.n_erased:
        notes.append(_ERASED % {"n": f"{found.n_erased:,}"})
    if found.n_simulated:
        notes.append(_SIMULATED % {"n": f"{found.n_simulated:,}", "of": f"{len(found.rows):,}"})
    return [note for note in notes if note]


def _unknown_labels(sentence: str, found: EvaluationSet, known: Sequence[str]) -> str:
    counts = Counter(row.label for row in found.rows if row.label not in set(known))
    if not counts:
        return ""
    return sentence % {"labels": _listed(sorted(counts)), "n": f"{counts.total():,}"}


def _listed(labels: Sequence[str]) -> str:
    shown = ", ".join(f"“{label}”" for label in labels[:5])
    return f"{shown} and {len(labels) - 5} more" if len(labels) > 5 else shown


def _renamed(names: Mapping[str, str]) -> str:
    return ", ".join(f"“{old}” is “{new}” now" for old, new in sorted(names.items()))
