"""How good a model's answers are: accuracy, F1 and the confusion matrix, with intervals.

Everything is a function of the confusion matrix, so a bootstrap resample is one multinomial draw over its cells
(`consensus.algorithms.resampling`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from statsmodels.stats.proportion import proportion_confint

from apps.consensus.algorithms.resampling import percentile_interval, resampled_counts

# Below so many items a percentile bootstrap of a share is too narrow; Wilson's interval holds.
SMALL_N = 100


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its interval and the items behind it; None where it is undefined."""

    value: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, slots=True)
class ClassScore:
    """One class: precision and recall are None where nothing was predicted, or nothing is there, to divide by."""

    label: int
    precision: float | None
    recall: float | None
    f1: float  # 0 where the class is neither predicted nor there
    support: int
    recall_low: float | None
    recall_high: float | None


@dataclass(frozen=True, slots=True)
class Metrics:
    """What an evaluation run reports about a classifier."""

    accuracy: Estimate
    macro_f1: Estimate
    per_class: tuple[ClassScore, ...]
    confusion: NDArray[np.int64]  # (n_classes, n_classes): [golden label, answer]


def metrics(
    truth: NDArray[np.int64],
    predicted: NDArray[np.int64],
    *,
    n_classes: int,
    rng: np.random.Generator,
    n_resamples: int = 2000,
    level: float = 0.95,
) -> Metrics:
    """Score a classifier's answers.

    Args:
        truth, predicted: shape (n_items,), classes in [0, n_classes).
    Returns:
        Accuracy with a bootstrap interval (Wilson's below 100 items), macro-F1 over the classes that occur in `truth`
        or `predicted` with a bootstrap interval, scores per class and the confusion matrix.
    Raises:
        ValueError: different lengths or a class out of range.
    """
    confusion = confusion_matrix(truth, predicted, n_classes=n_classes)
    draws = _resampled(confusion, n_resamples=n_resamples, rng=rng)
    return Metrics(
        accuracy=_accuracy(confusion, draws, level=level),
        macro_f1=_macro_f1(confusion, draws, level=level),
        per_class=tuple(_class_score(confusion, label, level=level) for label in range(n_classes)),
        confusion=confusion,
    )


def confusion_matrix(truth: NDArray[np.int64], predicted: NDArray[np.int64], *, n_classes: int) -> NDArray[np.int64]:
    """Counts [golden label, answer], shape (n_classes, n_classes). Raises ValueError as `metrics`."""
    if len(truth) != len(predicted):
        raise ValueError("truth and predicted must have the same length")
    for name, labels in (("truth", truth), ("predicted", predicted)):
        if len(labels) and (labels.min() < 0 or labels.max() >= n_classes):
            raise ValueError(f"{name} must lie in [0, {n_classes})")
    cells = np.asarray(truth, dtype=np.int64) * n_classes + predicted
    return np.bincount(cells, minlength=n_classes**2).reshape(n_classes, n_classes)


def wilson(successes: int, n: int, *, level: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval of a share (E. B. Wilson 1927, doi:10.1080/01621459.1927.10502953); (0, 1) for n = 0."""
    if n == 0:
        return 0.0, 1.0
    low, high = proportion_confint(successes, n, alpha=1 - level, method="wilson")
    # At 0 of n and n of n rounding may put an end beyond the share itself.
    return max(0.0, min(float(low), successes / n)), min(1.0, max(float(high), successes / n))


def macro_f1_of(
    right: NDArray[np.float64], in_truth: NDArray[np.float64], in_predicted: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Mean F1 over the classes that occur, from counts of shape (..., n_classes); NaN where none occurs."""
    occurring = in_truth + in_predicted
    f1 = np.divide(2.0 * right, occurring, out=np.zeros(occurring.shape), where=occurring > 0)
    n_occurring = (occurring > 0).sum(axis=-1)
    total = f1.sum(axis=-1)
    return np.asarray(np.divide(total, n_occurring, out=np.full(total.shape, np.nan), where=n_occurring > 0))


@dataclass(frozen=True, slots=True)
class _Draws:
    """Resampled counts, each of shape (n_resamples, n_classes)."""

    right: NDArray[np.float64]
    in_truth: NDArray[np.float64]
    in_predicted: NDArray[np.float64]


def _resampled(confusion: NDArray[np.int64], *, n_resamples: int, rng: np.random.Generator) -> _Draws:
    """Resample the occupied cells only, and sum them by golden label and by answer."""
    rows, columns = np.nonzero(confusion)
    weights = resampled_counts(confusion[rows, columns], n_resamples=n_resamples, rng=rng)
    classes = np.arange(len(confusion))
    of_row = (rows[:, None] == classes).astype(np.float64)
    of_column = (columns[:, None] == classes).astype(np.float64)
    return _Draws(weights @ (of_row * of_column), weights @ of_row, weights @ of_column)


def _accuracy(confusion: NDArray[np.int64], draws: _Draws, *, level: float) -> Estimate:
    n, right = int(confusion.sum()), int(np.trace(confusion))
    if n == 0:
        return Estimate(None, None, None, 0)
    # A bootstrap of all right or all wrong has no width at any size.
    if n < SMALL_N or right in (0, n):
        return Estimate(right / n, *wilson(right, n, level=level), n)
    return _estimate(right / n, draws.right.sum(axis=1) / n, n, level=level)


def _macro_f1(confusion: NDArray[np.int64], draws: _Draws, *, level: float) -> Estimate:
    n = int(confusion.sum())
    if n == 0:
        return Estimate(None, None, None, 0)
    counts = (np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0))
    value = float(macro_f1_of(*(part.astype(np.float64) for part in counts)))
    return _estimate(value, macro_f1_of(draws.right, draws.in_truth, draws.in_predicted), n, level=level)


def _estimate(value: float, resampled: NDArray[np.float64], n: int, *, level: float) -> Estimate:
    low, high = percentile_interval(resampled, level=level) or (None, None)
    return Estimate(value, low, high, n)


def _class_score(confusion: NDArray[np.int64], label: int, *, level: float) -> ClassScore:
    right, support, answered = (
        int(confusion[label, label]),
        int(confusion[label].sum()),
        int(confusion[:, label].sum()),
    )
    low, high = wilson(right, support, level=level) if support else (None, None)
    return ClassScore(
        label=label,
        precision=right / answered if answered else None,
        recall=right / support if support else None,
        f1=2 * right / (support + answered) if support + answered else 0.0,
        support=support,
        recall_low=low,
        recall_high=high,
    )
