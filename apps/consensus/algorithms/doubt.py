"""How hard a disputed item is: the entropy of what the answers leave open.

C. E. Shannon (1948), "A Mathematical Theory of Communication", doi:10.1002/j.1538-7305.1948.tb01338.x:
H = -sum p log2 p, in bits: 0 where one label has everything, 1 where two are equally likely.
"""

from collections.abc import Mapping
from math import log2

# From this share of the posterior a label is in the running.
RUNNING_FROM = 0.05


def doubt_bits(posterior: Mapping[str, float], *, confidence: float) -> float:
    """In tenths of a bit, so that among equally hard items something else decides what comes first.

    Args:
        posterior: {label: probability} of labels that exclude each other; empty where they do not, or none is voted on.
        confidence: of the whole answer, in [0, 1]. It counts where it says more: a second question may be the open one.
    """
    bits = -sum(p * log2(p) for p in posterior.values() if p > 0)
    return round(max(bits, 1 - confidence), 1)


def labels_running(posterior: Mapping[str, float]) -> tuple[str, ...]:
    """The labels that may still win, likeliest first."""
    likely = [(-p, label) for label, p in posterior.items() if p >= RUNNING_FROM]
    return tuple(label for _p, label in sorted(likely))
