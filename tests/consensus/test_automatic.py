"""The automatic choice: as good as the better of majority and Dawid-Skene, without looking at the truth."""

import numpy as np
import pytest

from apps.consensus.algorithms.aggregation import METHODS, OWN_STRENGTH, automatic
from apps.consensus.algorithms.bayes_dawid_skene import WITNESS_STRENGTH, bayes_dawid_skene
from apps.consensus.algorithms.bayes_one_coin import bayes_one_coin
from apps.consensus.algorithms.votes import Votes
from tests.consensus.crowds import SETS, accuracy, crowd, simulated


@pytest.mark.parametrize("name", SETS)
def test_automatic_is_not_below_the_better_of_majority_and_dawid_skene(name):
    votes, truth = crowd(name)
    choice = automatic(votes)
    plain = [accuracy(METHODS[method](votes).posterior, truth) for method in ("majority", "dawid-skene")]
    assert accuracy(choice.aggregate.posterior, truth) >= max(plain) - 0.005
    assert choice.chosen in METHODS
    assert choice.why


@pytest.mark.parametrize(
    "shape",
    [
        {"overlap": 2, "n_classes": 2, "n_reviewers": 60, "n_items": 800},
        {"overlap": 3, "n_classes": 5, "n_reviewers": 200, "n_items": 600},
        {"overlap": 3, "n_classes": 77, "n_reviewers": 10, "n_items": 600, "skill": (0.7, 0.95)},
        {"overlap": 20, "n_classes": 2, "n_reviewers": 25, "n_items": 200, "skill": (0.5, 0.8)},
        {"overlap": 3, "n_classes": 2, "n_items": 1500, "shares": [0.9, 0.1]},
        {"overlap": 5, "n_classes": 4, "spammers": 0.3, "n_items": 800},
        {"overlap": 7, "n_classes": 2, "spammers": 0.5, "n_items": 800, "skill": (0.75, 0.95)},
        {"overlap": 1, "n_classes": 3, "n_reviewers": 1},
        {"overlap": 3, "n_classes": 100, "n_reviewers": 20, "n_items": 200},
        # Everybody finds one class hard, and nobody gave enough labels to pay for a matrix of his own.
        {"overlap": 4, "n_classes": 2, "n_items": 600, "n_reviewers": 60, "skill": (0.85, 0.98), "harder": 0.3},
        {"overlap": 5, "n_classes": 2, "n_items": 800, "shares": [0.9, 0.1], "skill": (0.9, 0.98), "harder": 0.35},
        {"overlap": 3, "n_items": 600, "n_reviewers": 60, "skill": (0.8, 0.95), "harder": 0.3},
    ],
)
def test_automatic_holds_on_data_of_many_shapes(shape):
    found = []
    for seed in range(3):
        votes, truth = simulated(seed, **shape)
        mine = accuracy(automatic(votes).aggregate.posterior, truth)
        plain = [accuracy(METHODS[method](votes).posterior, truth) for method in ("majority", "dawid-skene")]
        found.append(mine - max(plain))
    # Three seeds leave some chance: one percent, for the mean.
    assert np.mean(found) > -0.01


def test_automatic_takes_one_rate_where_mistakes_follow_no_pattern():
    # Sixty votes a reviewer for one rate or 5 * 4 free numbers, all mistakes alike: the matrices do not pay.
    votes, _ = simulated(1, n_classes=5, n_reviewers=60, n_items=900, overlap=4)
    choice = automatic(votes)
    assert choice.chosen == "bayes-one-coin"
    assert "one rate per reviewer explains the labels better" in choice.why


def test_automatic_refuses_one_rate_where_a_class_is_hard_for_all():
    # One rate explains these labels better than a matrix each, by calling two thirds of all items the easy class.
    shape = {"overlap": 4, "n_classes": 2, "n_items": 600, "n_reviewers": 60, "skill": (0.85, 0.98), "harder": 0.3}
    votes, truth = simulated(2, **shape)
    assert bayes_one_coin(votes).evidence > bayes_dawid_skene(votes).evidence
    choice = automatic(votes)
    assert choice.chosen == "bayes-ds"
    assert "classes differ in difficulty" in choice.why
    found = accuracy(choice.aggregate.posterior, truth)
    assert found > accuracy(bayes_one_coin(votes).posterior, truth) + 0.02


