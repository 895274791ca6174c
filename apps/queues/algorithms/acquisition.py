"""How much a model's probabilities say that a human look is worth it. Every value lies in [0, 1], 1 is most unsure.

Source: Settles, "Active Learning Literature Survey" (2009), section 3.1.
"""

import math
from collections.abc import Callable, Mapping

Probabilities = Mapping[str, float]


def least_confidence(probabilities: Probabilities) -> float:
    """1 - p(top), scaled so that the uniform distribution gives 1."""
    n = len(probabilities)
    if n < 2:
        return 0.0
    return _share((1.0 - max(_normalised(probabilities))) * n / (n - 1))


def margin(probabilities: Probabilities) -> float:
    """1 - (p(top) - p(second))."""
    if len(probabilities) < 2:
        return 0.0
    second, top = sorted(_normalised(probabilities))[-2:]
    return _share(1.0 - (top - second))


def entropy(probabilities: Probabilities) -> float:
    """Shannon entropy over its maximum, log n."""
    n = len(probabilities)
    if n < 2:
        return 0.0
    return _share(-sum(p * math.log(p) for p in _normalised(probabilities) if p > 0) / math.log(n))


FUNCTIONS: dict[str, Callable[[Probabilities], float]] = {
    "least_confidence": least_confidence,
    "margin": margin,
    "entropy": entropy,
}


def _normalised(probabilities: Probabilities) -> list[float]:
    total = math.fsum(probabilities.values())
    if total <= 0 or any(p < 0 for p in probabilities.values()):
        raise ValueError("Probabilities must not be negative and must not all be zero.")
    return [p / total for p in probabilities.values()]


def _share(value: float) -> float:
    return min(max(value, 0.0), 1.0)
