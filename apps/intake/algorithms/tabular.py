"""Reading a table from a file that a person gave: CSV with any usual delimiter, or JSON Lines."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from apps.core.stored import stored

_EMPTY = stored("The file is empty.")
_NOT_UTF8 = stored("Line %(line)s is not UTF-8 text (byte %(byte)s). Save the file as UTF-8.")
_NUL = stored("Line %(line)s holds a NUL character.")
_QUOTES = stored("From line %(line)s on the quotes do not match: %(problem)s.")
_WIDE_HEADER = stored("The header has %(n)s columns; %(most)s is the most.")
_RAGGED = stored("The row has %(n)s cells; the header has %(wanted)s.")
_MANY_MEMBERS = stored("The objects have %(n)s different members; %(most)s is the most.")
_NO_OBJECT = stored("No line is a JSON object. Line %(line)s: %(told_problem)s")
_NESTED = stored("The line is nested too deeply.")
_NOT_JSON = stored("The line is not JSON: %(problem)s.")
_OTHER_JSON = stored("The line is not a JSON object.")

MAX_BYTES = 10 * 1024 * 1024
MAX_COLUMNS = 200
DELIMITERS = (",", ";", "\t", "|")
# The module's own limit on one field is 128 KiB; the file's limit is the only one wanted here.
csv.field_size_limit(MAX_BYTES)


class NotATable(ValueError):
    """The bytes cannot be read as a table; the message says what and where."""


@dataclass(frozen=True)
class TableRow:
    """One row: its line in the file (where it begins, from 1) and its values; or what is wrong with it."""

    line: int
    values: dict[str, Any]
    problem: str = ""


@dataclass(frozen=True)
class Table:
    """A file as rows. `columns` in the order of first sight."""

    format: str  # csv | jsonl
    columns: list[str]
    rows: list[TableRow] = field(default_factory=list)
    delimiter: str = ""


def read_table(content: bytes, *, name: str = "") -> Table:
    """The table in a file. JSON Lines by its name or its first sign, else CSV.

    Raises:
        NotATable: no text in UTF-8 or UTF-16, no header, or quoting that never ends.
    """
    text = decode(content)
    if not text.strip():
        raise NotATable(_EMPTY)
    is_jsonl = name.lower().endswith((".jsonl", ".ndjson", ".json")) or text.lstrip()[0] == "{"
    return _read_jsonl(text) if is_jsonl else _read_csv(text)


def decode(content: bytes) -> str:
    """The text of a file: UTF-8 with or without a byte order mark, or UTF-16 with one."""
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as exc:
        line = content[: exc.start].count(b"\n") + 1
        raise NotATable(_NOT_UTF8 % {"line": line, "byte": f"{content[exc.start]:#04x}"}) from exc
    if "\x00" in text:
        raise NotATable(_NUL % {"line": text[: text.index(chr(0))].count(chr(10)) + 1})
    return text


def sniff_delimiter(text: str) -> str:
    """The delimiter that cuts the first records into the most columns of one width; a comma for a single column."""
    best, best_width = ",", 1
    for delimiter in DELIMITERS:
        records = [record for record in _first_records(text, delimiter) if record]
        widths = {len(record) for record in records}
        width = len(records[0]) if records else 0
        if len(widths) == 1 and width > best_width:
            best, best_width = delimiter, width
    return best if best_width > 1 else _most_in_header(text)


def _first_records(text: str, delimiter: str, count: int = 20) -> list[list[str]]:
    records = []
    try:
        for record in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            records.append(record)
            if len(records) == count:
                break
    except csv.Error:
        return []
    return records


def _most_in_header(text: str) -> str:
    """Ragged records: the header alone decides."""
    header = text.lstrip("\r\n").split("\n", 1)[0]
    return max(DELIMITERS, key=lambda delimiter: (header.count(delimiter), -DELIMITERS.index(delimiter)))


def _read_csv(text: str) -> Table:
    delimiter = sniff_delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[TableRow] = []
    columns: list[str] = []
    line = 1
    try:
        for record in reader:
            start, line = line, reader.line_num + 1
            if not any(cell.strip() for cell in record):
                continue
            if not columns:
                columns = _header(record)
            else:
                rows.append(_csv_row(start, columns, record))
    except csv.Error as exc:
        raise NotATable(_QUOTES % {"line": line, "problem": exc}) from exc
    return Table("csv", columns, rows, delimiter)


def _header(record: Sequence[str]) -> list[str]:
    """Column names: trimmed, numbered where empty or named twice."""
    if len(record) > MAX_COLUMNS:
        raise NotATable(_WIDE_HEADER % {"n": len(record), "most": MAX_COLUMNS})
    names: list[str] = []
    for place, cell in enumerate(record, 1):
        name = cell.strip()[:100] or f"column {place}"
        names.append(name if name not in names else f"{name} ({place})")
    return names


def _csv_row(line: int, columns: Sequence[str], record: Sequence[str]) -> TableRow:
    if len(record) != len(columns):
        message = _RAGGED % {"n": len(record), "wanted": len(columns)}
        return TableRow(line, dict(zip(columns, record, strict=False)), message)
    return TableRow(line, dict(zip(columns, record, strict=True)))


def _read_jsonl(text: str) -> Table:
    rows = list(_jsonl_rows(text))
    columns = list(dict.fromkeys(name for row in rows for name in row.values))
    if len(columns) > MAX_COLUMNS:
        raise NotATable(_MANY_MEMBERS % {"n": len(columns), "most": MAX_COLUMNS})
    if not columns:
        raise NotATable(_NO_OBJECT % {"line": rows[0].line, "told_problem": rows[0].problem})
    return Table("jsonl", columns, rows)


def _jsonl_rows(text: str) -> Iterator[TableRow]:
    # Split at newlines only: other separators are signs inside a JSON text.
    for number, raw in enumerate(text.split("\n"), 1):
        if raw.strip():
            yield _jsonl_row(number, raw)


def _jsonl_row(number: int, raw: str) -> TableRow:
    try:
        value = json.loads(raw)
    except RecursionError:
        return TableRow(number, {}, _NESTED)
    except ValueError as exc:
        return TableRow(number, {}, _NOT_JSON % {"problem": getattr(exc, "msg", exc)})
    if not isinstance(value, dict):
        return TableRow(number, {}, _OTHER_JSON)
    return TableRow(number, value)
