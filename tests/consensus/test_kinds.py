"""What every kind of answer has in common, and each kind's own rule by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.consensus.algorithms.agreement_regions import Region
from apps.consensus.algorithms.dawid_skene import posterior_given
from apps.consensus.algorithms.kinds import NOTHING, Asked, Given
from apps.consensus.algorithms.multiple_choice import MultipleChoice
from apps.consensus.algorithms.number_consensus import Number
from apps.consensus.algorithms.one_of import OneOf
from apps.consensus.algorithms.ranking_consensus import Ranking
from apps.consensus.algorithms.region_consensus import Regions
from apps.consensus.algorithms.text_consensus import Text
from apps.consensus.algorithms.yes_no import Rates, Said, YesNo

LABELS = ("animal", "dog", "cat", "blurred")
PARENTS = {"dog": "animal", "cat": "animal"}
WORDS = ("the", "cat", "sat", "on", "a", "mat")


def span(label, start, end):
    return Region(label, (float(start),), (float(end),))


def spans_from(rng):
    starts = rng.choice([0, 10, 20], size=rng.integers(0, 4), replace=False)
    return tuple(span(str(rng.choice(["A", "B"])), start, start + 6 + rng.integers(0, 3)) for start in starts)


# Each kind with a maker of answers; a thousand seeds give ties as well as clear cases.
KINDS = {
    "class": (OneOf(LABELS), lambda rng: str(rng.choice(LABELS))),
    "level": (OneOf(("1", "2", "3", "4", "5"), is_ordered=True), lambda rng: str(rng.integers(1, 6))),
    "labels": (MultipleChoice(LABELS, PARENTS), lambda rng: frozenset(rng.choice(LABELS, rng.integers(0, 3)).tolist())),
    "number": (Number(), lambda rng: float(rng.choice([3, 4, 5, 90]))),
    "order": (Ranking(), lambda rng: tuple(rng.permutation(["a", "b", "c"]).tolist())),
    "regions": (Regions(), spans_from),
    "text": (Text(), lambda rng: " ".join(rng.choice(WORDS, 4))),
    "version": (Text(is_version=True), lambda rng: " ".join(word for word in WORDS if rng.random() < 0.9) or "the"),
}
SHARES = {
    "class": OneOf(LABELS, by_share=True),
    "level": OneOf(("1", "2", "3", "4", "5"), is_ordered=True, by_share=True),
    "labels": MultipleChoice(LABELS, PARENTS, by_share=True),
    "number": Number(by_share=True),
    "order": Ranking(by_share=True),
    "regions": Regions(by_share=True),
    "text": Text(by_share=True),
    "version": Text(is_version=True, by_share=True),
}
every_kind = pytest.mark.parametrize("name", KINDS)
seeds = st.integers(0, 2**16)


def items_of(name, seed, *, n_items=14, n_reviewers=5, overlap=3):
    """Answers that lean towards one answer per item, so that there is something to agree on."""
    rng = np.random.default_rng(seed)
    _, make = KINDS[name]
    items = []
    for _ in range(n_items):
        usual = make(rng)
        people = rng.permutation(n_reviewers)[:overlap]
        items.append(Asked([(int(who), usual if rng.random() < 0.7 else make(rng)) for who in people]))
    return items


def decide(kind, items, skills):
    return [
        kind.decided([Given(answer, skills.own.get(who)) for who, answer in item.answers], pool=skills.pool)
        for item in items
    ]


def same(one, other):
    assert (one.value, one.is_decided) == (other.value, other.is_decided)
    assert one.confidence == pytest.approx(other.confidence, abs=1e-6)


@every_kind
@given(seed=seeds)
@settings(max_examples=12, deadline=None)
def test_order_of_answers_changes_nothing(name, seed):
    rng = np.random.default_rng(seed)
    answers = [KINDS[name][1](rng) for _ in range(rng.integers(2, 6))]
    for kind in (KINDS[name][0], SHARES[name]):
        before = kind.decided([Given(answer) for answer in answers])
        same(before, kind.decided([Given(answer) for answer in answers[::-1]]))
        same(before, kind.decided([Given(answers[index]) for index in rng.permutation(len(answers))]))


@every_kind
@given(seed=seeds)
@settings(max_examples=4, deadline=None)
def test_names_of_reviewers_and_order_of_items_change_nothing(name, seed):
    kind, items = KINDS[name][0], items_of(name, seed)
    rng = np.random.default_rng(seed)
    people, order = rng.permutation(5), rng.permutation(len(items))
    moved = [Asked([(int(people[who]), answer) for who, answer in items[index].answers][::-1]) for index in order]
    before = decide(kind, items, kind.fitted(items, n_reviewers=5))
    after = decide(kind, moved, kind.fitted(moved, n_reviewers=5))
    for place, index in enumerate(order):
        assert after[place].confidence == pytest.approx(before[index].confidence, abs=1e-4)


@every_kind
@given(seed=seeds)
@settings(max_examples=4, deadline=None)
def test_a_reviewer_without_an_answer_changes_nothing(name, seed):
    kind, items = KINDS[name][0], items_of(name, seed)
    few, many = (kind.fitted(items, n_reviewers=n) for n in (5, 8))
    assert few.own.keys() == many.own.keys() <= set(range(5))
    for one, other in zip(decide(kind, items, few), decide(kind, items, many), strict=True):
        same(one, other)


@every_kind
@given(seed=seeds)
@settings(max_examples=4, deadline=None)
def test_without_a_reviewer_is_as_if_he_had_never_been(name, seed):
    kind, items = KINDS[name][0], items_of(name, seed)
    left = [Asked([pair for pair in item.answers if pair[0] != 4]) for item in items]
    gone, never = kind.fitted(left, n_reviewers=5), kind.fitted(left, n_reviewers=4)
    assert (gone.pool, gone.own) == (never.pool, never.own)


@every_kind
def test_one_answer_is_not_sure(name):
    kind, make = KINDS[name]
    for seed in range(30):
        found = kind.decided([Given(make(np.random.default_rng(seed)))])
        assert found.confidence < 0.9
    assert kind.decided([]) == NOTHING


@every_kind
def test_two_who_agree_are_sure_and_three_surer(name):
    kind, make = KINDS[name]
    answer = make(np.random.default_rng(3))
    two, three = (kind.decided([Given(answer)] * n) for n in (2, 3))
    assert two.is_decided
    assert 0.9 < two.confidence <= three.confidence
    for each in (two, three, SHARES[name].decided([Given(answer)] * 2)):
        wanted = KINDS[name][0].closure(answer) if name == "labels" else answer
        assert each.value == wanted if name != "regions" else set(each.value) == set(wanted)


@every_kind
def test_a_fit_sees_who_is_usually_right(name):
    """Four of five agree on every item; the fifth answers at random."""
    kind, make = KINDS[name]
    items, rng = [], np.random.default_rng(5)
    for _ in range(60):
        usual = make(rng)
        items.append(Asked([(who, usual) for who in range(4)] + [(4, make(rng))]))
    skills = kind.fitted(items, n_reviewers=5)
    share = {who: skills.right[who] / skills.votes[who] for who in range(5)}
    assert min(share[who] for who in range(4)) > share[4] + 0.05
    rare = make(np.random.default_rng(8))
    other = next(answer for seed in range(99) if (answer := make(np.random.default_rng(seed))) != rare)
    # One against one: whoever is usually right is followed.
    found = kind.decided([Given(rare, skills.own[0]), Given(other, skills.own[4])], pool=skills.pool)
    turned = kind.decided([Given(rare, skills.own[4]), Given(other, skills.own[0])], pool=skills.pool)
    if name not in ("labels", "regions", "version", "text"):  # where both can be right in part
        assert (found.value, turned.value) == (rare, other)


@given(seed=seeds)
@settings(max_examples=40, deadline=None)
def test_yes_no_is_dawid_skene_with_two_classes(seed):
    rng = np.random.default_rng(seed)
    rates = rng.uniform(0.05, 0.95, size=(4, 2))
    said, prior, temperature = rng.random(4) < 0.5, rng.uniform(0.05, 0.95), rng.uniform(0.1, 1.0)
    confusion = np.array([[[no, 1 - no], [1 - yes, yes]] for yes, no in rates])
    wanted = posterior_given(
        list(enumerate(said.astype(int))),
        confusion=confusion,
        prior=np.array([1 - prior, prior]),
        temperature=temperature,
    )[1]
    found = YesNo(prior, temperature).probability(
        [Said(bool(one), Rates(*two)) for one, two in zip(said, rates, strict=True)]
    )
    assert found == pytest.approx(wanted, abs=1e-9)


# Labels


def labels_of(*answers):
    return MultipleChoice(LABELS, PARENTS).decided([Given(frozenset(answer)) for answer in answers])


def test_a_vote_for_a_label_is_one_for_what_stands_above_it():
    found = labels_of({"dog"}, {"cat"}, {"dog", "blurred"})
    assert found.posterior["animal"] > 0.98  # .8 cubed against .2 cubed
    assert found.posterior["dog"] == pytest.approx(0.8)
    assert found.value == {"animal", "dog"}
    assert MultipleChoice(LABELS, PARENTS).deepest(found.value) == ["dog"]
    assert all(found.posterior[child] <= found.posterior[parent] for child, parent in PARENTS.items())


def test_labels_that_are_tied_are_proposed_and_not_decided():
    found = labels_of({"blurred"}, {"blurred", "dog"})
    assert (found.is_decided, found.confidence) == (False, 0.5)
    assert found.value == {"animal", "dog", "blurred"}


def test_that_nothing_is_right_is_no_consensus_where_everybody_named_something():
    assert not labels_of({"dog"}, {"blurred"}, {"mirror"}, {"shadow"}).is_decided
    assert labels_of(set(), set(), {"blurred"}).is_decided


def test_parents_in_a_circle_are_refused():
    with pytest.raises(ValueError, match="circle"):
        MultipleChoice(("a", "b"), {"a": "b", "b": "a"})


def test_labels_with_one_fit_learn_across_labels():
    kind = MultipleChoice((), is_pooled=True)
    items = [Asked([(0, frozenset({f"{n}"})), (1, frozenset({f"{n}"})), (2, frozenset())]) for n in range(40)]
    skills = kind.fitted(items, n_reviewers=3)
    assert list(skills.pool) == [""]
    missing = skills.own[2][""][0]
    assert missing < 0.2 < 0.8 < skills.own[0][""][0]


# Levels


def levels(*answers):
    return OneOf(("1", "2", "3", "4", "5"), is_ordered=True).decided([Given(str(each)) for each in answers])


def test_a_level_has_an_interval_and_knows_its_neighbours():
    found = levels(4, 4, 5)
    assert (found.value, found.detail) == ("4", {"low": "4", "high": "5"})
    assert found.posterior["5"] > 10 * found.posterior["1"]
    far, near = levels(1, 5), levels(3, 4)
    assert not far.is_decided
    assert near.confidence < 0.5
    assert near.posterior["3"] > far.posterior["3"]


def test_a_reviewer_who_rates_a_level_too_high_is_read_so():
    rng = np.random.default_rng(1)
    items = []
    for _ in range(120):
        true = int(rng.integers(1, 5))
        items.append(Asked([(0, str(true)), (1, str(true)), (2, str(true + 1))]))
    kind = OneOf(("1", "2", "3", "4", "5"), is_ordered=True)
    skills = kind.fitted(items, n_reviewers=3)
    found = kind.decided([Given("4", skills.own[2])], pool=skills.pool)
    assert found.value == "3"


def test_ordered_levels_beat_mean_and_majority_on_simulated_ratings():
    rng = np.random.default_rng(11)
    kind = OneOf(tuple("1234567"), is_ordered=True)
    hits = np.zeros(3)
    for _ in range(4):
        bias, spread = rng.normal(0, 1, 12), rng.uniform(0.3, 1.4, 12)
        truth = rng.choice(7, 150, p=[0.05, 0.1, 0.2, 0.3, 0.2, 0.1, 0.05])
        items = []
        for true in truth:
            people = rng.permutation(12)[:4]
            rated = np.clip(np.round(true + bias[people] + spread[people] * rng.normal(size=4)), 0, 6).astype(int)
            items.append(Asked([(int(who), str(level + 1)) for who, level in zip(people, rated, strict=True)]))
        found = decide(kind, items, kind.fitted(items, n_reviewers=12))
        ratings = [np.array([int(answer) - 1 for _, answer in item.answers]) for item in items]
        hits += [
            np.mean([each.value == str(true + 1) for each, true in zip(found, truth, strict=True)]),
            np.mean([round(rated.mean()) == true for rated, true in zip(ratings, truth, strict=True)]),
            np.mean([np.bincount(rated).argmax() == true for rated, true in zip(ratings, truth, strict=True)]),
        ]
    ours, mean, majority = hits / 4
    assert ours > max(mean, majority) + 0.02


# Numbers


@pytest.mark.parametrize(
    ("answers", "value", "is_sure"),
    [
        ([5, 5], 5, True),
        ([5, 5, 900], 5, True),  # a blunder moves nothing
        ([5, 6], 5, False),
        ([10.0, 10.2, 10.1], 10.1, True),  # within a twentieth of each other
        ([5, 900], 5, False),
        ([0, 0], 0, True),
        ([-4, -4, -4], -4, True),
        ([1e15, 1e15], 1e15, True),
    ],
)
def test_number_by_hand(answers, value, is_sure):
    found = Number().decided([Given(float(each)) for each in answers])
    assert found.value == pytest.approx(value)
    assert (found.confidence > 0.9) == is_sure
    assert found.detail["low"] <= found.value <= found.detail["high"]


def test_number_goes_in_the_configs_steps():
    found = Number(step=0.5).decided([Given(each) for each in (1.0, 1.5, 1.5)])
    assert found.value == 1.5
    assert not Number(step=0.5).decided([Given(each) for each in (1.0, 1.5)]).confidence > 0.6


def test_number_takes_leaning_away():
    rng = np.random.default_rng(2)
    items = [
        Asked([(0, true), (1, true + rng.integers(-1, 2)), (2, true + 10.0)]) for true in rng.integers(20, 90, 80) * 1.0
    ]
    kind = Number()
    skills = kind.fitted(items, n_reviewers=3)
    assert skills.own[2]["bias"] - skills.own[0]["bias"] == pytest.approx(10, abs=1.5)


def test_number_beats_mean_and_median_where_people_lean_and_blunder():
    errors, covered = np.zeros(3), []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        bias, spread = rng.normal(0, 4, 10), rng.uniform(0.5, 3, 10)
        bias -= np.median(bias)
        truth, items = rng.uniform(20, 80, 120), []
        for true in truth:
            people = rng.permutation(10)[:4]
            said = true + bias[people] + spread[people] * rng.normal(size=4)
            said = np.where(rng.random(4) < 0.05, rng.uniform(0, 200, 4), said)
            items.append(Asked([(int(who), float(round(one, 1))) for who, one in zip(people, said, strict=True)]))
        kind = Number(step=0.1)
        found = decide(kind, items, kind.fitted(items, n_reviewers=10))
        plain = [[each for _, each in item.answers] for item in items]
        guesses = (
            [each.value for each in found],
            [np.mean(each) for each in plain],
            [np.median(each) for each in plain],
        )
        errors += [np.mean(np.abs(np.array(each) - truth)) for each in guesses]
        inside = [each.detail["low"] <= true <= each.detail["high"] for each, true in zip(found, truth, strict=True)]
        covered.append(np.mean(inside))
    ours, mean, middle = errors
    assert ours < 0.8 * middle < middle < mean
    assert 0.85 < np.mean(covered) < 1.0


# Orders


def test_order_by_hand():
    found = Ranking().decided([Given(tuple(each)) for each in ("abc", "abc", "acb")])
    assert found.value == ("a", "b", "c")
    assert found.confidence == pytest.approx(0.8)  # b before c: two against one
    assert not Ranking().decided([Given(("a", "b")), Given(("b", "a"))]).is_decided


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
