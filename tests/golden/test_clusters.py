from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.golden.algorithms.clusters import clusters_of, duplicate_pairs, grams, normalised

BASE = "my parcel has not arrived and the tracking page says it was delivered on monday"
# A small alphabet makes near duplicates common.
texts = st.lists(st.text(alphabet="ab c!", max_size=14), max_size=14)


def clusters(found):
    return clusters_of(duplicate_pairs(found), n_items=len(found))


def by_brute_force(found):
    sets = [grams(normalised(text)) for text in found]
    pairs = [
        (i, j)
        for i, j in combinations(range(len(found)), 2)
        if 5 * len(sets[i] & sets[j]) >= 4 * len(sets[i] | sets[j])
    ]
    return clusters_of(np.array(pairs, dtype=np.int64).reshape(-1, 2), n_items=len(found))


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("Where IS my   order?!", "where is my order"),
        ("\uff37here\u00a0is", "where is"),  # full-width W, no-break space
        ("STRASSE", "straße"),
        ("caf\u00e9", "cafe\u0301"),
        ("don't", "don t"),
    ],
)
def test_normalised_makes_equal(text, same):
    assert normalised(text) == normalised(same)


@pytest.mark.parametrize(
    ("text", "other"), [("5 €", "5 $"), ("?!", "..."), ("a1", "a2"), ("\U0001f600", "\U0001f622"), ("ab", "abc")]
)
def test_normalised_keeps_apart(text, other):
    assert clusters([text, other]).tolist() == [0, 1]


def test_duplicate_clusters_finds_near_and_equal_texts():
    found = clusters(["something else", BASE, BASE.upper() + "!!", "hi", BASE + " ok", "Hi.", "hi there"])
    assert found.tolist() == [0, 1, 1, 3, 1, 3, 6]


def test_duplicate_clusters_follows_chains():
    # Each differs from its neighbour by one word at the end; the ends of the chain are not alike themselves.
    chain = [BASE + " again" * n for n in range(0, 12)]
    first, last = grams(normalised(chain[0])), grams(normalised("x " * 3 + chain[-1]))
    assert len(first & last) < len(first | last)
    assert set(clusters(chain).tolist()) == {0}


def test_duplicate_pairs_counts_the_threshold_itself():
    # Nine grams each side of a shared run: "abcdefghi" has 5, "abcdefgh" has 4 of them, 4 / 5 = 0.8 exactly.
    assert duplicate_pairs(["abcdefghi", "abcdefgh"]).tolist() == [[0, 1]]
    assert duplicate_pairs(["abcdefghi", "abcdefgh"], threshold=0.81).tolist() == []


def test_duplicate_clusters_of_nothing():
    assert clusters([]).tolist() == []
    assert clusters(["", "", " "]).tolist() == [0, 0, 0]


@pytest.mark.parametrize("threshold", [0.0, 1.5])
def test_duplicate_pairs_refuses_threshold(threshold):
    with pytest.raises(ValueError, match="threshold"):
        duplicate_pairs(["a"], threshold=threshold)


@given(found=texts)
@settings(max_examples=150, deadline=None)
def test_duplicate_clusters_equals_brute_force(found):
    np.testing.assert_array_equal(clusters(found), by_brute_force(found))


@given(found=texts, seed=st.integers(0, 2**16))
@settings(max_examples=50, deadline=None)
def test_duplicate_clusters_ignores_order(found, seed):
    order = np.random.default_rng(seed).permutation(len(found))
    plain, moved = clusters(found), clusters([found[place] for place in order])
    same = plain[:, None] == plain
    np.testing.assert_array_equal(moved[:, None] == moved, same[order][:, order])
