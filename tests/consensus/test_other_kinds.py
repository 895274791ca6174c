"""Models of comparisons and rankings."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.consensus.algorithms.pairwise_consensus import pairwise_consensus
from apps.consensus.algorithms.ranking_consensus import ranking_consensus

seeds = st.integers(0, 2**20)


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


def test_pairwise_intervals_are_those_of_differences():
    # 1,200 comparisons tell four sides apart well; where all of them stand together is no question.
    said, score = comparisons(3, n_candidates=4, each=300, n_reviewers=4, contrary=0)
    found = pairwise_consensus(*said, n_candidates=4, n_reviewers=4)
    assert ((found.low <= score) & (score <= found.high)).all()
    assert (found.high - found.low < 2.0).all()


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
