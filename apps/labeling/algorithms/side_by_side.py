"""Marked regions of one text by several people, cut into pieces that can be shown beside each other."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

# Around a mark in a long text so much is shown; what lies between is left out.
AROUND = 120


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """Characters `start` up to, not including, `end` under one or more labels."""

    start: int
    end: int
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of the text.

    Args:
        labels: of the marks over it; empty where nothing is marked.
        is_odd: whether one of those marks is not everybody's.
        is_gap: whether text was left out here.
    """

    text: str
    labels: tuple[str, ...] = ()
    is_odd: bool = False
    is_gap: bool = False


def shared_by(marked: Sequence[Sequence[Mark]]) -> Counter[Mark]:
    """How many people have each mark, with the same place and labels."""
    return Counter(mark for marks in marked for mark in set(marks))


def segments(text: str, marks: Sequence[Mark], *, odd: frozenset[Mark], around: int = AROUND) -> list[Segment]:
    """The text cut at the edges of one person's marks. Joined, without gaps, the pieces are the text again."""
    edges = sorted({0, len(text), *(edge for mark in marks for edge in (mark.start, mark.end))})
    pieces: list[Segment] = []
    for start, end in pairwise(edges):
        over = [mark for mark in marks if mark.start <= start and end <= mark.end]
        labels = tuple(dict.fromkeys(label for mark in over for label in mark.labels))
        pieces.append(Segment(text[start:end], labels, is_odd=any(mark in odd for mark in over)))
    return [part for number, piece in enumerate(pieces) for part in _shortened(piece, number, len(pieces), around)]


def _shortened(piece: Segment, number: int, n: int, around: int) -> list[Segment]:
    if piece.labels or len(piece.text) <= 2 * around + 40:
        return [piece]
    before = [] if number == 0 else [Segment(piece.text[:around])]
    after = [] if number == n - 1 and n > 1 else [Segment(piece.text[-around:])]
    if n == 1:  # nothing is marked: the beginning is enough
        return [Segment(piece.text[: 2 * around]), Segment("…", is_gap=True)]
    return [*before, Segment("…", is_gap=True), *after]
