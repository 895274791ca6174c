"""Add up the labels of a file by one method or all, and measure each against a truth file."""

import csv
import json
from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.consensus.algorithms.aggregation import METHODS
from apps.consensus.algorithms.votes import Votes
from apps.consensus.kinds_measured import KINDS, KindMeasured, kind_measured, kind_rows
from apps.consensus.label_files import DUPLICATE_RULES, LabelFile, TruthFile, labels_read, truth_indexed, truth_read
from apps.consensus.label_rows import Problem
from apps.consensus.measured import Measured, consensus_rows, measured
from apps.core.errors import TouchstoneError

_COLUMNS = f"{'method':<16}{'accuracy (95 %)':<26}{'items':>8}{'seconds':>10}{'peak MiB':>10}  note"


class Command(BaseCommand):
    """Needs no database: the methods are the ones that queues use, the file is all there is."""

    help = (
        "Adds up the labels of a CSV (item,worker,label) and, given a truth (item,label), says how often it is right."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--labels", type=Path, required=True, help="CSV with the columns item, worker and label")
        parser.add_argument("--truth", type=Path, help="CSV with the columns item and label")
        parser.add_argument("--golden", type=Path, help="CSV with known answers (item, label), used as evidence")
        parser.add_argument("--method", choices=["auto", *METHODS, "all"], default="auto")
        parser.add_argument(
            "--kind", choices=["class", *KINDS], default="class", help="what a label is; several are divided by ; or |"
        )
        parser.add_argument("--item-column", default="", help="name of the item column, in all files")
        parser.add_argument("--worker-column", default="", help="name of the worker column")
        parser.add_argument("--label-column", default="", help="name of the label column, in the label file")
        parser.add_argument("--truth-item-column", default="", help="name in the truth file, if another one")
        parser.add_argument("--truth-label-column", default="", help="name in the truth file, if another one")
        parser.add_argument(
            "--duplicates", choices=DUPLICATE_RULES, default="latest", help="when a worker answered an item twice"
        )
        parser.add_argument("--threshold", type=float, default=0.9, help="confidence from which an item is settled")
        parser.add_argument("--min-labels", type=int, default=2, help="labels without which no item is settled")
        parser.add_argument("--out", type=Path, help="write the consensus there, as CSV; of auto if all are run")
        parser.add_argument("--json", action="store_true", help="print one JSON object, keyed by method")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 0 <= options["threshold"] <= 1:
            raise CommandError("--threshold is a probability: it lies between 0 and 1, for example 0.9.")
        if options["kind"] != "class":
            self._other_kind(options)
            return
        try:
            labels, truth, problems = _read(options)
            votes = _votes(labels, options, problems)
        except TouchstoneError as exc:
            raise CommandError(exc.message) from exc
        if not options["json"]:
            self._introduce(labels, problems)
        results = {}
        for method in _methods(options["method"]):
            results[method] = measured(method, votes, truth)
            if not options["json"]:
                self.stdout.write(_line(results[method]))
        if options["json"]:
            rows = {method: _json(each, problems) for method, each in results.items()}
            self.stdout.write(json.dumps(rows, allow_nan=False))
        if options["out"]:
            self._write(options, labels, votes, results)

    def _other_kind(self, options: dict[str, Any]) -> None:
        """Answers that are no single label have one model each: --method and --golden do not apply."""
        try:
            labels = _labels(options)
            truth = None if options["truth"] is None else _truth(options["truth"], options)
            result = kind_measured(options["kind"], labels, truth.answers if truth else None)
        except TouchstoneError as exc:
            raise CommandError(exc.message) from exc
        problems = [*labels.problems, *(truth.problems if truth else ())]
        row = {name: getattr(result, name) for name in KindMeasured.__dataclass_fields__ if name != "found"}
        if options["json"]:
            row["problems"] = {each.kind: {"count": each.count, "examples": list(each.examples)} for each in problems}
            self.stdout.write(json.dumps({result.kind: row}, allow_nan=False))
        else:
            self._introduce(labels, problems, columns="")
            self.stdout.write("\n".join(f"{name:<18}{value}" for name, value in row.items() if value is not None))
        if options["out"]:
            rows = kind_rows(result, labels, threshold=options["threshold"], min_labels=options["min_labels"])
            _write_rows(options["out"], rows)

    def _introduce(self, labels: LabelFile, problems: list[Problem], columns: str = _COLUMNS) -> None:
        self.stdout.write(
            f"{len(labels.item_idx)} labels of {len(labels.reviewers)} workers on {len(labels.items)} items, "
            f"{len(labels.classes)} classes."
        )
        for problem in problems:
            self.stdout.write(f"{problem}.")
        if columns:
            self.stdout.write(columns)

    def _write(self, options: dict[str, Any], labels: LabelFile, votes: Votes, results: dict[str, Measured]) -> None:
        chosen = results.get("auto") or next(iter(results.values()))
        if chosen.aggregate is None:
            raise CommandError(f"Nothing was written: {chosen.failure}")
        rows = consensus_rows(
            labels, votes, chosen.aggregate, threshold=options["threshold"], min_labels=options["min_labels"]
        )
        _write_rows(options["out"], rows)


def _write_rows(path: Path, rows: Iterable[Sequence[Any]]) -> None:
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["item", "label", "confidence", "n_labels", "settled", "tied"])
            writer.writerows(rows)
    except OSError as exc:
        raise CommandError(f"{path} cannot be written: {exc.strerror}.") from exc


