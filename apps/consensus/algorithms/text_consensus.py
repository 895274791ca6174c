"""Free texts, transcripts and corrections: the answer that the others come closest to, or their words put together.

The medoid is the answer with the largest mean similarity to the others. Where the texts are versions of one text,
transcripts and corrections, words can be voted on one by one: ROVER, J. G. Fiscus (1997), doi:10.1109/ASRU.1997.659110,
section 2. Similarity is one minus the edit distance (V. I. Levenshtein 1966) by the longer one's length, counted in
characters, and in words for texts too long for that.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from apps.consensus.algorithms.kinds import NOTHING, STARTING_ACCURACY, TIE, Asked, Decided, Given, Params, Skills
from apps.consensus.algorithms.rover import rover

# Longer texts are compared word by word: the work grows with the square of the length.
MOST_CHARACTERS = 2_000
# Beyond so many words no words are voted on; the answer in the middle is taken.
MOST_WORDS = 3_000
_PRIOR_ANSWERS = 5.0
_ROUNDS = 3
_DIGITS = 9


def plain(text: str) -> str:
    """A text as it is compared: whatever its white space and the composition of its characters."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def similarity(one: str, other: str) -> float:
    """From 0 to 1, of texts in their plain form."""
    if one == other:
        return 1.0
    if max(len(one), len(other)) <= MOST_CHARACTERS:
        return float(Levenshtein.normalized_similarity(one, other))
    return float(Levenshtein.normalized_similarity(one.split(), other.split()))


@dataclass(frozen=True, slots=True)
class Text:
    """Answers are texts. The confidence is the mean similarity of the others to the value, by their weight.

    "The others" leaves out the answer that is closest to the value, which is mostly the value itself: else a lone
    answer would be certain.

    Args:
        is_version: the answers are versions of one text, so that from three on their words are voted on.
    """

    is_version: bool = False
    by_share: bool = False

    def decided(self, given: Sequence[Given], *, pool: Params | None = None) -> Decided:
        if not given:
            return NOTHING
        usual = (pool or {}).get("agreement", STARTING_ACCURACY)
        texts = [plain(each.answer) for each in given]
        agreements = [(each.skill or {}).get("agreement", usual) for each in given]
        weights = np.array([1.0 if self.by_share else _weight(each) for each in agreements])
        weights *= [each.weight for each in given]
        near = _similarities(texts)
        scores = near @ weights - weights
        best = np.flatnonzero(scores >= scores.max() - TIE)
        leaders = sorted({texts[index] for index in best})
        alike = (int(index) for index in best if texts[index] == leaders[0])
        middle = min(alike, key=lambda each: (len(given[each].answer), given[each].answer))
        value, merged = given[middle].answer, ""
        if self.is_version and len(given) > 2:
            merged = _merged([each.answer for each in given], weights, near[middle], first=middle)
        if merged and plain(merged) != texts[middle]:
            value = next((each.answer for each in given if plain(each.answer) == plain(merged)), merged)
            similar = np.array([similarity(plain(merged), text) for text in texts])
        else:
            similar = near[middle]
        is_decided = len(leaders) == 1 or bool(merged)
        return Decided(value, _agreement(similar, weights, usual), is_decided=is_decided)

    def fitted(self, items: Sequence[Asked], *, n_reviewers: int) -> Skills:
        """How similar each person's texts are to what the others' answers to the same items add up to."""
        agreement = np.full(n_reviewers, STARTING_ACCURACY)
        counted = [item for item in items if len(item.answers) > 1 or item.known is not None]
        near = [_similarities([plain(text) for _, text in item.answers]) for item in counted]
        total, number, pool = np.zeros(n_reviewers), np.zeros(n_reviewers), STARTING_ACCURACY
        for _ in range(_ROUNDS if counted else 0):
            total, number = np.zeros(n_reviewers), np.zeros(n_reviewers)
            for item, table in zip(counted, near, strict=True):
                people = np.array([who for who, _ in item.answers])
                np.add.at(total, people, _leave_one_out(item, table, agreement[people]))
                np.add.at(number, people, 1.0)
            pool = (total.sum() + _PRIOR_ANSWERS * STARTING_ACCURACY) / (number.sum() + _PRIOR_ANSWERS)
            agreement = (total + _PRIOR_ANSWERS * pool) / (number + _PRIOR_ANSWERS)
        present = sorted({who for item in items for who, _ in item.answers})
        own = {index: {"agreement": round(float(agreement[index]), _DIGITS)} for index in present}
        return Skills(
            {"agreement": round(float(pool), _DIGITS)},
            own,
            {index: float(total[index]) for index in present},
            {index: int(number[index]) for index in present},
        )


def _weight(agreement: float) -> float:
    """One by how far off somebody usually is."""
    return float(1.0 / (1.05 - agreement))


def _similarities(texts: Sequence[str]) -> NDArray[np.float64]:
    table: NDArray[np.float64] = np.eye(len(texts))
    for one in range(len(texts)):
        for other in range(one):
            table[one, other] = table[other, one] = similarity(texts[one], texts[other])
    return table


def _leave_one_out(item: Asked, table: NDArray[np.float64], agreement: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each answer's similarity to the one among the others that the others come closest to, or to what was decided."""
    if item.known is not None:
        known = plain(item.known)
        return np.array([similarity(plain(text), known) for _, text in item.answers])
    weights = np.array([_weight(each) for each in agreement])
    found = np.empty(len(table))
    for own in range(len(table)):
        others = [index for index in range(len(table)) if index != own]
        scores = table[np.ix_(others, others)] @ weights[others]
        best = np.flatnonzero(scores >= scores.max() - TIE)
        found[own] = np.mean([table[own, others[index]] for index in best])
    return found


def _merged(texts: Sequence[str], weights: NDArray[np.float64], near: NDArray[np.float64], *, first: int) -> str:
    """The words that most of the weight stands for; empty where the texts are too long for that.

    The lattice grows from the text in the middle outwards, so that the order of the answers does not matter.
    """
    words = [_words(text) for text in texts]
    if max(map(len, words)) > MOST_WORDS:
        return ""
    order = sorted(range(len(texts)), key=lambda each: (each != first, -near[each], texts[each], weights[each]))
    won = rover([words[index] for index in order], [float(weights[index]) for index in order])
    return " ".join(won).replace(" \n", "\n").replace("\n ", "\n").strip()


def _words(text: str) -> list[str]:
    """Words as they are; a line break is one, too."""
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").split("\n")
    return [word for line in lines for word in (*line.split(), "\n")][:-1]


def _agreement(similar: NDArray[np.float64], weights: NDArray[np.float64], usual: float) -> float:
    if len(similar) == 1:
        return usual
    closest = min(np.flatnonzero(similar >= similar.max() - TIE), key=lambda each: weights[each])
    others = np.arange(len(similar)) != closest
    return min(max(float(np.average(similar[others], weights=weights[others])), 0.0), 1.0)
