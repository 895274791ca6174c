"""Votes side by side, question by question: what is the same in all, and where they differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from apps.labeling.algorithms.side_by_side import Mark, Segment, segments, shared_by
from apps.labeling.algorithms.spans import MarkedText, SpanProblem
from apps.labeling.algorithms.word_diff import Piece, word_diff
from apps.labeling.widgets import Region, answers_of, widget_of
from apps.labeling.widgets.answers import start_text
from apps.labeling.widgets.spans import labels_of
from apps.labeling.widgets.spans_texts import texts_of
from apps.projects.labelling import Control, LabellingConfig
from apps.workbench.selectors import Vote

# Longer texts are shown as words only: nobody compares a book by eye.
DIFFED = 20_000


@dataclass(frozen=True)
class MarkWords:
    """One mark in words, for those who do not see it in its place."""

    label: str
    text: str
    n: int  # how many of the answers have it


@dataclass(frozen=True)
class Cell:
    """What one vote says to one question."""

    words: str  # empty: it says nothing to it
    pieces: Sequence[Piece] = ()  # against the first text
    segments: Sequence[Segment] = ()  # the text with this vote's marks
    marks: Sequence[MarkWords] = ()


@dataclass(frozen=True)
class Compared:
    """One question over all votes."""

    title: str
    kind: str  # words | text | marks
    cells: Sequence[Cell]
    differs: bool


@dataclass(frozen=True)
class VoteShown:
    """A vote with what it says to each question that not everybody answered alike, and to the only one there is."""

    vote: Vote
    parts: Sequence[tuple[Compared, Cell]]


@dataclass(frozen=True)
class VotesShown:
    """All votes on an item, and what is the same in all of them."""

    votes: Sequence[VoteShown]
    agreed: Sequence[Compared]
    has_titles: bool  # whether there is more than one question


def votes_shown(config: LabellingConfig, votes: Sequence[Vote], *, data: Mapping[str, Any]) -> VotesShown:
    """Votes side by side. With several questions, those that all answer alike are told once."""
    rows = compared(config, [vote.annotation.result for vote in votes], data=data)
    agreed = [row for row in rows if not row.differs] if len(rows) > 1 and len(votes) > 1 else []
    shown = [row for row in rows if row not in agreed]
    parts = [VoteShown(vote, [(row, row.cells[number]) for row in shown]) for number, vote in enumerate(votes)]
    return VotesShown(parts, agreed, has_titles=len(rows) > 1)


def compared(
    config: LabellingConfig, results: Sequence[Sequence[Region]], *, data: Mapping[str, Any]
) -> list[Compared]:
    """One row for each question that somebody has answered, those that differ first."""
    held = [{control.name: (control, regions) for control, regions in answers_of(config, result)} for result in results]
    controls = {name: control for each in held for name, (control, _regions) in each.items()}
    rows = [
        _row(config, control, [each.get(name, (control, []))[1] for each in held], data)
        for name, control in controls.items()
    ]
    return sorted(rows, key=lambda row: not row.differs)


def _row(
    config: LabellingConfig, control: Control, answers: Sequence[Sequence[Region]], data: Mapping[str, Any]
) -> Compared:
    said = [widget_of(control).words(control, regions) if regions else "" for regions in answers]
    title = control.name.replace("_", " ").capitalize()
    if control.kind == "spans" and not control.per_region:
        return _marked(title, control, answers, said, texts_of(config, control, data))
    if control.kind == "text" and not control.per_region and max(map(len, said), default=0) <= DIFFED:
        cells = _texts(control, answers, data)
        return Compared(title, "text", cells, differs=len({cell.words for cell in cells}) > 1)
    return Compared(title, "words", [Cell(words) for words in said], differs=len(set(said)) > 1)


def _texts(control: Control, answers: Sequence[Sequence[Region]], data: Mapping[str, Any]) -> list[Cell]:
    """Each text against what all began with, if they began with something, else against the first."""
    texts = ["\n".join(_lines(regions)) for regions in answers]
    start = start_text(control, data)
    against = start if isinstance(start, str) and start else next((text for text in texts if text), "")
    return [Cell(text, pieces=word_diff(against, text) if text and text != against else ()) for text in texts]


def _lines(regions: Sequence[Region]) -> list[str]:
    held = [region["value"].get("text", []) for region in regions]
    return [str(line) for each in held for line in (each if isinstance(each, list) else [each])]


def _marked(
    title: str,
    control: Control,
    answers: Sequence[Sequence[Region]],
    said: Sequence[str],
    texts: Mapping[str, MarkedText],
) -> Compared:
    name, text = next(iter(texts.items()), ("", None))
    marked = [_marks(control, regions, name, text) for regions in answers]
    counts = shared_by(marked)
    odd = frozenset(mark for mark, n in counts.items() if n < len(answers))
    cells = []
    for marks, words in zip(marked, said, strict=True):
        flat = text.text if text is not None else ""
        told = [MarkWords(", ".join(mark.labels), flat[mark.start : mark.end], counts[mark]) for mark in sorted(marks)]
        shown = segments(flat, marks, odd=odd) if marks else []
        cells.append(Cell(words or _("nothing marked"), segments=shown, marks=told))
    return Compared(title, "marks", cells, differs=bool(odd) or len(set(said)) > 1)


def _marks(control: Control, regions: Sequence[Region], name: str, text: MarkedText | None) -> list[Mark]:
    """The regions in the first text that the control marks; what cannot be placed is left to the words."""
    names = {label.value: label.text for label in control.labels}
    found = []
    for region in regions:
        if text is None or region.get("to_name") != name:
            continue
        try:
            span = text.span_of(region["value"])
        except SpanProblem:
            continue
        labels = tuple(sorted(names.get(label, label) for label in labels_of(control, region)))
        found.append(Mark(span.start, span.end, labels))
    return found
