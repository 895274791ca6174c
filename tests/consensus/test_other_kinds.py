"""Models of ratings, comparisons and rankings."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.consensus.algorithms.pairwise_consensus import pairwise_consensus
from apps.consensus.algorithms.ranking_consensus import ranking_consensus
from apps.consensus.algorithms.rating_consensus import rating_consensus

seeds = st.integers(0, 2**20)


def ratings(seed, n_items=80, n_reviewers=8, overlap=4):
    rng = np.random.default_rng(seed)
    truth, bias = rng.normal(3, 1, n_items), rng.normal(0, 0.7, n_reviewers)
    spread = rng.uniform(0.2, 1.2, n_reviewers)
    item_idx = np.repeat(np.arange(n_items), overlap)
    reviewer_idx = rng.random((n_items, n_reviewers)).argsort(axis=1)[:, :overlap].ravel()
    noise = rng.normal(size=len(item_idx)) * spread[reviewer_idx]
    return (item_idx, reviewer_idx, truth[item_idx] + bias[reviewer_idx] + noise), truth, bias


def test_rating_removes_leaning_and_beats_the_mean():
    errors, plain, covered, biases = [], [], [], []
    for seed in range(10):
        (item_idx, reviewer_idx, rating), truth, bias = ratings(seed)
        found = rating_consensus(item_idx, reviewer_idx, rating, n_items=80, n_reviewers=8)
        # The level of all together is not identified: nobody says whether all rate too high.
        shift = bias.mean()
        errors.append(np.mean((found.value - truth - shift) ** 2))
        plain.append(np.mean((np.bincount(item_idx, weights=rating) / 4 - truth - shift) ** 2))
        covered.append(np.mean((found.low - shift <= truth) & (truth <= found.high - shift)))
        biases.append(np.corrcoef(found.bias, bias)[0, 1])
    assert np.mean(errors) < 0.6 * np.mean(plain)
    assert 0.85 < np.mean(covered) <= 1.0
    assert np.mean(biases) > 0.9


@given(seed=seeds)
@settings(max_examples=15, deadline=None)
def test_rating_ignores_order_and_follows_a_change_of_scale(seed):
    (item_idx, reviewer_idx, rating), _, _ = ratings(seed, n_items=20, n_reviewers=5, overlap=3)
    rng = np.random.default_rng(seed)
    sizes, order = {"n_items": 20, "n_reviewers": 5}, rng.permutation(len(rating))
    people = rng.permutation(5)
    before = rating_consensus(item_idx, reviewer_idx, rating, **sizes)
    moved = rating_consensus(item_idx[order], people[reviewer_idx][order], 10 * rating[order] - 7, **sizes)
    np.testing.assert_allclose(moved.value, 10 * before.value - 7, atol=1e-3)
    np.testing.assert_allclose(moved.bias[people], 10 * before.bias, atol=1e-3)


def test_rating_stands_few_and_equal_ratings():
    nothing = rating_consensus(*[np.array([], dtype=np.int64)] * 2, np.array([]), n_items=2, n_reviewers=1)
    assert nothing.low.tolist() == [-np.inf, -np.inf]
    same = rating_consensus(np.array([0, 0]), np.array([0, 1]), np.array([4.0, 4.0]), n_items=1, n_reviewers=2)
    assert same.value[0] == pytest.approx(4.0)
    with pytest.raises(ValueError, match="finite"):
        rating_consensus(np.array([0]), np.array([0]), np.array([np.nan]), n_items=1, n_reviewers=1)


def comparisons(seed, n_candidates=8, n_reviewers=6, each=60, contrary=1):
    rng = np.random.default_rng(seed)
    score = rng.normal(0, 1.5, n_candidates)
    pairs = np.array([rng.choice(n_candidates, 2, replace=False) for _ in range(n_reviewers * each)])
    reviewer_idx = np.repeat(np.arange(n_reviewers), each)
    wins = rng.random(len(pairs)) < 1 / (1 + np.exp(score[pairs[:, 1]] - score[pairs[:, 0]]))
    wins ^= reviewer_idx < contrary
    winner, loser = np.where(wins, pairs[:, 0], pairs[:, 1]), np.where(wins, pairs[:, 1], pairs[:, 0])
    return (winner, loser, reviewer_idx), score - score.mean()


def test_pairwise_finds_scores_and_who_says_the_opposite():
    covered = []
    for seed in range(8):
        said, score = comparisons(seed)
        found = pairwise_consensus(*said, n_candidates=8, n_reviewers=6)
        assert found.converged
        assert np.corrcoef(found.score, score)[0, 1] > 0.9
        assert found.reliability[0] < 0.4 < found.reliability[1:].min()
        covered.append(np.mean((found.low <= score) & (score <= found.high)))
    assert np.mean(covered) > 0.85


def test_pairwise_by_hand():
    # With one reviewer held reliable the odds of 3 : 1 are exp(1.1); the prior draws them in a little.
    winner, loser = np.array([0, 0, 0, 1] * 30), np.array([1, 1, 1, 0] * 30)
    found = pairwise_consensus(winner, loser, np.zeros(120, dtype=np.int64), n_candidates=2, n_reviewers=1)
    assert found.score[0] == -found.score[1]
    assert 1.0 < found.score[0] - found.score[1] < 2.6
    with pytest.raises(ValueError, match="itself"):
        pairwise_consensus(np.array([0]), np.array([0]), np.array([0]), n_candidates=1, n_reviewers=1)


def test_pairwise_stands_a_side_that_always_wins_and_no_comparison():
    found = pairwise_consensus(np.zeros(5, int), np.ones(5, int), np.arange(5), n_candidates=3, n_reviewers=5)
    assert np.isfinite(found.score).all()
    assert found.score[0] > found.score[2] > found.score[1]
    none = np.array([], dtype=np.int64)
    assert pairwise_consensus(none, none, none, n_candidates=2, n_reviewers=0).score.tolist() == [0.0, 0.0]


def test_ranking_equals_bradley_terry_on_pairs():
    # Two candidates, 0 first in three of four: odds of 3.5 : 1.5 against the middle balance at the same worths.
    found = ranking_consensus([[0, 1]] * 3 + [[1, 0]], n_candidates=2)
    assert found.order == (0, 1)
    assert found.converged
    assert 1.5 < found.worth[0] / found.worth[1] < 3.0
    many = ranking_consensus([[0, 1]] * 3000 + [[1, 0]] * 1000, n_candidates=2)
    assert many.worth[0] / many.worth[1] == pytest.approx(3.0, rel=0.01)


def test_ranking_reads_partial_rankings():
    found = ranking_consensus([[0, 1], [1, 2], [2, 3], [0, 1, 2], [3]], n_candidates=4)
    assert found.order == (0, 1, 2, 3)
    assert ranking_consensus([], n_candidates=2).worth.tolist() == [0.5, 0.5]
    for wrong in ([0, 0], [4]):
        with pytest.raises(ValueError, match="at most once"):
            ranking_consensus([wrong], n_candidates=4)


@given(seed=seeds)
@settings(max_examples=5, deadline=None)
def test_ranking_ignores_the_order_of_rankings_and_names(seed):
    rng = np.random.default_rng(seed)
    rankings = [rng.permutation(5)[: rng.integers(2, 6)].tolist() for _ in range(12)]
    names = rng.permutation(5)
    before = ranking_consensus(rankings, n_candidates=5)
    moved = ranking_consensus([[int(names[each]) for each in ranking] for ranking in rankings[::-1]], n_candidates=5)
    np.testing.assert_allclose(moved.worth[names], before.worth, atol=1e-6)