def _labels(options: dict[str, Any]) -> LabelFile:
    return labels_read(
        options["labels"],
        item_column=options["item_column"],
        worker_column=options["worker_column"],
        label_column=options["label_column"],
        duplicates=options["duplicates"],
    )


def _read(options: dict[str, Any]) -> tuple[LabelFile, Any, list[Problem]]:
    labels = _labels(options)
    if options["truth"] is None:
        return labels, None, list(labels.problems)
    known, problems = _known(labels, options["truth"], options)
    return labels, known, [*labels.problems, *problems]


def _known(labels: LabelFile, path: Path, options: dict[str, Any]) -> tuple[Any, list[Problem]]:
    """Right answers by item. A column name given for the labels holds here where the file has it too."""
    truth = _truth(path, options)
    known, problems = truth_indexed(labels, truth)
    return known, [*truth.problems, *problems]


def _truth(path: Path, options: dict[str, Any]) -> TruthFile:
    return truth_read(
        path,
        item_column=options["truth_item_column"],
        label_column=options["truth_label_column"],
        also_item=options["item_column"],
        also_label=options["label_column"],
    )


def _votes(labels: LabelFile, options: dict[str, Any], problems: list[Problem]) -> Votes:
    golden = None
    if options["golden"] is not None:
        golden, found = _known(labels, options["golden"], options)
        problems += [each for each in found if each.kind != "item_without_truth"]
        golden = golden.clip(min=-1)
    return Votes(
        labels.item_idx,
        labels.reviewer_idx,
        labels.label_idx,
        n_items=len(labels.items),
        n_reviewers=len(labels.reviewers),
        n_classes=len(labels.classes),
        known=golden,
    )


def _methods(asked: str) -> list[str]:
    return ["auto", *METHODS] if asked == "all" else [asked]


def _line(result: Measured) -> str:
    if result.failure:
        return f"{result.method:<16}{result.failure}"
    share = "no truth given"
    if result.accuracy is not None:
        share = f"{result.accuracy:.4f} ({result.accuracy_low:.4f} to {result.accuracy_high:.4f})"
    note = f"{result.chosen}: {result.why}" if result.chosen else ""
    if not result.converged:
        note = f"stopped after {result.iterations} rounds {note}".strip()
    figures = f"{result.n_items:>8}{result.seconds:>10.2f}{result.peak_memory_mib:>10.1f}"
    return f"{result.method:<16}{share:<26}{figures}  {note}".rstrip()


def _json(result: Measured, problems: list[Problem]) -> dict[str, Any]:
    fields = [name for name in Measured.__dataclass_fields__ if name != "aggregate"]
    row = {name: getattr(result, name) for name in fields}
    row = {name: value for name, value in row.items() if value not in ("", None) or name.startswith("accuracy")}
    row["problems"] = {each.kind: {"count": each.count, "examples": list(each.examples)} for each in problems}
    return row
