"""Batches of texts that are about equally long, so that little is computed on padding."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# Training batches are sorted inside windows of this many batches only, so that an epoch stays random.
WINDOW_BATCHES = 16


def length_batches(lengths: Sequence[int], *, batch_size: int) -> list[NDArray[np.int64]]:
    """Positions grouped by length, longest first, for inference.

    Longest first so that a batch too large for memory fails at once and not after an hour. Equal lengths keep their
    order, hence the batches depend on the lengths alone.

    Raises:
        ValueError: `batch_size` below 1.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, not {batch_size}")
    order = np.argsort(-np.asarray(lengths, dtype=np.int64), kind="stable")
    return [order[start : start + batch_size] for start in range(0, len(order), batch_size)]


def shuffled_length_batches(
    lengths: Sequence[int], *, batch_size: int, rng: np.random.Generator
) -> list[NDArray[np.int64]]:
    """Positions in random batches of similar length, for one epoch of training; each position once."""
    order = rng.permutation(len(lengths))
    window = batch_size * WINDOW_BATCHES
    sizes = np.asarray(lengths, dtype=np.int64)
    batches: list[NDArray[np.int64]] = []
    for start in range(0, len(order), window):
        part = order[start : start + window]
        part = part[np.argsort(sizes[part], kind="stable")]
        batches.extend(part[at : at + batch_size] for at in range(0, len(part), batch_size))
    return [batches[index] for index in rng.permutation(len(batches))]
