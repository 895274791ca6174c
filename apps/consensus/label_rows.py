"""Rows of a delimited file, with what could not be used counted and named."""

import csv
import gzip
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from apps.core.errors import InvalidInput

DELIMITERS = ",;\t|"
# How many rows of each kind of problem are named; all are counted.
NAMED = 5
# By role: the name that was asked for, empty for none, and the usual names.
Wanted = dict[str, tuple[str, tuple[str, ...]]]
# A cell longer than this is a quote that was never closed.
_LONGEST_CELL = 1_000_000


@dataclass(frozen=True, slots=True)
class Problem:
    """Rows of one kind that were not taken as they stand. `words` says what was done with them."""

    kind: str  # stable name for programs, e.g. "missing_cell"
    words: str
    count: int
    examples: tuple[str, ...]  # the first few, e.g. "line 7 (no worker)"

    def __str__(self) -> str:
        more = ", …" if self.count > len(self.examples) else ""
        return f"{self.count} {self.words}: {', '.join(self.examples)}{more}"


@dataclass(slots=True)
class Notes:
    """Collects problems by kind, keeping the first few of each by name."""

    words: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: str, words: str, example: str) -> None:
        self.words[kind] = words
        self.counts[kind] = self.counts.get(kind, 0) + 1
        named = self.examples.setdefault(kind, [])
        if len(named) < NAMED:
            named.append(example)

    def problems(self) -> tuple[Problem, ...]:
        return tuple(
            Problem(kind, words, self.counts[kind], tuple(self.examples[kind])) for kind, words in self.words.items()
        )

    def sentence(self) -> str:
        return "".join(f" {problem}." for problem in self.problems())


@dataclass(frozen=True, slots=True)
class _Header:
    delimiter: str
    places: list[int]  # of the wanted columns
    width: int
    line: int  # on which the header stands


def rows_read(path: Path, wanted: Wanted, notes: Notes) -> Iterator[tuple[int, list[str]]]:
    """The complete rows: the number of the line on which each ends, and its wanted cells."""
    line = 0
    with _opened(path) as file:
        try:
            header = _header(path, file, wanted)
            line = header.line
            reader = csv.reader(file, delimiter=header.delimiter, strict=True)
            for row in reader:
                line = header.line + reader.line_num
                cells = [row[place].strip() if place < len(row) else "" for place in header.places]
                if all(cells) and (len(row) <= header.width or not any(map(str.strip, row[header.width :]))):
                    yield line, cells
                elif any(map(str.strip, row)):
                    _note_unusable(notes, dict(zip(wanted, cells, strict=True)), line)
        except csv.Error as exc:
            raise InvalidInput(f"{path} is no proper CSV behind line {line}: {exc}.") from exc
        except UnicodeDecodeError as exc:
            raise InvalidInput(f"{path} is not {exc.encoding.upper()}; save it as UTF-8 and try again.") from exc
        except (OSError, EOFError) as exc:
            raise InvalidInput(f"{path} cannot be read to its end: {exc}.") from exc


def _note_unusable(notes: Notes, cells: dict[str, str], line: int) -> None:
    lacking = [name for name, cell in cells.items() if not cell]
    if lacking:
        where = f"line {line} (no {' and no '.join(lacking)})"
        notes.add("missing_cell", "rows with a missing cell, left out", where)
    else:
        notes.add("extra_cell", "rows with more cells than the header, left out", f"line {line}")


def _opened(path: Path) -> io.TextIOWrapper:
    """The file as text; the byte order mark says UTF-16, the first two bytes say gzip."""
    csv.field_size_limit(_LONGEST_CELL)
    try:
        with path.open("rb") as raw:
            is_gzip = raw.read(2) == b"\x1f\x8b"
        with _binary(path, is_gzip=is_gzip) as start:
            mark = start.read(2)
        encoding = "utf-16" if mark in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        return io.TextIOWrapper(_binary(path, is_gzip=is_gzip), encoding=encoding, newline="")
    except (OSError, EOFError) as exc:
        raise InvalidInput(f"{path} cannot be read: {getattr(exc, 'strerror', None) or exc}.") from exc


def _binary(path: Path, *, is_gzip: bool) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path, "rb")) if is_gzip else path.open("rb")


def _header(path: Path, file: io.TextIOWrapper, wanted: Wanted) -> _Header:
    """Where the wanted columns stand. The delimiter is the one that finds most of them."""
    line, text = 0, "\n"
    while text and not text.strip():
        line, text = line + 1, file.readline()
    if not text:
        raise InvalidInput(f"{path} is empty; it needs a header and rows.")
    if "\0" in text:
        raise InvalidInput(f"{path} is no UTF-8 text: its first line holds zero bytes. Save it as UTF-8 and try again.")
    found = {each: _names(text, each) for each in DELIMITERS}
    delimiter = max(DELIMITERS, key=lambda each: (_n_found(found[each], wanted), len(found[each])))
    names = found[delimiter]
    places = [_place(path, names, role, wanted[role]) for role in wanted]
    if len(set(places)) < len(places):
        raise InvalidInput(f"{path}: {' and '.join(wanted)} must each have a column of their own; name other columns.")
    return _Header(delimiter, places, len(names), line)


def _names(text: str, delimiter: str) -> list[str]:
    return [name.strip() for name in next(csv.reader([text.rstrip("\r\n")], delimiter=delimiter))]


def _n_found(names: list[str], wanted: Wanted) -> int:
    return sum(any(name in names for name in _candidates(*pair)) for pair in wanted.values())


def _candidates(given: str, usual: tuple[str, ...]) -> tuple[str, ...]:
    return (given,) if given else usual


def _place(path: Path, names: list[str], role: str, pair: tuple[str, tuple[str, ...]]) -> int:
    """The column of one role: by its exact name, else in any case."""
    for fold in (str, str.lower):
        for candidate in _candidates(*pair):
            places = [place for place, name in enumerate(names) if fold(name) == fold(candidate)]
            if len(places) > 1:
                raise InvalidInput(f"{path} has {len(places)} columns named {candidate}; rename all but one.")
            if places:
                return places[0]
    there = ", ".join(names)
    wanted = " or ".join(_candidates(*pair))
    raise InvalidInput(
        f"{path} has no column {wanted}; its first line names: {there}. Name the right one with --{role}-column.",
        field=f"{role}_column",
    )
