"""The rules of regions and of texts by hand."""

import numpy as np
import pytest

from apps.consensus.algorithms.agreement_regions import Region
from apps.consensus.algorithms.kinds import Asked, Given
from apps.consensus.algorithms.region_consensus import Regions
from apps.consensus.algorithms.text_consensus import Text
from tests.consensus.kind_answers import span

# Regions


def test_characters_that_more_than_half_marked_belong_to_a_region():
    kind = Regions()
    marked = [(span("A", 0, 8),), (span("A", 0, 13),), (span("A", 2, 8),)]
    assert kind.decided([Given(each) for each in marked]).value == (span("A", 0, 8),)
    # A tie goes to the shorter.
    assert kind.decided([Given(each) for each in marked[:2]]).value == (span("A", 0, 8),)


@pytest.mark.parametrize("seed", range(20))
def test_boundaries_are_the_majority_of_each_character(seed):
    """By brute force, of answers that mark one thing each and overlap by half: the token-level rule."""
    rng = np.random.default_rng(seed)
    marked = [(int(rng.integers(0, 4)), int(rng.integers(16, 20))) for _ in range(rng.integers(2, 6))]
    found = Regions().decided([Given((span("A", *each),)) for each in marked])
    votes = np.array([[start <= place < end for place in range(24)] for start, end in marked]).mean(axis=0)
    wanted = np.flatnonzero(votes > 0.5)
    assert found.value == (span("A", wanted[0], wanted[-1] + 1),)


def test_regions_that_overlap_and_those_that_touch_stay_apart():
    both = (span("A", 0, 5), span("A", 5, 9), span("B", 0, 5))
    found = Regions().decided([Given(both)] * 3)
    assert set(found.value) == set(both)
    assert len(found.detail["regions"]) == 3


def test_a_region_of_one_of_three_is_spurious_and_one_that_one_of_three_missed_is_there():
    thing, odd = span("A", 0, 5), span("A", 20, 25)
    found = Regions().decided([Given((thing,)), Given((thing, odd)), Given(())])
    assert found.value == (thing,)
    assert found.posterior[odd] == pytest.approx(0.2)


def test_boxes_are_medians_of_their_sides():
    kind = Regions(is_exact=False)
    boxes = [Region("car", (x, 0.0), (x + 10, 10.0)) for x in (0.0, 1.0, 2.0)]
    wild = Region("car", (2.0, 0.0), (19.0, 10.0))
    found = kind.decided([Given((each,)) for each in [*boxes, wild]])
    assert found.value == (Region("car", (1.5, 0.0), (11.5, 10.0)),)
    missed = kind.decided([Given((boxes[0],)), Given((boxes[0],)), Given(())])
    assert missed.value == (boxes[0],)


def test_who_misses_and_who_marks_too_much_is_told_apart():
    rng = np.random.default_rng(4)
    items = []
    for _ in range(150):
        there = span("A", 0, 6)
        blind = () if rng.random() < 0.5 else (there,)
        eager = (there, span("A", 50, 56)) if rng.random() < 0.5 else (there,)
        items.append(Asked([(0, (there,)), (1, (there,)), (2, blind), (3, eager)]))
    own = Regions().fitted(items, n_reviewers=4).own
    assert own[2]["rates"][0] < 0.7 < own[3]["rates"][0]
    assert own[3]["rates"][1] < own[2]["rates"][1]


# Texts


def test_the_text_in_the_middle_is_taken():
    said = ["the cat sat on the mat", "the cat sat on a mat", "cat sat on the mat"]
    found = Text().decided([Given(each) for each in said])
    assert found.value == said[0]
    assert 0.8 < found.confidence < 1
    assert not Text().decided([Given("yes"), Given("no")]).is_decided


def test_white_space_makes_no_other_text():
    found = Text().decided([Given("one  two"), Given("one two\n")])
    assert found.is_decided
    assert found.confidence == 1.0


def test_versions_of_a_text_are_voted_on_word_by_word():
    said = ["the bat sat on the mat", "the cat sat in the mat", "the cat sat on the hat"]
    found = Text(is_version=True).decided([Given(each) for each in said])
    assert found.value == "the cat sat on the mat"
    assert Text().decided([Given(each) for each in said]).value in said
    lines = ["one two\nthree", "one two\nthree four", "one too\nthree four"]
    assert Text(is_version=True).decided([Given(each) for each in lines]).value == "one two\nthree four"
