"""From the columns of a table to the fields of a trace."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.intake.algorithms.tabular import Table, TableRow

# Trace fields that a column can fill, in the order of the form.
TARGETS = (
    "input",
    "output",
    "context",
    "trace_id",
    "model",
    "prediction",
    "occurred_at",
    "product_version",
    "prompt_version",
    "user_ref",
    "session_ref",
    "latency_ms",
)
# Names by which people call these columns.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "input": ("input", "text", "message", "prompt", "question", "query", "utterance", "content", "body"),
    "output": ("output", "response", "answer", "reply", "completion", "model_output"),
    "context": ("context", "history", "conversation"),
    "trace_id": ("trace_id", "id", "request_id", "row_id", "uuid"),
    "model": ("model", "model_id", "model_name"),
    "prediction": ("prediction", "predicted", "predicted_label", "label_predicted"),
    "occurred_at": ("occurred_at", "timestamp", "created_at", "time", "date"),
    "product_version": ("product_version", "version", "release"),
    "prompt_version": ("prompt_version",),
    "user_ref": ("user_ref", "user_id", "user"),
    "session_ref": ("session_ref", "session_id", "session"),
    "latency_ms": ("latency_ms", "latency"),
}
REST = "attributes"  # Whether the columns left over become attributes.
MAX_ATTRIBUTES = 50


@dataclass(frozen=True)
class MappedRow:
    """A row as the trace that it would become."""

    line: int
    fields: dict[str, Any]
    problem: str = ""


def guess_mapping(columns: Sequence[str]) -> dict[str, str]:
    """{target: column} by the columns' names; the only column is the input."""
    plain = {re.sub(r"[^a-z0-9]+", "_", column.lower()).strip("_"): column for column in reversed(columns)}
    mapping = {}
    for target in TARGETS:
        name = next((name for name in SYNONYMS[target] if name in plain), None)
        if name is not None:
            mapping[target] = plain[name]
    if "input" not in mapping and len(columns) == 1:
        mapping["input"] = columns[0]
    return mapping


def map_rows(table: Table, mapping: Mapping[str, str], *, model: str = "", keep_rest: bool = False) -> list[MappedRow]:
    """Every row of the table as the trace that it would become.

    Args:
        mapping: {target: column}; targets are `TARGETS`.
        model: the model's id where no column has it; a prediction needs one.
        keep_rest: the columns left over become attributes.
    """
    seen: Counter[str] = Counter()
    rest = [column for column in table.columns if column not in mapping.values()][:MAX_ATTRIBUTES]
    return [
        MappedRow(row.line, _fields(row, mapping, model, rest if keep_rest else [], seen), row.problem)
        for row in table.rows
    ]


def _fields(
    row: TableRow, mapping: Mapping[str, str], model: str, rest: Sequence[str], seen: Counter[str]
) -> dict[str, Any]:
    given = {target: row.values.get(column) for target, column in mapping.items()}
    fields = {target: value for target, value in given.items() if value not in (None, "")}
    if label := fields.pop("prediction", None):
        fields["prediction"] = {"label": label if isinstance(label, str) else json.dumps(label)}
    if model and "model" not in fields:
        fields["model"] = model
    if "latency_ms" in fields:
        fields["latency_ms"] = _whole_number(fields["latency_ms"])
    attributes = {column: _scalar(row.values[column]) for column in rest if row.values.get(column) not in (None, "")}
    if attributes:
        fields["attributes"] = attributes
    fields["trace_id"] = str(fields["trace_id"]) if "trace_id" in fields else _id_of(fields, seen)
    return fields


def _whole_number(value: Any) -> Any:
    """A text such as "120" as a number; anything else as it came, for the checks to refuse by name."""
    text = value.strip() if isinstance(value, str) else ""
    return int(text) if re.fullmatch(r"[0-9]{1,10}", text) else value


def _scalar(value: Any) -> Any:
    if isinstance(value, str):
        return value[:500]
    return value if isinstance(value, bool | int | float) else json.dumps(value, ensure_ascii=False)[:500]


def _id_of(fields: Mapping[str, Any], seen: Counter[str]) -> str:
    """A name made of the content, so that the same file again repeats itself; equal rows are numbered."""
    body = json.dumps(fields, sort_keys=True, default=str).encode()
    digest = hashlib.sha256(body).hexdigest()[:24]
    seen[digest] += 1
    return f"row-{digest}" if seen[digest] == 1 else f"row-{digest}-{seen[digest]}"
