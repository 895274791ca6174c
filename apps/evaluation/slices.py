"""Cohorts inside a set: items that share a value of a trace attribute."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from apps.evaluation.sets import EvaluationRow

MAX_VALUES = 12  # an attribute with more different values is no cohort but an id or a number
MAX_SLICES = 20
MIN_ITEMS = 5  # below, a slice is not even listed as too small


def slices_of(rows: Sequence[EvaluationRow]) -> dict[str, NDArray[np.bool_]]:
    """Masks by name ("language = es"), the largest slices first. A value that every item has is no slice."""
    values = [{name: _word(value) for name, value in row.attributes.items()} for row in rows]
    found: list[tuple[int, str, NDArray[np.bool_]]] = []
    for name in sorted({name for row in values for name in row}):
        column = [row.get(name) for row in values]
        counts = Counter(word for word in column if word is not None)
        if len(counts) <= MAX_VALUES:
            found += [
                (count, f"{name} = {word}", np.array([other == word for other in column], dtype=np.bool_))
                for word, count in counts.items()
                if MIN_ITEMS <= count < len(rows)
            ]
    found.sort(key=lambda one: (-one[0], one[1]))
    return {name: mask for _, name, mask in found[:MAX_SLICES]}


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)[:60]
