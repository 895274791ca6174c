"""Labelled rows from any CSV, and the seeded cut of the test file."""

import csv
import random
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import quoteattr

from apps.core.errors import InvalidInput

MAX_LABELS = 500
MAX_LABEL_CHARS = 200
# What XML 1.0 and Postgres cannot hold.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Row:
    """A text with its true label; `key` names it within its file."""

    key: str
    text: str
    label: str


@dataclass(frozen=True, slots=True)
class LabelledFile:
    """The usable rows of a file, and how many were left out for want of a text or a label."""

    rows: tuple[Row, ...]
    n_left_out: int


def rows_read(path: Path, *, text_column: str, label_column: str) -> LabelledFile:
    """Read a CSV in UTF-8, with or without a byte order mark; quotes and newlines within fields are kept.

    Raises:
        InvalidInput: no such file or column, not UTF-8, or no usable row; names what is there.
    """
    csv.field_size_limit(sys.maxsize)
    rows, left_out = [], 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for number, (text, label) in enumerate(_pairs(file, path, text_column, label_column), start=1):
                if text and label:
                    rows.append(Row(f"{path.stem}-{number}", text, label))
                else:
                    left_out += 1
    except OSError as exc:
        raise InvalidInput(f"{path} cannot be read: {exc.strerror}.") from exc
    except UnicodeDecodeError as exc:
        raise InvalidInput(f"{path} is not UTF-8 (byte {exc.start}); save it as UTF-8 and try again.") from exc
    if not rows:
        raise InvalidInput(f"{path} has no row with both a text and a label.")
    return LabelledFile(tuple(rows), left_out)


def _pairs(file: Iterator[str], path: Path, text_column: str, label_column: str) -> Iterator[tuple[str, str]]:
    reader = csv.DictReader(file)
    columns = list(reader.fieldnames or ())
    for column in (text_column, label_column):
        if column not in columns:
            raise InvalidInput(f"{path} has no column {column!r}; it has {', '.join(map(repr, columns)) or 'none'}.")
    for row in reader:
        text = _CONTROL.sub("", row[text_column] or "").strip()
        yield text, " ".join(_CONTROL.sub("", row[label_column] or "").split())


def labels_of(*files: LabelledFile) -> list[str]:
    """All labels, sorted.

    Raises:
        InvalidInput: fewer than two, too many, or one too long to be a label.
    """
    labels = sorted({row.label for file in files for row in file.rows})
    if not 2 <= len(labels) <= MAX_LABELS:
        raise InvalidInput(f"There are {len(labels)} different labels; between 2 and {MAX_LABELS} can be judged.")
    for label in labels:
        if len(label) > MAX_LABEL_CHARS:
            raise InvalidInput(f"The label {label[:60]!r}… is longer than {MAX_LABEL_CHARS} characters.")
    return labels


def halves_draw(rows: Sequence[Row], *, seed: int) -> tuple[list[Row], list[Row]]:
    """(gate half, reporting half), cut by a seeded draw: one decides, the other is only reported on."""
    shuffled = list(rows)
    random.Random(seed).shuffle(shuffled)  # noqa: S311 (a repeatable draw)
    middle = len(shuffled) // 2
    return shuffled[:middle], shuffled[middle:]


def config_xml(labels: Sequence[str]) -> str:
    """The labelling config of a single choice over one text."""
    choices = "\n".join(f"    <Choice value={quoteattr(label)}/>" for label in labels)
    return (
        '<View>\n  <Text name="text" value="$text"/>\n'
        f'  <Choices name="label" toName="text" choice="single" required="true">\n{choices}\n  </Choices>\n</View>'
    )
