"""Cut a labelled set into a training and a validation part."""

import numpy as np
from numpy.typing import NDArray


def stratified_split(
    classes: NDArray[np.int64], *, share: float, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions of the training part and of the validation part, class by class.

    Every class keeps at least one item in the training part, so a class with a single item is never validated. The
    size of the validation part is `share` of all items, rounded, where the classes are large enough to give it.

    Args:
        classes: shape (n_items,); class index of each item.
        share: wanted share of the validation part, in [0, 1).
    Returns:
        Two sorted arrays of positions; together they hold each position once.
    Raises:
        ValueError: `share` lies outside [0, 1).
    """
    if not 0 <= share < 1:
        raise ValueError(f"share must lie in [0, 1), not {share}")
    values, counts = np.unique(classes, return_counts=True)
    taken = _quotas(counts, share=share, rng=rng)
    validation = [
        rng.permutation(np.flatnonzero(classes == value))[:take] for value, take in zip(values, taken, strict=True)
    ]
    held_out = np.sort(np.concatenate(validation)) if validation else np.empty(0, dtype=np.int64)
    training = np.setdiff1d(np.arange(len(classes)), held_out)
    return training.astype(np.int64), held_out.astype(np.int64)


def _quotas(counts: NDArray[np.int64], *, share: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """Validation items per class: floors first, then largest remainders, ties in random order."""
    exact = counts * share
    quotas = np.floor(exact).astype(np.int64)
    missing = round(float(counts.sum()) * share) - int(quotas.sum())
    order = rng.permutation(len(counts))
    order = order[np.argsort(-(exact - quotas)[order], kind="stable")]
    for index in order:
        if missing > 0 and quotas[index] < counts[index] - 1:
            quotas[index] += 1
            missing -= 1
    capped: NDArray[np.int64] = np.minimum(quotas, counts - 1)
    return capped
