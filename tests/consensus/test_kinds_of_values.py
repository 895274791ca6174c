"""The rules of labels, levels, numbers and orders by hand, and against simulated reviewers."""

import numpy as np
import pytest

from apps.consensus.algorithms.kinds import Asked, Given
from apps.consensus.algorithms.multiple_choice import MultipleChoice
from apps.consensus.algorithms.number_consensus import Number
from apps.consensus.algorithms.one_of import OneOf
from apps.consensus.algorithms.ranking_consensus import Ranking
from tests.consensus.kind_answers import LABELS, PARENTS, decide

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
