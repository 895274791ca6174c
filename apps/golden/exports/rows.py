"""The rows that every export is made of, read in portions."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from apps.golden.models import GoldenItem, GoldenVersion
from apps.golden.texts import shown_text
from apps.projects.labelling import parse_config

CHUNK = 2000


@dataclass(frozen=True, slots=True)
class ExportRow:
    """One golden item as the outside sees it. An erased one keeps its label and hash; its content is None."""

    id: str  # of the queue's item: the same in every version
    split: str
    label: str
    text: str | None
    data: dict[str, Any] | None
    result: list[dict[str, Any]] | None
    confidence: float
    hash: str
    simulated: bool
    rests_on_guess: bool  # nobody gave the label without having seen it as a model's guess
    erased: bool


def export_rows(version: GoldenVersion, *, split: str = "") -> Iterator[ExportRow]:
    """Items in order of their id, of one split or of all; by a server-side cursor, so that memory stays flat."""
    items = version.items.select_related("payload").order_by("item_id")
    if split:
        items = items.filter(split=split)
    yield from rows_of(version, items.iterator(chunk_size=CHUNK))


def rows_of(version: GoldenVersion, items: Iterable[GoldenItem]) -> Iterator[ExportRow]:
    """The given items of a version, which must come with their payloads."""
    config = parse_config(version.schema.config)
    for row in items:
        yield _row(row, text=None if row.payload.data is None else shown_text(config, row.payload.data))


def _row(row: GoldenItem, *, text: str | None) -> ExportRow:
    return ExportRow(
        id=str(row.item_id),
        split=row.split,
        label=row.label,
        text=text,
        data=row.payload.data,
        result=row.payload.result,
        confidence=row.confidence,
        hash=row.item_hash,
        simulated=bool(row.provenance["simulated"]),
        rests_on_guess=bool(row.provenance.get("rests_on_guess")),  # older versions knew no guesses
        erased=row.payload.erased_at is not None,
    )
