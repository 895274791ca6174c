"""How much the workers of a label file agree, by every coefficient that applies."""

import json
import re
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError
from numpy.typing import NDArray

from apps.consensus.algorithms.agreement_estimate import Agreement, Bootstrap, undefined
from apps.consensus.algorithms.agreement_table import (
    NUMERIC,
    LabelAgreement,
    PairAgreement,
    Ratings,
    by_label,
    by_pair,
    coefficients,
    items_in_common,
    n_pairable,
)
from apps.consensus.label_files import DUPLICATE_RULES, LabelFile, labels_read
from apps.core.errors import InvalidInput

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_BY_RESAMPLES = 500
# Squares of sums of such numbers still fit into a float.
_TOO_LARGE = 1e100
CODES = (
    "The labels are numbers, so coefficients for numbers are given. If they stand for classes without an order, read "
    "the nominal ones only, or use --scale nominal."
)


class Command(BaseCommand):
    """Needs neither a server nor a project: reads the file, prints, writes nothing."""

    help = "Agreement of the workers in a label file (item,worker,label), each coefficient with its interval."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--labels", type=Path, required=True, help="CSV with the columns item, worker, label")
        parser.add_argument("--item-column", default="")
        parser.add_argument("--worker-column", default="")
        parser.add_argument("--label-column", default="")
        parser.add_argument(
            "--duplicates", choices=DUPLICATE_RULES, default="latest", help="a worker's second answer to an item"
        )
        parser.add_argument(
            "--scale",
            choices=["auto", "nominal", "number"],
            default="auto",
            help="auto: numbers where every label is one; nominal: classes without an order",
        )
        parser.add_argument(
            "--by", action="append", choices=["label", "pair"], default=[], help="also by label, by pair of workers"
        )
        parser.add_argument("--most", type=int, default=100, help="rows by label or pair, the largest first")
        parser.add_argument("--level", type=float, default=0.95, help="of the intervals")
        parser.add_argument("--resamples", type=int, default=1000, help="of the bootstrap")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--json", action="store_true", help="one object, keyed by coefficient")

    def handle(self, *args: Any, **options: Any) -> None:
        _check(options)
        try:
            file = labels_read(
                options["labels"],
                item_column=options["item_column"],
                worker_column=options["worker_column"],
                label_column=options["label_column"],
                duplicates=options["duplicates"],
            )
        except InvalidInput as exc:
            raise CommandError(exc.message) from exc
        values, why = _values(file.classes, options["scale"])
        found = _found(file, values, why, options)
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(file, found), ensure_ascii=False, indent=2, allow_nan=False))
        else:
            self.stdout.write("\n".join(_as_text(file, found)))


def _check(options: dict[str, Any]) -> None:
    if not 0 < options["level"] < 1:
        raise CommandError("--level lies between 0 and 1, for example 0.95.")
    for name, least in (("resamples", 100), ("most", 1), ("seed", 0)):
        if options[name] < least:
            raise CommandError(f"--{name} must be at least {least}.")
    if options["resamples"] > 100_000:
        raise CommandError("--resamples must be at most 100000.")


def _values(classes: tuple[str, ...], scale: str) -> tuple[NDArray[np.float64] | None, str]:
    """The number of each label; or None and why there is none."""
    if scale == "nominal":
        return None, "does not apply: --scale nominal was asked for"
    for label in classes:
        if not _NUMBER.fullmatch(label):
            trouble = "not a number"
        elif not abs(float(label)) < _TOO_LARGE:
            trouble = "too large a number"
        else:
            continue
        if scale == "number":
            raise CommandError(f"--scale number: the label “{label}” is {trouble}; use --scale nominal.")
        return None, f"does not apply: the label “{label}” is {trouble}"
    return np.array([float(label) for label in classes]), ""


