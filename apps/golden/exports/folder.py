"""Export as a dataset folder that Hugging Face `datasets` loads: Parquet by split and a card, as one zip stream."""

import tempfile
import zipfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from apps.core.canonical import canonical_bytes
from apps.golden.exports.card import card
from apps.golden.exports.rows import CHUNK, ExportRow, export_rows
from apps.golden.models import GoldenVersion

COLUMNS = pa.schema(
    [
        ("id", pa.string()),
        ("text", pa.string()),  # null once erased
        ("label", pa.string()),
        ("data", pa.string()),  # JSON; null once erased
        ("result", pa.string()),  # JSON, Label Studio's result format; null once erased
        ("confidence", pa.float64()),
        ("hash", pa.string()),
        ("simulated", pa.bool_()),
        ("rests_on_guess", pa.bool_()),
        ("erased", pa.bool_()),
    ]
)
READ_BYTES = 1 << 16
# A fixed date: the same version gives the same bytes.
ZIP_TIME = (1980, 1, 1, 0, 0, 0)


class _Pipe:
    """A write-only file whose bytes are taken out again as they come."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes, /) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing to do: every byte is at hand already."""

    def close(self) -> None:
        """Nothing to do either."""

    def take(self) -> bytes:
        taken, self._parts = b"".join(self._parts), []
        return taken


def export_parquet_folder(version: GoldenVersion) -> Iterator[bytes]:
    """A zip of README.md, manifest.json and data/<split>-00000-of-00001.parquet, in pieces as they are written."""
    splits = [split for split in ("train", "test") if version.manifest["splits"].get(split)]
    n_erased = version.items.filter(payload__erased_at__isnull=False).count()
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(_entry("README.md"), card(version, splits=splits, n_erased=n_erased))
        archive.writestr(_entry("manifest.json"), canonical_bytes(version.manifest))
        for split in splits:
            with tempfile.TemporaryFile() as file:
                write_parquet(file, version, split=split)
                yield from _copy(file, archive, f"data/{split}-00000-of-00001.parquet", pipe)
    yield pipe.take()


def _entry(name: str) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name, date_time=ZIP_TIME)


def _copy(file: IO[bytes], archive: zipfile.ZipFile, name: str, pipe: _Pipe) -> Iterator[bytes]:
    file.seek(0)
    with archive.open(_entry(name), "w") as entry:
        while piece := file.read(READ_BYTES):
            entry.write(piece)
            yield pipe.take()


def write_parquet(file: IO[bytes] | Path, version: GoldenVersion, *, split: str) -> None:
    """One split, a row group for every portion read."""
    with pq.ParquetWriter(file, COLUMNS, compression="zstd") as writer:
        for rows in _portions(export_rows(version, split=split)):
            writer.write_table(pa.Table.from_pylist([_values(row) for row in rows], schema=COLUMNS))


def _portions(rows: Iterator[ExportRow]) -> Iterator[list[ExportRow]]:
    while portion := list(islice(rows, CHUNK)):
        yield portion


def _values(row: ExportRow) -> dict[str, object]:
    return {
        "id": row.id,
        "text": row.text,
        "label": row.label,
        "data": None if row.data is None else canonical_bytes(row.data).decode(),
        "result": None if row.result is None else canonical_bytes(row.result).decode(),
        "confidence": row.confidence,
        "hash": row.hash,
        "simulated": row.simulated,
        "rests_on_guess": row.rests_on_guess,
        "erased": row.erased,
    }