def confused_in_pairs(seed, *, n_classes=4, n_items=800, n_reviewers=60, overlap=3):
    """Everybody takes classes 0 and 1 for each other, and 2 and 3: three of four answers right, most mistakes so."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, n_classes, n_items)
    item_idx = np.repeat(np.arange(n_items), overlap)
    reviewer_idx = rng.random((n_items, n_reviewers)).argsort(axis=1)[:, :overlap].ravel()
    true, chance = truth[item_idx], rng.random(len(item_idx))
    label_idx = np.where(chance < 0.75, true, np.where(chance < 0.97, true ^ 1, (true + 2) % n_classes))
    return Votes(item_idx, reviewer_idx, label_idx, n_items, n_reviewers, n_classes), truth


def test_automatic_draws_people_together_where_they_are_alike():
    # Nobody differs from anybody, so all that a weak pull to the pool tells of a person is chance.
    found = []
    for seed in range(4):
        votes, truth = confused_in_pairs(seed)
        weak, strong = bayes_dawid_skene(votes), bayes_dawid_skene(votes, strength=WITNESS_STRENGTH)
        assert strong.evidence > weak.evidence
        choice = automatic(votes)
        np.testing.assert_array_equal(choice.aggregate.posterior, strong.posterior)
        assert f"with the weight of {WITNESS_STRENGTH:g} votes" in choice.why
        found.append(accuracy(strong.posterior, truth) - accuracy(weak.posterior, truth))
    assert np.mean(found) > 0.005


def test_automatic_draws_nobody_to_one_rate_where_classes_differ_in_difficulty():
    shape = {"overlap": 4, "n_classes": 2, "n_items": 600, "n_reviewers": 60, "skill": (0.85, 0.98), "harder": 0.3}
    votes, truth = simulated(2, **shape)
    weak, strong = bayes_dawid_skene(votes), bayes_dawid_skene(votes, strength=WITNESS_STRENGTH)
    assert strong.evidence > weak.evidence  # it calls much of the hard class the easy one
    np.testing.assert_array_equal(automatic(votes).aggregate.posterior, weak.posterior)
    assert accuracy(weak.posterior, truth) > accuracy(strong.posterior, truth) + 0.01


def each_with_mistakes_of_his_own(seed, *, n_items=900, n_reviewers=60, overlap=5):
    """Three classes; every reviewer has a matrix of his own, drawn around right in half of the answers."""
    rng = np.random.default_rng(seed)
    around = np.array([[0.5, 0.35, 0.15], [0.25, 0.5, 0.25], [0.15, 0.3, 0.55]])
    matrices = np.array([[rng.dirichlet(1.5 * row) for row in around] for _ in range(n_reviewers)])
    truth = rng.integers(0, 3, n_items)
    item_idx = np.repeat(np.arange(n_items), overlap)
    reviewer_idx = rng.random((n_items, n_reviewers)).argsort(axis=1)[:, :overlap].ravel()
    told = matrices[reviewer_idx, truth[item_idx]].cumsum(axis=1)
    label_idx = (rng.random(len(item_idx))[:, None] > told).sum(axis=1).clip(max=2)
    return Votes(item_idx, reviewer_idx, label_idx, n_items, n_reviewers, 3), truth


def test_automatic_leaves_people_their_own_mistakes_where_they_differ_much():
    found = []
    for seed in range(4):
        votes, truth = each_with_mistakes_of_his_own(seed)
        choice, plain = automatic(votes), METHODS["dawid-skene"](votes)
        np.testing.assert_array_equal(
            choice.aggregate.posterior, bayes_dawid_skene(votes, strength=OWN_STRENGTH).posterior
        )
        assert f"with the weight of {OWN_STRENGTH:g} vote only" in choice.why
        found.append(
            [accuracy(each.posterior, truth) for each in (choice.aggregate, plain, METHODS["majority"](votes))]
        )
    mine, plain, majority = np.mean(found, axis=0)
    assert mine > plain - 0.005
    assert mine > majority + 0.1


def test_automatic_says_when_nothing_tells_reviewers_apart():
    votes, _ = simulated(1, overlap=1)
    choice = automatic(votes)
    assert "no item has two labels" in choice.why
    np.testing.assert_array_equal(choice.aggregate.posterior.argmax(axis=1)[votes.item_idx], votes.label_idx)
    assert choice.aggregate.posterior.max() < 0.95
