"""The current labels as CSV, row by row."""

import csv
import json
from collections.abc import Iterator
from typing import Any

from apps.consensus.labels import Label, labels_all
from apps.projects.models import Project

COLUMNS = (
    "item_id",
    "trace_id",
    "queue",
    "state",
    "label",
    "confidence",
    "distribution",
    "method",
    "annotations",
    "assisted",
    "simulated",
    "synthetic",
    "schema_version",
    "settled_at",
    "result",
)
# A spreadsheet takes a cell that begins with one of these for a formula.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


class _Echo:
    """A file for `csv.writer` that gives each line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def safe_cell(value: str) -> str:
    """The text so that no spreadsheet runs it: an apostrophe before what would be a formula, numbers left alone."""
    if not value.startswith(FORMULA_SIGNS):
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value


def labels_csv(*, project: Project) -> Iterator[str]:
    """Header and one line a label. Columns: `COLUMNS`, then `data.<variable>` for every variable ever mapped."""
    mappings = project.label_schemas.order_by("version").values_list("mapping", flat=True)
    variables = list(dict.fromkeys(name for mapping in mappings for name in mapping))
    writer = csv.writer(_Echo())
    yield writer.writerow([*COLUMNS, *(f"data.{name}" for name in variables)])
    for label in labels_all(project=project):
        yield writer.writerow(_cells(label, variables))


def _cells(label: Label, variables: list[str]) -> list[Any]:
    return [
        str(label.item_id),
        safe_cell(label.trace_id or label.source_key),
        label.queue,
        label.state,
        safe_cell(label.label),
        f"{label.confidence:.6g}",
        _text(label.distribution),
        label.method,
        label.n_annotations,
        label.n_assisted,
        str(label.is_simulated).lower(),
        str(label.is_synthetic).lower(),
        label.schema_version,
        label.settled_at.isoformat() if label.settled_at else "",
        _text(label.result),
        *(_text(label.data.get(name)) for name in variables),
    ]


def _text(value: Any) -> str:
    if value is None:
        return ""
    return safe_cell(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
