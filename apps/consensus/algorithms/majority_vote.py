"""Majority vote: the shares of the votes, and who is ahead, with ties told."""

import numpy as np
from numpy.typing import NDArray

NO_ANSWER = -1


def majority_vote(votes: NDArray[np.int64], *, n_classes: int) -> NDArray[np.float64]:
    """Share of votes per class.

    Args:
        votes: shape (n_items, n_reviewers); class index in [0, n_classes), -1 for no answer.
        n_classes: at least 1.
    Returns:
        Shape (n_items, n_classes). Rows sum to 1; an item without answers gets the uniform row.
    Raises:
        ValueError: an index outside [-1, n_classes), or votes that are not a table.
    """
    return shares(vote_counts(votes, n_classes=n_classes))


def vote_counts(votes: NDArray[np.int64], *, n_classes: int) -> NDArray[np.int64]:
    """Number of votes per class, shape (n_items, n_classes); arguments and errors as in `majority_vote`."""
    table = np.asarray(votes)
    if table.ndim != 2:
        raise ValueError(f"votes must have two dimensions, items and reviewers, not {table.ndim}")
    if n_classes < 1:
        raise ValueError("n_classes must be at least 1")
    if table.size and (table.min() < NO_ANSWER or table.max() >= n_classes):
        raise ValueError(f"votes must lie in [-1, {n_classes})")
    item_idx, reviewer_idx = np.nonzero(table != NO_ANSWER)
    return label_counts(item_idx, table[item_idx, reviewer_idx], n_items=len(table), n_classes=n_classes)


def label_counts(
    item_idx: NDArray[np.int64], label_idx: NDArray[np.int64], *, n_items: int, n_classes: int
) -> NDArray[np.int64]:
    """Number of votes per class from long format, one row per vote; shape (n_items, n_classes)."""
    cells = np.asarray(item_idx, dtype=np.int64) * n_classes + label_idx
    return np.bincount(cells, minlength=n_items * n_classes).reshape(n_items, n_classes)


def shares(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Rows of counts, shape (n_items, n_classes), scaled to sum to 1; a row of zeros becomes uniform."""
    totals = counts.sum(axis=1, keepdims=True)
    uniform = np.full(counts.shape, 1.0 / counts.shape[1])
    return np.asarray(np.divide(counts, totals, out=uniform, where=totals > 0))


def winners(shares: NDArray[np.float64], *, tolerance: float = 1e-9) -> NDArray[np.bool_]:
    """Which classes share the first place of each item.

    Args:
        shares: shape (n_items, n_classes), as from `majority_vote` or a posterior.
        tolerance: how far below the highest share a class still counts as tied.
    Returns:
        Shape (n_items, n_classes); more than one True in a row is a tie, for the caller to settle.
    """
    return np.asarray(shares >= shares.max(axis=1, keepdims=True) - tolerance)
