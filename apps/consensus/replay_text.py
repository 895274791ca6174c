"""The report of `manage.py replay` in words and columns, for people."""

from collections.abc import Callable
from typing import Any


def as_text(report: dict[str, Any]) -> list[str]:
    sizes = report["labels"]
    lines = [
        f"{sizes['n_labels']} labels of {sizes['n_workers']} workers on {sizes['n_items']} items, "
        f"{sizes['n_classes']} classes; {sizes['n_items_with_truth']} items with a truth; "
        f"{report['settings']['seeds']} shuffles, {report['seconds']:.1f} s",
        *report["notes"],
        *report["problems"],
        "",
        "fixed overlap   labels per item   accuracy   majority",
        *(
            f"{row['overlap']:>13}   {row['labels_per_item']:>15.2f}   {row['accuracy']:>8.4f}   "
            f"{row['majority_accuracy']:>8.4f}"
            for row in report["fixed"]
        ),
        *_table("threshold", report["adaptive"], "   confidence", lambda row: f"   {row['confidence']:>10.4f}"),
    ]
    if report["budget"]:
        lines += _table("labels", report["budget"], "   fixed", lambda row: f"   {_cell(row['fixed_accuracy'], 4):>5}")
    lines.append("")
    for key, words in (("fixed", "the same aggregation"), ("majority", "majority")):
        lines.append(f"Saved, to the accuracy of {words} at fixed overlap 5: {_saved_words(report, key)}")
    return lines


def _table(name: str, rows: list[dict[str, Any]], heading: str, cell: Callable[[dict[str, Any]], str]) -> list[str]:
    lines = ["", f"{name:>13}   labels per item   accuracy{heading}"]
    for row in rows:
        lines.append(f"{row[name]:>13}   {row['labels_per_item']:>15.2f}   {row['accuracy']:>8.4f}{cell(row)}")
    return lines


def _saved_words(report: dict[str, Any], key: str) -> str:
    name = f"saving_at_{key}_5"
    if report[name] is None:
        return f"none. {report[f'{name}_reason']}"
    alone = report["stopping_alone"][name]
    low, high = report[f"{name}_low"], report[f"{name}_high"]
    interval = "" if high is None else f" (95 %: {_cell(low, 3)} to {_cell(high, 3)})"
    return f"{report[name]:.3f}{interval}; by stopping alone {_cell(alone, 3)}"


def _cell(number: float | None, digits: int) -> str:
    return "none" if number is None else f"{number:.{digits}f}"
