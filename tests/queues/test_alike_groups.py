"""Texts of one page that stand together because they are alike."""

from hypothesis import given
from hypothesis import strategies as st

from apps.queues.algorithms.likeness import common_words, groups_of_alike, words_of

TEXTS = [
    "my parcel is late again",
    "i want my money back for the lamp",
    "the parcel came late",
    "how do i close my account",
    "money back for a broken lamp please",
    "late parcel, where is it",
]


def groups(texts):
    return [{texts[place] for place in places} for places in groups_of_alike([words_of(text) for text in texts])]


def test_alike_texts_stand_together_in_the_order_of_the_page():
    assert groups(TEXTS) == [{TEXTS[0], TEXTS[2], TEXTS[5]}, {TEXTS[1], TEXTS[4]}, {TEXTS[3]}]


def test_what_a_group_has_in_common_is_said_by_the_words_that_tell_it_apart():
    texts = [words_of(text) for text in TEXTS]
    assert common_words([texts[0], texts[2], texts[5]], texts) == ["parcel", "late"]
    assert common_words([texts[1], texts[4]], texts) == ["money", "back", "lamp"]
    assert common_words([texts[0]], texts[:1]) == ["parcel", "again", "late"]  # nothing stands around it
    assert common_words([], []) == []


def test_texts_without_words_and_equal_texts():
    assert groups_of_alike([]) == []
    assert groups_of_alike([words_of(""), words_of("…")]) == [[0], [1]]
    assert groups_of_alike([words_of("the same")] * 3) == [[0, 1, 2]]
    assert groups_of_alike([words_of("退款很慢"), words_of("hello"), words_of("退款很快")]) == [[0, 2], [1]]


@given(st.permutations(TEXTS))
def test_the_order_of_the_page_changes_no_group(texts):
    assert sorted(map(sorted, groups(texts))) == sorted(map(sorted, groups(TEXTS)))


@given(st.lists(st.text(alphabet="abc ", max_size=12), max_size=12))
def test_each_text_stands_in_one_group(texts):
    found = groups_of_alike([words_of(text) for text in texts])
    assert sorted(place for places in found for place in places) == list(range(len(texts)))
    assert found == sorted(found)
