"""Label and truth files on disk, read into arrays; what could not be used is counted and named.

A label file has one row per answer (item, worker, label), a truth file one per item (item, label). Both are CSV with a
header: comma, semicolon, tab or bar between the cells; UTF-8 or UTF-16, with or without a byte order mark; plain or
gzip. Every cell is text: "01" and "1" are two items, "New York" is one label; only spaces around a cell are cut.
Between the two files "3.0" stands for "3" where only one of them is there.
"""

import re
from array import array
from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from apps.consensus.label_rows import Notes, Problem, rows_read
from apps.core.errors import InvalidInput

# What a column may be called when no name is given: ours first, then what other tools write.
ITEM_COLUMNS = ("item", "task")
WORKER_COLUMNS = ("worker", "reviewer", "annotator")
LABEL_COLUMNS = ("label",)
UNKNOWN = -1
NEVER_GIVEN = -2
DUPLICATE_RULES = ("latest", "drop-conflicting")


@dataclass(frozen=True, slots=True)
class LabelFile:
    """Answers in long format, at most one per item and reviewer, ordered by item and reviewer.

    The order of rows in the file changes nothing here but which of two answers is the later one.
    """

    items: tuple[str, ...]  # sorted: by number where all are whole numbers, else by text
    reviewers: tuple[str, ...]  # sorted likewise
    classes: tuple[str, ...]  # sorted likewise; only labels that were given
    item_idx: NDArray[np.int64]  # (n_labels,), into `items`
    reviewer_idx: NDArray[np.int64]  # (n_labels,), into `reviewers`
    label_idx: NDArray[np.int64]  # (n_labels,), into `classes`
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class TruthFile:
    """The right label of each item."""

    answers: dict[str, str]
    problems: tuple[Problem, ...]


def labels_read(
    path: Path,
    *,
    item_column: str = "",
    worker_column: str = "",
    label_column: str = "",
    duplicates: str = "latest",
) -> LabelFile:
    """Read a label file.

    Args:
        item_column, worker_column, label_column: names in the header; empty: the usual names.
        duplicates: what holds when a worker answered an item twice. "latest": the later row; "drop-conflicting": none
            if they differ. Equal answers count once either way.
    Raises:
        InvalidInput: the file cannot be read, lacks a column, is no proper CSV, or has no usable row.
    """
    wanted = {
        "item": (item_column, ITEM_COLUMNS),
        "worker": (worker_column, WORKER_COLUMNS),
        "label": (label_column, LABEL_COLUMNS),
    }
    notes = Notes()
    columns = item_cells, worker_cells, label_cells = _Column(), _Column(), _Column()
    lines = array("q")
    for line, (item, worker, label) in rows_read(path, wanted, notes):
        lines.append(line)
        item_cells.append(item)
        worker_cells.append(worker)
        label_cells.append(label)
    indices = [column.sorted() for column in columns]
    kept = lines and _one_answer_each(*(index for _, index in indices), rule=duplicates, lines=lines, notes=notes)
    if not len(kept):
        raise InvalidInput(f"{path} has no usable row.{notes.sentence()}")
    (items, item_idx), (reviewers, reviewer_idx), (classes, label_idx) = (
        _used(names, index[kept]) for names, index in indices
    )
    _note_look_alikes(classes, notes)
    return LabelFile(items, reviewers, classes, item_idx, reviewer_idx, label_idx, notes.problems())


def _note_look_alikes(classes: Sequence[str], notes: Notes) -> None:
    """Labels that are probably meant to be one. Nothing is changed, though "yes" then counts as wrong for "Yes"."""
    first: dict[str, str] = {}
    for label in classes:
        other = first.setdefault(_plain(label).casefold(), label)
        if other != label:
            words = "labels that differ from another one only in case or as numbers are written, kept apart"
            notes.add("look_alike_label", words, f"{label} beside {other}")


