"""JSONL in, checked row by row."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.training.trainer.errors import TrainerError


@dataclass(frozen=True, slots=True)
class TextItem:
    """A text to predict."""

    id: str
    text: str


def read_items(path: Path) -> Iterator[TextItem]:
    """The rows of {"id", "text"}, one at a time."""
    for number, row in _rows(path):
        yield TextItem(id=_text(row, "id", number), text=_text(row, "text", number))


def read_labelled(path: Path, *, labels: Sequence[str]) -> tuple[list[str], NDArray[np.int64]]:
    """Texts and class indexes of the rows of {"id", "text", "label"}.

    Raises:
        TrainerError: kind `items_invalid` names the row; `single_class` when nothing could be told apart.
    """
    index = {label: position for position, label in enumerate(labels)}
    texts: list[str] = []
    classes: list[int] = []
    for number, row in _rows(path):
        label = _text(row, "label", number)
        if label not in index:
            raise TrainerError("items_invalid", f"Row {number} has the label {label!r}, which the job does not list.")
        texts.append(_text(row, "text", number))
        classes.append(index[label])
    if len(set(classes)) < 2:
        raise TrainerError(
            "single_class",
            f"The {len(texts)} training items have {len(set(classes))} different label(s); at least two are needed.",
        )
    return texts, np.array(classes, dtype=np.int64)


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, json.loads(line)
    except FileNotFoundError as exc:
        raise TrainerError("items_invalid", f"{path.name} does not exist.") from exc
    except ValueError as exc:
        raise TrainerError("items_invalid", f"{path.name} is not JSON Lines in UTF-8.") from exc


def _text(row: dict[str, Any], name: str, number: int) -> str:
    value = row.get(name) if isinstance(row, dict) else None
    if not isinstance(value, str):
        raise TrainerError("items_invalid", f"Row {number} has no text in {name!r}.")
    return value
