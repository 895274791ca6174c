import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from apps.consensus.algorithms.majority_vote import label_counts, majority_vote, vote_counts, winners

N_CLASSES = 4
tables = arrays(np.int64, st.tuples(st.integers(1, 12), st.integers(1, 6)), elements=st.integers(-1, N_CLASSES - 1))


def test_majority_vote_gives_shares():
    votes = np.array([[0, 0, 1], [2, -1, -1], [-1, -1, -1], [1, 2, -1]])
    expected = [[2 / 3, 1 / 3, 0], [0, 0, 1], [1 / 3, 1 / 3, 1 / 3], [0, 1 / 2, 1 / 2]]
    np.testing.assert_allclose(majority_vote(votes, n_classes=3), expected)


def test_winners_returns_ties():
    shares = majority_vote(np.array([[0, 0, 1], [1, 2, -1]]), n_classes=3)
    assert winners(shares).tolist() == [[True, False, False], [False, True, True]]


@pytest.mark.parametrize("votes", [np.array([[3]]), np.array([[-2]]), np.array([0, 1])])
def test_majority_vote_refuses_bad_votes(votes):
    with pytest.raises(ValueError, match="votes must"):
        majority_vote(votes, n_classes=3)


def test_majority_vote_refuses_no_classes():
    with pytest.raises(ValueError, match="n_classes"):
        majority_vote(np.array([[-1]]), n_classes=0)


def test_label_counts_equals_table():
    counts = label_counts(np.array([0, 0, 2]), np.array([1, 1, 0]), n_items=3, n_classes=2)
    assert counts.tolist() == [[0, 2], [0, 0], [1, 0]]


@given(votes=tables, seed=st.integers(0, 2**16))
def test_majority_vote_ignores_reviewer_order_and_class_names(votes, seed):
    rng = np.random.default_rng(seed)
    before = votes.copy()
    shares = majority_vote(votes, n_classes=N_CLASSES)
    np.testing.assert_allclose(shares.sum(axis=1), 1.0)
    shuffled = votes[:, rng.permutation(votes.shape[1])]
    np.testing.assert_array_equal(majority_vote(shuffled, n_classes=N_CLASSES), shares)
    names = rng.permutation(N_CLASSES)
    renamed = np.where(votes < 0, votes, names[votes])
    np.testing.assert_array_equal(majority_vote(renamed, n_classes=N_CLASSES)[:, names], shares)
    assert vote_counts(votes, n_classes=N_CLASSES).sum() == (votes >= 0).sum()
    np.testing.assert_array_equal(votes, before)


@given(label=st.integers(0, N_CLASSES - 1), n_reviewers=st.integers(1, 9))
def test_majority_vote_lets_unanimity_win(label, n_reviewers):
    shares = majority_vote(np.full((1, n_reviewers), label), n_classes=N_CLASSES)
    assert np.flatnonzero(winners(shares)[0]).tolist() == [label]
    assert shares[0, label] == 1.0
