"""Recorded labels played back through adaptive and through fixed overlap: how many labels adaptive overlap saves."""

import json
import sys
import time
from argparse import ArgumentParser
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError
from numpy.typing import NDArray
from tqdm import tqdm

from apps.consensus.algorithms.overlap_saving import Saving
from apps.consensus.algorithms.replay import Procedure, bayes_model, smoothed_model
from apps.consensus.algorithms.replay_study import (
    OVERLAPS,
    THRESHOLDS,
    Curve,
    Study,
    replay_study,
    saving_against,
)
from apps.consensus.algorithms.votes import MOST_CELLS, Votes
from apps.consensus.label_files import DUPLICATE_RULES, UNKNOWN, labels_read, truth_indexed, truth_read
from apps.consensus.label_rows import Problem
from apps.consensus.replay_text import as_text
from apps.core.errors import InvalidInput

_MODELS = {"smoothed-ds": smoothed_model, "bayes-ds": bayes_model}
_COMPARED_AT = 5
_BUDGET_POINTS = 10


class Command(BaseCommand):
    """Needs neither a server nor a project: reads two files, prints, writes nothing."""

    help = "Replays recorded labels (item,worker,label) through adaptive and fixed overlap, and tells what is saved."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--labels", type=Path, required=True, help="CSV with the columns item, worker, label")
        parser.add_argument("--truth", type=Path, required=True, help="CSV with the columns item, label")
        parser.add_argument("--threshold", type=float, default=0.95, help="posterior at which an item is settled")
        parser.add_argument("--start", type=int, default=2, help="labels that every item gets")
        parser.add_argument("--max-overlap", type=int, default=7, help="labels that no item exceeds")
        parser.add_argument(
            "--budget", type=int, help="also spend this many labels, over all items, as well as it goes"
        )
        parser.add_argument("--seeds", type=int, default=20, help="number of shuffles")
        parser.add_argument("--seed", type=int, default=0, help="of the first shuffle; the others count on")
        parser.add_argument("--method", choices=sorted(_MODELS), default="smoothed-ds", help="the aggregation")
        parser.add_argument("--item-column", default="", help="name of the item column, in both files")
        parser.add_argument("--worker-column", default="")
        parser.add_argument("--label-column", default="")
        parser.add_argument("--truth-item-column", default="", help="name in the truth file, if another one")
        parser.add_argument("--truth-label-column", default="", help="name in the truth file, if another one")
        parser.add_argument(
            "--duplicates", choices=DUPLICATE_RULES, default="latest", help="a worker's second answer to an item"
        )
        parser.add_argument("--json", action="store_true", help="one object with every curve")

    def handle(self, *args: Any, **options: Any) -> None:
        _check(options)
        try:
            recorded = _recorded(options)
        except InvalidInput as exc:
            raise CommandError(exc.message) from exc
        report = _report(recorded, options)
        if options["json"]:
            self.stdout.write(json.dumps(report, ensure_ascii=False, indent=2, allow_nan=False))
        else:
            self.stdout.write("\n".join(as_text(report)))


@dataclass(frozen=True, slots=True)
class _Recorded:
    labels: Votes
    truth: NDArray[np.int64]
    problems: tuple[Problem, ...]

    @property
    def n_labels(self) -> int:
        return len(self.labels.item_idx)

    @property
    def n_measured(self) -> int:
        return int((self.truth != UNKNOWN).sum())


def _check(options: dict[str, Any]) -> None:
    if not 0 <= options["threshold"] <= 1:
        raise CommandError("--threshold is a probability: it lies between 0 and 1, for example 0.95.")
    for name, least in (("start", 1), ("seeds", 1), ("seed", 0)):
        if options[name] < least:
            raise CommandError(f"--{name} must be at least {least}.")
    if options["max_overlap"] < options["start"]:
        raise CommandError(f"--max-overlap must be at least --start, which is {options['start']}.")
    if options["seeds"] > 1000:
        raise CommandError("--seeds must be at most 1000.")


def _recorded(options: dict[str, Any]) -> _Recorded:
    file = labels_read(
        options["labels"],
        item_column=options["item_column"],
        worker_column=options["worker_column"],
        label_column=options["label_column"],
        duplicates=options["duplicates"],
    )
    answers = truth_read(
        options["truth"],
        item_column=options["truth_item_column"],
        label_column=options["truth_label_column"],
        also_item=options["item_column"],
        also_label=options["label_column"],
    )
    truth, misfits = truth_indexed(file, answers)
    if not (truth != UNKNOWN).any():
        raise InvalidInput(
            f"No item of {options['truth']} occurs in {options['labels']}, so there is nothing to measure. "
            "Both files must name items alike."
        )
    sizes = (len(file.items), len(file.reviewers), len(file.classes))
    votes = Votes(file.item_idx, file.reviewer_idx, file.label_idx, *sizes)
    if votes.n_cells > MOST_CELLS:
        raise InvalidInput(
            f"{votes.n_reviewers} workers and {votes.n_classes} classes need confusion matrices that do not fit into "
            "memory. Leave out rare labels, or join them."
        )
    return _Recorded(votes, truth, (*file.problems, *answers.problems, *misfits))


