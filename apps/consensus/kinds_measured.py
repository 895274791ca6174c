"""Answers of other kinds than one label, from a file: what they add up to, and how often that is right."""

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from statsmodels.stats.proportion import proportion_confint

from apps.consensus.algorithms.kinds import Asked, Decided, Given, KindOfAnswer
from apps.consensus.algorithms.multiple_choice import MultipleChoice
from apps.consensus.algorithms.number_consensus import Number
from apps.consensus.algorithms.one_of import OneOf
from apps.consensus.algorithms.text_consensus import Text, plain, similarity
from apps.consensus.label_files import LabelFile
from apps.core.errors import InvalidInput

KINDS = ("rating", "several", "number", "text", "transcript")
_DIVIDERS = re.compile(r"\s*[;|]\s*")
_WHOLE = re.compile(r"[+-]?[0-9]{1,15}")


@dataclass(frozen=True, slots=True)
class KindMeasured:
    """`accuracy`: share of items right (a number within the tolerance); of texts the mean similarity to the truth."""

    kind: str
    n_items: int
    n_measured: int
    accuracy: float | None  # None without a truth
    accuracy_low: float | None  # Wilson's interval at 95 %; None for texts
    accuracy_high: float | None
    mean_confidence: float
    seconds: float
    found: Sequence[Decided]


def kind_measured(name: str, labels: LabelFile, truth: Mapping[str, str] | None) -> KindMeasured:
    """Raises InvalidInput for an answer that the kind cannot be."""
    read = {text: _read(name, text) for text in (*labels.classes, *(truth or {}).values())}
    started = time.perf_counter()
    kind = _kind(name, [read[text] for text in labels.classes])
    items = [Asked(answers) for answers in _answers(labels, read)]
    fit = kind.fitted(items, n_reviewers=len(labels.reviewers))
    found = [
        kind.decided([Given(answer, fit.own.get(who)) for who, answer in item.answers], pool=fit.pool) for item in items
    ]
    seconds = time.perf_counter() - started
    right = _score(name, kind)
    pairs = [(one, read[truth[item]]) for item, one in zip(labels.items, found, strict=True) if truth and item in truth]
    scores = [right(one.value, true) if one.value is not None else 0.0 for one, true in pairs]
    accuracy = float(np.mean(scores)) if scores else None
    has_interval = bool(scores) and name not in ("text", "transcript")
    low, high = proportion_confint(sum(scores), len(scores), method="wilson") if has_interval else (None, None)
    confidence = float(np.mean([one.confidence for one in found])) if found else 0.0
    return KindMeasured(name, len(items), len(scores), accuracy, low, high, confidence, seconds, found)


def _answers(labels: LabelFile, read: Mapping[str, Any]) -> Iterator[list[tuple[int, Any]]]:
    by_item: list[list[tuple[int, Any]]] = [[] for _ in labels.items]
    for item, who, label in zip(labels.item_idx, labels.reviewer_idx, labels.label_idx, strict=True):
        by_item[int(item)].append((int(who), read[labels.classes[int(label)]]))
    yield from by_item


def _read(name: str, text: str) -> Any:
    match name:
        case "rating":
            if not _WHOLE.fullmatch(text.strip()):
                raise InvalidInput(_('"%(answer)s" is no rating: a rating is a whole number.') % {"answer": text[:80]})
            return str(int(text))
        case "number":
            try:
                value = float(text)
            except ValueError:
                value = float("nan")
            if not np.isfinite(value):
                raise InvalidInput(_('"%(answer)s" is no number.') % {"answer": text[:80]})
            return value
        case "several":
            return frozenset(label for label in _DIVIDERS.split(text.strip()) if label)
    return text


def _kind(name: str, answers: Sequence[Any]) -> KindOfAnswer:
    match name:
        case "rating":
            levels = sorted({int(each) for each in answers})
            return OneOf(tuple(str(each) for each in levels), is_ordered=True)
        case "number":
            return Number()
        case "several":
            return MultipleChoice(sorted({label for answer in answers for label in answer}))
    return Text(is_version=name == "transcript")


def _score(name: str, kind: KindOfAnswer) -> Callable[[Any, Any], float]:
    if isinstance(kind, Number):
        tolerance = kind.tolerance
        return lambda found, true: float(abs(found - true) <= tolerance([found, true]) + 1e-9)
    if name in ("text", "transcript"):
        return lambda found, true: similarity(plain(found), plain(true))
    return lambda found, true: float(found == true)


def written(name: str, value: Any) -> str:
    """A value as it stands in a file."""
    if value is None:
        return ""
    if name == "several":
        return ";".join(sorted(value))
    return f"{value:g}" if name == "number" else str(value)


def kind_rows(
    result: KindMeasured, labels: LabelFile, *, threshold: float, min_labels: int
) -> Iterator[tuple[str, str, str, int, str, str]]:
    """The columns of `consensus_rows`; of a tie, only that there is one."""
    counts = np.bincount(labels.item_idx, minlength=len(labels.items))
    for item, one, n in zip(labels.items, result.found, counts, strict=True):
        settles = one.is_decided and one.confidence >= threshold and n >= min_labels
        told = written(result.kind, one.value), f"{one.confidence:.6f}"
        yield item, *told, int(n), "yes" if settles else "no", "" if one.is_decided else "yes"
