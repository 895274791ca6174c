"""ROVER: several versions of a text aligned word by word, and the words put to the vote.

J. G. Fiscus (1997), "A post-processing system to yield reduced word error rates: Recognizer Output Voting Error
Reduction (ROVER)", doi:10.1109/ASRU.1997.659110, sections 2.1 (alignment) and 2.2 (voting by frequency).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Slot = dict[str, float]  # the words that compete for one place, with the weight behind each; "": no word


def rover(versions: Sequence[Sequence[str]], weights: Sequence[float]) -> list[str]:
    """The words that win their places; of equal ones that of the earliest version.

    Args:
        versions: words of each version, none of them empty; the first one shapes the alignment most.
        weights: above 0, one for each version.
    """
    slots: list[Slot] = [{word: weights[0]} for word in versions[0]] if versions else []
    before = weights[0] if versions else 0.0
    for words, weight in zip(versions[1:], weights[1:], strict=True):
        slots = _joined(slots, words, weight, before)
        before += weight
    winners = (_winner(slot) for slot in slots)
    return [word for word in winners if word]


def _winner(slot: Slot) -> str:
    most = max(slot.values())
    return next(word for word, weight in slot.items() if weight >= most - 1e-9 * most)


def _joined(slots: list[Slot], words: Sequence[str], weight: float, before: float) -> list[Slot]:
    """The lattice with one more version in it: each word joins a place, opens one, or leaves one empty."""
    steps = _alignment(slots, words)
    joined: list[Slot] = []
    row, column = len(words), len(slots)
    while row or column:
        step = steps[row, column]
        if step == _BOTH:
            row, column = row - 1, column - 1
            joined.append(_with(slots[column], words[row], weight))
        elif step == _SLOT:
            column -= 1
            joined.append(_with(slots[column], "", weight))
        else:
            row -= 1
            joined.append({"": before, words[row]: weight})
    return joined[::-1]


def _with(slot: Slot, word: str, weight: float) -> Slot:
    return {**slot, word: slot.get(word, 0.0) + weight}


_BOTH, _SLOT, _WORD = 0, 1, 2


def _alignment(slots: list[Slot], words: Sequence[str]) -> NDArray[np.int8]:
    """Which step is cheapest into each cell; a place may stay empty for nothing where some version leaves it so."""
    skips = np.array(["" not in slot for slot in slots], dtype=np.float64)
    steps = np.full((len(words) + 1, len(slots) + 1), _WORD, dtype=np.int8)
    steps[0, 1:] = _SLOT
    above = np.concatenate([[0.0], np.cumsum(skips)])
    for row, word in enumerate(words, start=1):
        costs = np.array([word not in slot for slot in slots], dtype=np.float64)
        current = np.empty(len(slots) + 1)
        current[0] = row
        both, new = above[:-1] + costs, above[1:] + 1.0
        best = np.minimum(both, new)
        kinds = np.where(both <= new, _BOTH, _WORD)
        for column in range(1, len(slots) + 1):
            left = current[column - 1] + skips[column - 1]
            is_left = left < best[column - 1]
            current[column] = left if is_left else best[column - 1]
            steps[row, column] = _SLOT if is_left else kinds[column - 1]
        above = current
    return steps