def _report(recorded: _Recorded, options: dict[str, Any]) -> dict[str, Any]:
    began = time.perf_counter()
    first = options["seed"]
    seeds = tqdm(
        range(first, first + options["seeds"]), unit="shuffle", file=sys.stderr, disable=not sys.stderr.isatty()
    )
    study = replay_study(
        recorded.labels,
        recorded.truth,
        thresholds=(*THRESHOLDS, options["threshold"]),
        procedure=Procedure(options["start"], options["max_overlap"], _MODELS[options["method"]], chooses=True),
        seeds=seeds,
        budgets=_budgets(recorded, options),
    )
    adaptive = _points(study.adaptive, "threshold")
    return {
        "adaptive": adaptive,
        "fixed": _fixed(study),
        **_savings(study.adaptive, study, first),
        "at_threshold": next(point for point in adaptive if point["threshold"] == options["threshold"]),
        "stopping_alone": {
            "adaptive": _points(study.stopping, "threshold"),
            **_savings(study.stopping, study, first),
        },
        "budget": None if study.budget is None else _budget(study.budget, study.fixed),
        "labels": _sizes(recorded),
        "notes": _notes(study),
        "problems": [str(problem) for problem in recorded.problems],
        "settings": {name: options[name] for name in ("method", "threshold", "start", "max_overlap", "seeds", "seed")},
        "seconds": round(time.perf_counter() - began, 3),
    }


def _budgets(recorded: _Recorded, options: dict[str, Any]) -> list[int]:
    """Where the budget curve is read: from what the start costs to the whole budget."""
    if options["budget"] is None:
        return []
    n_recorded = np.bincount(recorded.labels.item_idx, minlength=recorded.labels.n_items)
    least = int(np.minimum(n_recorded, options["start"]).sum())
    if options["budget"] < least:
        raise CommandError(
            f"--budget {options['budget']} is not enough: {options['start']} labels on each of "
            f"{recorded.labels.n_items} items are {least}. Raise --budget or lower --start."
        )
    most = min(options["budget"], int(np.minimum(n_recorded, options["max_overlap"]).sum()))
    return sorted({round(point) for point in np.linspace(least, most, _BUDGET_POINTS)})


def _points(curve: Curve, name: str) -> list[dict[str, Any]]:
    """Means over the shuffles; the range that holds 95 % of them beside each accuracy."""
    low, high = np.quantile(curve.accuracy, [0.025, 0.975], axis=0)
    columns = {
        name: curve.at,
        "labels_per_item": curve.labels.mean(axis=0),
        "accuracy": curve.accuracy.mean(axis=0),
        "accuracy_low": low,
        "accuracy_high": high,
        "confidence": curve.confidence.mean(axis=0),
    }
    rows = zip(*columns.values(), strict=True)
    # Thresholds, overlaps and budgets stay as they were asked for.
    return [
        {key: cell if key == name else _rounded(cell) for key, cell in zip(columns, row, strict=True)} for row in rows
    ]


def _fixed(study: Study) -> list[dict[str, Any]]:
    majority = study.majority.accuracy.mean(axis=0)
    points = _points(study.fixed, "overlap")
    return [point | {"majority_accuracy": _rounded(one)} for point, one in zip(points, majority, strict=True)]


def _savings(curve: Curve, study: Study, seed: int) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for name, other in (("fixed", study.fixed), ("majority", study.majority)):
        saved = saving_against(curve, other, overlap=_COMPARED_AT, rng=np.random.default_rng([seed, 2]))
        body |= _saving(f"saving_at_{name}_{_COMPARED_AT}", saved)
    return body


def _saving(key: str, saved: Saving) -> dict[str, Any]:
    numbers = {key: saved.value, f"{key}_low": saved.low, f"{key}_high": saved.high}
    return {name: None if one is None else _rounded(one) for name, one in numbers.items()} | {
        f"{key}_reason": saved.reason
    }


def _budget(curve: Curve, fixed: Curve) -> list[dict[str, Any]]:
    """The budget curve, with what fixed overlap reaches for the same labels; null beyond its last overlap."""
    spent, reached = fixed.labels.mean(axis=0), fixed.accuracy.mean(axis=0)
    points = _points(curve, "labels")
    for point in points:
        at = float(np.interp(point["labels_per_item"], spent, reached, left=np.nan, right=np.nan))
        point["fixed_accuracy"] = None if np.isnan(at) else _rounded(at)
    return points


def _sizes(recorded: _Recorded) -> dict[str, Any]:
    return {
        "n_labels": recorded.n_labels,
        "n_items": recorded.labels.n_items,
        "n_items_with_truth": recorded.n_measured,
        "n_workers": recorded.labels.n_reviewers,
        "n_classes": recorded.labels.n_classes,
        "labels_per_item": _rounded(recorded.n_labels / recorded.labels.n_items),
    }


def _notes(study: Study) -> list[str]:
    """What a reader of the figures has to know about the file."""
    spent = float(study.fixed.labels[:, OVERLAPS.index(_COMPARED_AT)].mean())
    if spent >= _COMPARED_AT - 0.005:
        return []
    return [
        f"Fixed overlap {_COMPARED_AT} gets {spent:.2f} labels an item here, because fewer were recorded for some; "
        "savings are shares of that."
    ]


def _rounded(number: float) -> float:
    return round(float(number), 6)
