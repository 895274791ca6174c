"""How alike two texts are by their words, and by which words to look for texts that are alike."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import inf, log

# Signs of scripts written without spaces are words of their own, as in the SQL function queues_words.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")

# A word that is in fewer texts than this weighs no more: it may be a name or a slip.
RAREST = 1e-4
# Together, words looked for should be in no more than this share of the texts, or in no more than so many of few.
RARE_ENOUGH, FEW = 0.005, 50
# From so much on that is in both, texts of one page stand together.
ALIKE = 0.35
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


def groups_of_alike(texts: Sequence[frozenset[str]], *, enough: float = ALIKE) -> list[list[int]]:
    """Places of texts that stand together, however they came; meant for a page of them, as each pair is looked at.

    Who is alike enough to one of a group belongs to it (single linkage). The order is that of the texts, of groups by
    their first and inside one.

    Args:
        enough: how much of the shorter text the longer has, in [0, 1], for the two to belong together. Words that
            few texts of the page have weigh more, by log(1 + texts / texts that have it).
    """
    held = Counter(word for text in texts for word in text)
    weights = {word: log(1 + len(texts) / n) for word, n in held.items()}
    leader = list(range(len(texts)))
    for later, text in enumerate(texts):
        for earlier in range(later):
            if leader[earlier] != leader[later] and _overlap(texts[earlier], text, weights) >= enough:
                one, other = sorted((leader[earlier], leader[later]))
                leader = [one if each == other else each for each in leader]
    return [[place for place, each in enumerate(leader) if each == first] for first in sorted(set(leader))]


def _overlap(one: frozenset[str], other: frozenset[str], weights: Mapping[str, float]) -> float:
    shorter = min(sum(weights[word] for word in text) for text in (one, other))
    return sum(weights[word] for word in one & other) / shorter if shorter else 0.0


def common_words(group: Sequence[frozenset[str]], texts: Sequence[frozenset[str]], *, most: int = 3) -> list[str]:
    """The words that a group has in common and the rest of the page has least; where all share none, those of most."""
    inside = Counter(word for text in group for word in text)
    around = Counter(word for text in texts for word in text)
    whole = [word for word, n in inside.items() if n == len(group)]
    told = whole or [word for word, n in inside.items() if 2 * n > len(group)]
    apart = [word for word in told if around[word] < len(texts)] or told
    return sorted(apart, key=lambda word: (around[word] - inside[word], -inside[word], -len(word), word))[:most]


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
