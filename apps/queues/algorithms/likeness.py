"""How alike two texts are by their words, and by which words to look for texts that are alike."""

import re
from collections.abc import Iterable, Mapping
from math import inf, log

# Signs of scripts written without spaces are words of their own, as in the SQL function queues_words.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")

# A word that is in fewer texts than this weighs no more: it may be a name or a slip.
RAREST = 1e-4
# Together, words looked for should be in no more than this share of the texts, or in no more than so many of few.
RARE_ENOUGH, FEW = 0.005, 50
# Looked for by so many words of a text of which nothing is known, and by so many of the rarest others.
LOOKED_FOR = 8


def words_of(text: str) -> frozenset[str]:
    """The words of a text, whatever their case."""
    return frozenset(_WORD.findall(text.casefold()))


def weight(share: float) -> float:
    """What a word that is in this share of the texts says: its surprise, -log(share)."""
    return -log(max(share, RAREST)) if share < 1 else 0.0


def likeness(one: frozenset[str], other: frozenset[str], *, shares: Mapping[str, float]) -> float:
    """The weight of the words that both have, over that of the words that either has; in [0, 1].

    Args:
        shares: in which share of the texts a word is; a word without one counts as rare.
    """
    either = _sum(one | other, shares)
    return _sum(one & other, shares) / either if either else 0.0


def _sum(words: Iterable[str], shares: Mapping[str, float]) -> float:
    return sum(weight(shares.get(word, 0.0)) for word in words)


def conjunctions(shares: Mapping[str, float], *, n_texts: float = inf) -> list[tuple[str, ...]]:
    """Sets of words, any of which a text must have whole to be looked at: rare words alone, common ones together.

    From each of the rarest words on, as many of the next are taken as it needs to be rare enough. Of words of which
    nothing is known (a share of 0), the longer count as the rarer; they may be in no text at all, or have come since.

    Args:
        shares: in which share of the texts each word is.
        n_texts: how many texts there are; of few, also common words are looked for.
    """
    enough = max(RARE_ENOUGH, FEW / max(n_texts, FEW))
    by_rarity = sorted(shares, key=lambda word: (shares[word], -len(word), word))
    known = [word for word in by_rarity if shares[word]][:LOOKED_FOR]
    ranked = [word for word in by_rarity if not shares[word]][:LOOKED_FOR] + known
    found: list[tuple[str, ...]] = []
    for start in range(len(ranked)):
        together, share = [], 1.0
        for word in ranked[start:]:
            together.append(word)
            share *= shares[word]
            if share <= enough:
                break
        # The common words at the end are in too many texts to say anything.
        if share <= enough or not found:
            found.append(tuple(together))
    return found