def _used(names: tuple[str, ...], index: NDArray[np.int64]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Without the names that only dropped rows had: a class that nobody chose would count as a possible answer."""
    places, among = np.unique(index, return_inverse=True)
    return tuple(names[place] for place in places), among


def truth_read(
    path: Path, *, item_column: str = "", label_column: str = "", also_item: str = "", also_label: str = ""
) -> TruthFile:
    """Read a truth file. An item with two different labels has no known truth and is left out.

    Args:
        item_column, label_column: names in the header; empty: `also_item`, `also_label` or the usual names.
    Raises:
        InvalidInput: as in `labels_read`.
    """
    wanted = {
        "item": (item_column, (also_item, *ITEM_COLUMNS)[not also_item :]),
        "label": (label_column, (also_label, *LABEL_COLUMNS)[not also_label :]),
    }
    notes = Notes()
    answers: dict[str, str] = {}
    conflicting: set[str] = set()
    for line, (item, label) in rows_read(path, wanted, notes):
        if item not in answers:
            answers[item] = label
        elif answers[item] == label:
            notes.add("repeated_truth", "repeated truth rows, each counted once", f"line {line} (item {item})")
        else:
            conflicting.add(item)
            notes.add(
                "conflicting_truth",
                "truth rows that contradict an earlier one, their items left out of the measurement",
                f"line {line} (item {item})",
            )
    for item in conflicting:
        del answers[item]
    if not answers:
        raise InvalidInput(f"{path} has no usable row.{notes.sentence()}")
    return TruthFile(answers, notes.problems())


def truth_indexed(labels: LabelFile, truth: TruthFile) -> tuple[NDArray[np.int64], tuple[Problem, ...]]:
    """The truth as class indices, shape (n_items,), and what about the two files does not fit together.

    UNKNOWN (-1) stands for an item without a known truth, NEVER_GIVEN (-2) for a true label that no worker ever gave:
    every method gets that item wrong.
    """
    notes = Notes()
    item_of, class_of = _Spellings(labels.items, notes), _Spellings(labels.classes, notes)
    known = np.full(len(labels.items), UNKNOWN, dtype=np.int64)
    for item, label in truth.answers.items():
        place = item_of.place(item, taken=truth.answers)
        if place is None:
            notes.add("unknown_truth_item", "truth items without any label, left out", f"item {item}")
            continue
        answer = class_of.place(label)
        known[place] = NEVER_GIVEN if answer is None else answer
        if answer is None:
            notes.add(
                "truth_never_given",
                "items whose true label no worker ever gave, counted as wrong",
                f"item {item} ({label})",
            )
    for index in np.flatnonzero(known == UNKNOWN):
        notes.add("item_without_truth", "items without a truth, not measured", f"item {labels.items[index]}")
    return known, notes.problems()


class _Spellings:
    """Finds a name of the truth file among those of the label file; 3.0 is 3 where only one of the two is there.

    Spreadsheets and data frames write whole numbers so as soon as one cell of the column is empty.
    """

    def __init__(self, names: Sequence[str], notes: Notes) -> None:
        self._names, self._notes = names, notes
        self._places = {name: index for index, name in enumerate(names)}
        counts = Counter(map(_plain, names))
        self._by_plain = {_plain(name): index for index, name in enumerate(names) if counts[_plain(name)] == 1}

    def place(self, name: str, *, taken: Container[str] = ()) -> int | None:
        """Where the name stands; None where it does not, or its other spelling is one of those `taken`."""
        if name in self._places:
            return self._places[name]
        found = self._by_plain.get(_plain(name))
        if found is None or self._names[found] in taken:
            return None
        words = "cells of the truth file taken for the same number written otherwise"
        self._notes.add("other_spelling", words, f"{name} for {self._names[found]}")
        return found


def _plain(name: str) -> str:
    return re.sub(r"\A(-?[0-9]+)\.0+\Z", r"\1", name)


@dataclass(slots=True)
class _Column:
    """Cells as numbers in the order of first appearance: four bytes a cell, each distinct text kept once."""

    codes: dict[str, int] = field(default_factory=dict)
    cells: "array[int]" = field(default_factory=lambda: array("l"))

    def append(self, cell: str) -> None:
        self.cells.append(self.codes.setdefault(cell, len(self.codes)))

    def sorted(self) -> tuple[tuple[str, ...], NDArray[np.int64]]:
        """The distinct texts in their stated order, and each cell as an index into them."""
        names = tuple(_in_order(self.codes))
        rank = np.empty(len(names), dtype=np.int64)
        rank[[self.codes[name] for name in names]] = np.arange(len(names))
        return names, rank[np.frombuffer(self.cells, dtype=np.dtype("l"))]


def _in_order(names: dict[str, int]) -> list[str]:
    """By number where every name is a whole number, else by text; "1" before "01", so that the order is total."""
    if all(re.fullmatch(r"-?[0-9]{1,18}", name) for name in names):
        return sorted(names, key=lambda name: (int(name), len(name), name))
    return sorted(names)


def _one_answer_each(
    item_idx: NDArray[np.int64],
    reviewer_idx: NDArray[np.int64],
    label_idx: NDArray[np.int64],
    *,
    rule: str,
    lines: Sequence[int],
    notes: Notes,
) -> NDArray[np.int64]:
    """Which rows count, ordered by item and reviewer."""
    if rule not in DUPLICATE_RULES:
        raise ValueError(f"duplicates must be one of {', '.join(DUPLICATE_RULES)}")
    order = np.lexsort((reviewer_idx, item_idx))  # stable: rows of one pair stay in the order of the file
    item, reviewer, label = item_idx[order], reviewer_idx[order], label_idx[order]
    repeats = (item[1:] == item[:-1]) & (reviewer[1:] == reviewer[:-1])
    is_last = np.append(~repeats, True)
    group = np.concatenate([[0], np.cumsum(~repeats)])
    last = label[is_last][group]
    is_conflict = np.bincount(group, weights=label != last)[group] > 0
    kept = is_last & ~(is_conflict & (rule == "drop-conflicting"))
    dropped = np.flatnonzero(~kept)
    for place in dropped[np.argsort(order[dropped])]:
        where = f"line {lines[order[place]]}"
        if not is_conflict[place]:
            notes.add("repeated_answer", "rows that repeat a worker's answer to an item, each counted once", where)
        elif rule == "latest":
            notes.add(
                "superseded_answer", "answers that a later row of the same worker on the same item replaced", where
            )
        else:
            notes.add("conflicting_answer", "rows of workers who contradict themselves on an item, dropped", where)
    return np.asarray(order[kept])
