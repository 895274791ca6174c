"""Duplicate clusters: which texts are so alike that they must stand on the same side of a split.

Two texts are duplicates when they are equal after normalising, or when the Jaccard similarity of their character
5-grams is at least 0.8. The join is exact: it filters by prefix and length before it counts, after R. J. Bayardo,
Y. Ma and R. Srikant (2007), "Scaling Up All Pairs Similarity Search", doi:10.1145/1242572.1242591.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

GRAM_LENGTH = 5
THRESHOLD = 0.8
# Rows of the candidate product taken at once: bounds memory where many texts share their rarest grams.
BLOCK_ROWS = 256

_SPACE = re.compile(r"\s+")


def normalised(text: str) -> str:
    """NFKC, casefolded, punctuation and space collapsed to single spaces.

    A text of punctuation alone keeps it: "?!" and "..." are not the same text.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    spaced = "".join(" " if unicodedata.category(character)[0] in "PZC" else character for character in folded)
    return _SPACE.sub(" ", spaced).strip() or _SPACE.sub(" ", folded).strip()


def grams(text: str) -> frozenset[str]:
    """Character 5-grams of a normalised text; a text shorter than that is its own only gram."""
    if len(text) <= GRAM_LENGTH:
        return frozenset([text])
    return frozenset(text[start : start + GRAM_LENGTH] for start in range(len(text) - GRAM_LENGTH + 1))


def clusters_of(pairs: NDArray[np.int64], *, n_items: int) -> NDArray[np.int64]:
    """Connected components of `pairs`, shape (n_pairs, 2), each named by its smallest index; shape (n_items,)."""
    if n_items == 0:
        return np.zeros(0, dtype=np.int64)
    graph = csr_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(n_items, n_items))
    n_components, component = connected_components(graph, directed=False)
    first = np.full(n_components, n_items)
    np.minimum.at(first, component, np.arange(n_items))
    return np.asarray(first[component], dtype=np.int64)


def duplicate_pairs(texts: Sequence[str], *, threshold: float = THRESHOLD) -> NDArray[np.int64]:
    """Pairs of duplicates (earlier, later), sorted, shape (n_pairs, 2).

    Texts that are equal after normalising are told by the pairs (first, other) only; their other pairs follow.
    A near duplicate is told for the first of each group of equal texts.

    Raises:
        ValueError: a threshold outside (0, 1].
    """
    if not 0.0 < threshold <= 1.0:
        raise ValueError("threshold must lie in (0, 1]")
    first_of: dict[str, int] = {}
    equal = []
    for index, text in enumerate(texts):
        first = first_of.setdefault(normalised(text), index)
        if first != index:
            equal.append((first, index))
    firsts = np.fromiter(first_of.values(), dtype=np.int64, count=len(first_of))
    near = [firsts[block] for block in _near_pairs(_gram_matrix(list(first_of)), threshold)]
    found = np.concatenate([np.array(equal, dtype=np.int64).reshape(-1, 2), *near])
    return np.asarray(found[np.lexsort((found[:, 1], found[:, 0]))])


def _gram_matrix(texts: Sequence[str]) -> csr_array:
    """Which text has which gram, shape (n_texts, n_grams); columns by rising frequency, sorted in each row."""
    sets = [grams(text) for text in texts]
    frequency = Counter(gram for found in sets for gram in found)
    # Ties are broken by the gram itself, so that the result does not hang on the order of a hash table.
    column = {gram: place for place, gram in enumerate(sorted(frequency, key=lambda gram: (frequency[gram], gram)))}
    starts = np.cumsum([0, *map(len, sets)])
    columns = np.fromiter((column[gram] for found in sets for gram in found), dtype=np.int32, count=starts[-1])
    matrix = csr_array((np.ones(len(columns), dtype=np.int32), columns, starts), shape=(len(sets), len(column)))
    matrix.sort_indices()
    return matrix


def _near_pairs(matrix: csr_array, threshold: float) -> Iterator[NDArray[np.int64]]:
    """Blocks of row pairs (i < j) whose rows have at least that Jaccard similarity."""
    sizes = np.diff(matrix.indptr)
    # Exact arithmetic: 0.8 * 5 must be 4 and not a little more, or a true duplicate would be missed.
    exact = Fraction(str(threshold))
    prefixes = _prefixes(matrix, sizes, exact)
    columns = prefixes.T.tocsr()
    for start in range(0, matrix.shape[0], BLOCK_ROWS):
        candidates = (prefixes[start : start + BLOCK_ROWS] @ columns).tocoo()
        i, j = candidates.coords[0].astype(np.int64) + start, candidates.coords[1].astype(np.int64)
        smaller, larger = np.minimum(sizes[i], sizes[j]), np.maximum(sizes[i], sizes[j])
        kept = (i < j) & (smaller * exact.denominator >= larger * exact.numerator)
        pairs = np.stack([i[kept], j[kept]], axis=1)
        if len(pairs):
            yield from _verified(matrix, sizes, pairs, exact)


def _prefixes(matrix: csr_array, sizes: NDArray[np.int64], threshold: Fraction) -> csr_array:
    """Of each row its rarest grams, so many that two rows over the threshold must share one of them."""
    needed = -(-sizes * threshold.numerator // threshold.denominator)
    kept_per_row = sizes - needed + 1
    place_in_row = np.arange(matrix.nnz) - np.repeat(matrix.indptr[:-1], sizes)
    kept = place_in_row < np.repeat(kept_per_row, sizes)
    starts = np.concatenate([[0], np.cumsum(kept_per_row)])
    return csr_array((matrix.data[kept], matrix.indices[kept], starts), shape=matrix.shape)


def _verified(
    matrix: csr_array, sizes: NDArray[np.int64], pairs: NDArray[np.int64], threshold: Fraction
) -> Iterator[NDArray[np.int64]]:
    """Those of the candidate pairs that really pass, some thousands at a time."""
    for start in range(0, len(pairs), 20_000):
        block = pairs[start : start + 20_000]
        shared = np.asarray(matrix[block[:, 0]].multiply(matrix[block[:, 1]]).sum(axis=1)).ravel().astype(np.int64)
        union = sizes[block].sum(axis=1) - shared
        yield block[shared * threshold.denominator >= union * threshold.numerator]