def _found(file: LabelFile, values: NDArray[np.float64] | None, why: str, options: dict[str, Any]) -> dict[str, Any]:
    ratings = Ratings(
        item_idx=file.item_idx,
        reviewer_idx=file.reviewer_idx,
        label_idx=file.label_idx,
        n_items=len(file.items),
        n_reviewers=len(file.reviewers),
        n_classes=len(file.classes),
        values=values,
    )
    whole = Bootstrap(n_resamples=options["resamples"], level=options["level"], seed=options["seed"])
    part = Bootstrap(min(_BY_RESAMPLES, options["resamples"]), options["level"], options["seed"])
    table = coefficients(ratings, bootstrap=whole)
    if values is None:
        table |= {key: undefined(name, why) for key, name in NUMERIC.items()}
    most = options["most"]
    return {
        "ratings": ratings,
        "coefficients": table,
        "level": options["level"],
        "labels": by_label(ratings, bootstrap=part, most=most) if "label" in options["by"] else None,
        "pairs": by_pair(ratings, bootstrap=part, most=most) if "pair" in options["by"] else None,
        "n_pairs": len(items_in_common(ratings).data) if "pair" in options["by"] else 0,
    }


def _as_json(file: LabelFile, found: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = {key: asdict(one) for key, one in found["coefficients"].items()}
    if found["labels"] is not None:
        body["by_label"] = [_label_json(file, row) for row in found["labels"]]
    if found["pairs"] is not None:
        body["by_pair"] = [_pair_json(file, row) for row in found["pairs"]]
        body["n_pairs"] = found["n_pairs"]
    ratings = found["ratings"]
    body["file"] = {
        "n_items": len(file.items),
        "n_items_with_two_answers": n_pairable(ratings),
        "n_workers": len(file.reviewers),
        "n_labels": len(file.label_idx),
        "n_classes": len(file.classes),
        "scale": "nominal" if ratings.values is None else "number",
        "level": found["level"],
        "problems": [asdict(problem) for problem in file.problems],
    }
    return body


def _label_json(file: LabelFile, row: LabelAgreement) -> dict[str, Any]:
    return {
        "label": file.classes[row.label],
        "n_answers": row.n_answers,
        "percent": asdict(row.percent),
        "krippendorff_alpha": asdict(row.alpha),
        "gwet_ac1": asdict(row.ac1),
    }


def _pair_json(file: LabelFile, row: PairAgreement) -> dict[str, Any]:
    return {
        "workers": [file.reviewers[row.first], file.reviewers[row.second]],
        "n_items": row.n_items,
        "percent": asdict(row.percent),
        "cohen_kappa": asdict(row.kappa),
        **{f"cohen_kappa_{kind}": asdict(one) for kind, one in row.weighted.items()},
    }


def _as_text(file: LabelFile, found: dict[str, Any]) -> list[str]:
    ratings = found["ratings"]
    lines = [
        f"{len(file.items)} items ({n_pairable(ratings)} with two answers or more), {len(file.reviewers)} workers, "
        f"{len(file.label_idx)} labels in {len(file.classes)} classes"
    ]
    lines += [f"Not taken as it stands: {problem}" for problem in file.problems]
    if ratings.values is not None:
        lines.append(CODES)
    interval = f"{100 * found['level']:g} % interval"
    lines += ["", f"{'coefficient':<34} {'value':>7}  {interval:<18} {'items':>8} {'answers':>9}"]
    lines += [_line(one.name, one) for one in found["coefficients"].values()]
    if found["labels"] is not None:
        lines += ["", "By label (this one or any other): Krippendorff's alpha"]
        lines += [_line(file.classes[row.label], row.alpha) for row in found["labels"]]
    if found["pairs"] is not None:
        lines += ["", f"By pair: Cohen's kappa ({len(found['pairs'])} of {found['n_pairs']} pairs, most items first)"]
        lines += [
            _line(f"{file.reviewers[row.first]} – {file.reviewers[row.second]}", row.kappa) for row in found["pairs"]
        ]
    return lines


def _line(name: str, one: Agreement) -> str:
    head = name if len(name) <= 34 else f"{name[:33]}…"
    if one.value is None:
        return f"{head:<34} {'–':>7}  {one.reason}"
    interval = f"{one.low:.3f} to {one.high:.3f}" if one.low is not None and one.high is not None else "–"
    rest = "; ".join(filter(None, [one.note, one.reason]))
    return f"{head:<34} {one.value:>7.3f}  {interval:<18} {one.n_items:>8} {one.n_ratings:>9}  {rest}".rstrip()
