"""Exports as text: JSON Lines, and Label Studio's JSON."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from apps.golden.exports.rows import ExportRow, export_rows
from apps.golden.models import GoldenVersion


def export_jsonl(version: GoldenVersion) -> Iterator[bytes]:
    """One object a line with the fields of `ExportRow`."""
    for row in export_rows(version):
        yield _json(asdict(row)) + b"\n"


def export_label_studio(version: GoldenVersion) -> Iterator[bytes]:
    """A JSON list in the format that Label Studio exports and imports; what it calls a task is an item here.

    An erased item is there with empty data, its label in `meta`, so that the gap is named.
    """
    yield b"["
    for number, row in enumerate(export_rows(version), 1):
        yield (b",\n" if number > 1 else b"\n") + _json(_label_studio(row, number))
    yield b"\n]\n"


def _label_studio(row: ExportRow, number: int) -> dict[str, Any]:
    answers = [] if row.result is None else [{"result": row.result, "ground_truth": True, "was_cancelled": False}]
    meta = {
        "touchstone_id": row.id,
        "split": row.split,
        "label": row.label,
        "confidence": row.confidence,
        "hash": row.hash,
        "simulated": row.simulated,
        "rests_on_guess": row.rests_on_guess,
        "erased": row.erased,
    }
    return {"id": number, "data": row.data or {}, "annotations": answers, "meta": meta}


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
