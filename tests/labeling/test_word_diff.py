"""The word diff: hand-worked cases, and that it never loses a character."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.labeling.algorithms.word_diff import MAX_EDITS, Piece, word_diff, words_changed, words_of


def same(text):
    return Piece("same", text)


def gone(text):
    return Piece("removed", text)


def new(text):
    return Piece("added", text)


@pytest.mark.parametrize(
    ("before", "after", "pieces"),
    [
        ("", "", []),
        ("a b", "a b", [same("a b")]),
        ("", "a b", [new("a b")]),
        ("a b", "", [gone("a b")]),
        ("return any item", "return a sale item", [same("return "), gone("any "), new("a sale "), same("item")]),
        ("one two three", "one three", [same("one "), gone("two "), same("three")]),
        ("退款很快", "退货很快", [same("退"), gone("款"), new("货"), same("很快")]),
        ("a x b y c", "a b c", [same("a "), gone("x "), same("b "), gone("y "), same("c")]),
    ],
)
def test_word_diff_of_small_texts(before, after, pieces):
    assert word_diff(before, after) == pieces


words = st.lists(st.sampled_from(["a ", "b ", "c", "\n", "d  ", "é", "退", "  "]), max_size=40).map("".join)


@given(before=words, after=words)
def test_word_diff_joins_to_both_texts(before, after):
    pieces = word_diff(before, after)
    assert "".join(p.text for p in pieces if p.change != "added") == before
    assert "".join(p.text for p in pieces if p.change != "removed") == after


@given(before=words, after=words)
def test_word_diff_is_no_longer_than_the_longest_common_subsequence_allows(before, after):
    old, fresh = words_of(before), words_of(after)
    table = [[0] * (len(fresh) + 1) for _ in range(len(old) + 1)]
    for i, left in enumerate(old):
        for j, right in enumerate(fresh):
            table[i + 1][j + 1] = table[i][j] + 1 if left == right else max(table[i][j + 1], table[i + 1][j])
    from apps.labeling.algorithms import word_diff as module

    kept = sum(1 for change, _ in module._edit(old, fresh) if change == "same")
    assert kept == table[-1][-1]


@given(st.text())
def test_words_of_joins_to_the_text(text):
    assert "".join(words_of(text)) == text


def test_word_diff_counts_words_not_spaces():
    assert words_changed(word_diff("a b c", "a x y c")) == (2, 1)


def test_word_diff_of_long_and_wholly_different_texts_stays_quick():
    before = " ".join(f"w{n}" for n in range(18_000))
    after = " ".join(f"v{n}" for n in range(18_000))
    started = time.process_time()
    pieces = word_diff(f"start {before} end", f"start {after} end")
    assert time.process_time() - started < 5
    assert [p.change for p in pieces] == ["same", "removed", "added", "same"]
    assert MAX_EDITS < 18_000
