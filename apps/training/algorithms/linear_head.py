"""A linear classifier on embeddings: the probe, and the head that LoRA starts from."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.linear_model import LogisticRegression

# Bias of a class without a single training item: its probability is 0 at every temperature in use.
ABSENT_BIAS = -1e4
# Fewer held-out items than this do not carry a temperature.
MIN_CALIBRATION_ITEMS = 50


@dataclass(frozen=True, slots=True)
class LinearHead:
    """Class scores `embeddings @ weights.T + bias`, divided by the temperature.

    `weights` has the shape (n_classes, width), `bias` (n_classes,); both float32.
    """

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    temperature: float = 1.0

    def logits(self, embeddings: NDArray[np.float32]) -> NDArray[np.float64]:
        """Scores before the temperature, shape (n_items, n_classes)."""
        scores: NDArray[np.float64] = (embeddings @ self.weights.T + self.bias).astype(np.float64)
        return scores

    def probabilities(self, embeddings: NDArray[np.float32]) -> NDArray[np.float64]:
        """Shape (n_items, n_classes); rows sum to 1."""
        shares: NDArray[np.float64] = softmax(self.logits(embeddings) / self.temperature, axis=1)
        return shares

    def with_temperature(self, temperature: float) -> "LinearHead":
        """The same classes and the same order, with other confidence."""
        return replace(self, temperature=temperature)


def fit_probe(
    embeddings: NDArray[np.float32], classes: NDArray[np.int64], *, n_classes: int, inverse_penalty: float = 30.0
) -> LinearHead:
    """Multinomial logistic regression with an L2 penalty on frozen embeddings.

    Args:
        embeddings: shape (n_items, width); rows of length 1.
        classes: shape (n_items,); class index in [0, n_classes). Classes without an item are allowed and are never
            predicted.
        inverse_penalty: scikit-learn's C. 30 was measured as good for unit-length sentence embeddings at few labels.
    Raises:
        ValueError: fewer than two classes have an item.
    """
    present = np.unique(classes)
    if len(present) < 2:
        raise ValueError("a classifier needs items of at least two classes")
    fitted = LogisticRegression(C=inverse_penalty, max_iter=1000).fit(embeddings, classes)
    weights = np.zeros((n_classes, embeddings.shape[1]), dtype=np.float32)
    bias = np.full(n_classes, ABSENT_BIAS, dtype=np.float32)
    coefficients, intercepts = fitted.coef_, fitted.intercept_
    if len(present) == 2:
        # Two classes come as one row of log-odds; half of it on each side gives the same softmax.
        coefficients = np.concatenate([-coefficients, coefficients]) / 2
        intercepts = np.concatenate([-intercepts, intercepts]) / 2
    weights[present] = coefficients
    bias[present] = intercepts
    return LinearHead(weights=weights, bias=bias)


def fit_temperature(logits: NDArray[np.float64], classes: NDArray[np.int64]) -> float:
    """Temperature that minimises the negative log-likelihood of held-out items (Guo et al. 2017, arXiv:1706.04599).

    Args:
        logits: shape (n_items, n_classes), of items that the model was not fitted on.
        classes: shape (n_items,); the true class index.
    Returns:
        A value in [0.05, 20]; 1.0 when there are fewer than `MIN_CALIBRATION_ITEMS` items.
    """
    if len(classes) < MIN_CALIBRATION_ITEMS:
        return 1.0
    rows = np.arange(len(classes))

    def loss(log_temperature: float) -> float:
        scores = log_softmax(logits / np.exp(log_temperature), axis=1)[rows, classes]
        # A class absent from training scores -1e4; without the floor one such item would decide alone.
        return float(-np.maximum(scores, -30.0).mean())

    found = minimize_scalar(loss, bounds=(np.log(0.05), np.log(20.0)), method="bounded")
    return float(np.exp(found.x))
