"""What changed between two texts, word by word."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

# A word carries the white space after it. Scripts written without spaces are compared sign by sign.
_TOKEN = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]\s*|[^\s\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+\s*|\s+"
)
MAX_EDITS = 1_000  # beyond it the middle counts as rewritten; keeps the search below 10**6 steps

Change = Literal["same", "removed", "added"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text with one fate."""

    change: Change
    text: str


def words_of(text: str) -> list[str]:
    """The tokens of a text; joined they are the text again."""
    return _TOKEN.findall(text)


def word_diff(before: str, after: str) -> list[Piece]:
    """The shortest edit from `before` to `after` in words, removals before additions.

    Same and removed pieces join to `before`, same and added ones to `after`. Greedy O(ND) search after Myers (1986),
    doi:10.1007/BF01840446; with more than `MAX_EDITS` edits, all between the common ends is one rewrite.
    """
    old, new = words_of(before), words_of(after)
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    middle = _edit(old[head : len(old) - tail], new[head : len(new) - tail])
    script: list[tuple[Change, str]] = [("same", word) for word in old[:head]]
    script += middle
    script += [("same", word) for word in old[len(old) - tail :]]
    return _pieces(script)


def words_changed(pieces: Sequence[Piece]) -> tuple[int, int]:
    """(words added, words removed)."""
    counts = {"added": 0, "removed": 0, "same": 0}
    for piece in pieces:
        counts[piece.change] += sum(1 for word in words_of(piece.text) if word.strip())
    return counts["added"], counts["removed"]


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    for index, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return index
    return min(len(one), len(other))


def _edit(old: list[str], new: list[str]) -> list[tuple[Change, str]]:
    """The edit script between two lists that share neither first nor last word."""
    if not old or not new:
        return _rewrite(old, new)
    history = _search(old, new)
    return _rewrite(old, new) if history is None else _backtrack(old, new, history)


def _rewrite(old: list[str], new: list[str]) -> list[tuple[Change, str]]:
    gone: list[tuple[Change, str]] = [("removed", word) for word in old]
    return gone + [("added", word) for word in new]


def _search(old: list[str], new: list[str]) -> list[dict[int, int]] | None:
    """For each number of edits d, how far into `old` each diagonal k reached; None past the limit."""
    reach = {1: 0}
    history: list[dict[int, int]] = []
    for d in range(min(len(old) + len(new), MAX_EDITS) + 1):
        history.append(dict(reach) if d < 2 else {k: reach[k] for k in range(-d, d + 1) if k in reach})
        for k in range(-d, d + 1, 2):
            x = _step(reach, k, d)
            while x < len(old) and x - k < len(new) and old[x] == new[x - k]:
                x += 1
            reach[k] = x
            if x >= len(old) and x - k >= len(new):
                return history
    return None


def _step(reach: dict[int, int], k: int, d: int) -> int:
    """Where diagonal k starts at depth d: down from k + 1 (an addition) or right from k - 1 (a removal)."""
    if k == -d or (k != d and reach[k - 1] < reach[k + 1]):
        return reach[k + 1]
    return reach[k - 1] + 1


def _backtrack(old: list[str], new: list[str], history: list[dict[int, int]]) -> list[tuple[Change, str]]:
    x, y = len(old), len(new)
    script: list[tuple[Change, str]] = []
    for d in range(len(history) - 1, -1, -1):
        reach = history[d]
        k = x - y
        down = k == -d or (k != d and reach[k - 1] < reach[k + 1])
        start_x = reach[k + 1] if down else reach[k - 1]
        start_y = start_x - (k + 1 if down else k - 1)
        while x > max(start_x, 0) and y > max(start_y, 0) and (x, y) != _after(start_x, start_y, down):
            x, y = x - 1, y - 1
            script.append(("same", old[x]))
        if d > 0:
            script.append(("added", new[start_y]) if down else ("removed", old[start_x]))
        x, y = start_x, start_y
    return script[::-1]


def _after(x: int, y: int, down: bool) -> tuple[int, int]:
    return (x, y + 1) if down else (x + 1, y)


def _pieces(script: list[tuple[Change, str]]) -> list[Piece]:
    """Join runs; between two same pieces all removals stand before all additions."""
    pieces: list[Piece] = []
    pending: dict[Change, list[str]] = {"removed": [], "added": [], "same": []}

    def flush(*changes: Change) -> None:
        for change in changes:
            if pending[change]:
                pieces.append(Piece(change, "".join(pending[change])))
                pending[change] = []

    for change, word in script:
        if change == "same":
            flush("removed", "added")
        else:
            flush("same")
        pending[change].append(word)
    flush("same", "removed", "added")
    return pieces
