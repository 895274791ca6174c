"""How close an answer comes to a known one, from 0 to 1, and from where on it is right, for each kind of answer.

Each measure is one by which the kind's agreement is told: F1 of labels and of regions (Hripcsak and Rothschild 2005,
doi:10.1197/jamia.M1733), the share of pairs in the same order (M. G. Kendall 1938, doi:10.1093/biomet/30.1-2.81), edit
distance of texts.
"""

from collections.abc import Collection, Sequence
from itertools import combinations

from apps.consensus.algorithms.agreement_regions import Region, most_matches
from apps.consensus.algorithms.text_consensus import plain, similarity

# An answer of several values, an order, or a rating is right from here on.
CLOSE = 0.75
# A text is right from here on; see `text_bar`.
CLOSE_TEXT = 0.9
# Regions of the same label stand for one thing from this intersection over union on, as in the consensus.
SAME_PLACE = 0.5


def level_closeness(answer: str, known: str, *, levels: Sequence[str]) -> float:
    """1 less the distance by the length of the scale. From CLOSE on: at most a quarter of the scale away."""
    if answer == known:
        return 1.0
    if answer not in levels or known not in levels:
        return 0.0
    return 1.0 - abs(levels.index(answer) - levels.index(known)) / (len(levels) - 1)


def labels_closeness(answer: Collection[str], known: Collection[str]) -> float:
    """F1: labels in common against labels of both. Two empty ones are equal."""
    total = len(answer) + len(known)
    return 2.0 * len(set(answer) & set(known)) / total if total else 1.0


def order_closeness(answer: Sequence[str], known: Sequence[str]) -> float:
    """Share of the known order's pairs that stand in the same order; one that is not there is wrong."""
    place = {thing: at for at, thing in enumerate(answer)}
    pairs = list(combinations(known, 2))
    if not pairs:
        return float(list(answer) == list(known))
    return sum(place.get(one, len(known)) < place.get(other, -1) for one, other in pairs) / len(pairs)


def regions_closeness(answer: Sequence[Region], known: Sequence[Region]) -> float:
    """F1 of regions matched one to one: the same label, and an intersection over union of SAME_PLACE."""
    total = len(answer) + len(known)
    return 2.0 * most_matches(answer, known, SAME_PLACE) / total if total else 1.0


def text_closeness(answer: str, known: str) -> float:
    """Whatever the white space."""
    return similarity(plain(answer), plain(known))


def text_bar(known: str, *, start: str = "") -> float:
    """From which closeness on a text is right: CLOSE_TEXT, and more than half the way from the text it began with.

    A long text with one mistake is close to the right one before anybody has touched it; one without a mistake is right
    only as it was.
    """
    return max(CLOSE_TEXT, (1.0 + text_closeness(start, known)) / 2.0) if start else CLOSE_TEXT
