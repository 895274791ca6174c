import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from apps.consensus.algorithms.overlap_saving import accuracy, labels_needed, saving


def test_accuracy_shares_ties_and_leaves_out_the_unknown():
    posterior = np.array([[0.9, 0.1], [0.5, 0.5], [0.2, 0.8], [1.0, 0.0]])
    # Right, half right (a tie), unknown, and a class that nobody ever gave: (1 + 1/2 + 0) / 3.
    assert accuracy(posterior, np.array([0, 1, -1, -2])) == pytest.approx(0.5)
    assert np.isnan(accuracy(posterior, np.full(4, -1)))


def test_labels_needed_is_read_between_two_points():
    labels, reached = np.array([2.0, 3.0, 4.0]), np.array([0.6, 0.8, 0.9])
    assert labels_needed(labels, reached, target=0.7) == pytest.approx(2.5)
    assert labels_needed(labels, reached, target=0.8) == pytest.approx(3.0)
    assert labels_needed(labels, reached, target=0.1) == 2.0
    assert np.isnan(labels_needed(labels, reached, target=0.91))


def test_labels_needed_does_not_believe_a_chance_peak():
    labels = np.array([2.0, 3.0, 4.0, 5.0])
    # The peak of .9 and the .7 after it become .8 each, so .85 is first reached on the way from 4 to 5 labels.
    assert labels_needed(labels, np.array([0.6, 0.9, 0.7, 0.9]), target=0.85) == pytest.approx(4.5)


@given(
    arrays(np.float64, 6, elements=st.floats(0, 1)), arrays(np.float64, 6, elements=st.floats(1, 7)), st.floats(0, 1)
)
def test_labels_needed_lies_on_the_curve(reached, labels, target):
    labels = np.sort(labels)
    needed = labels_needed(labels, reached, target=target)
    assert np.isnan(needed) or labels[0] - 1e-9 <= needed <= labels[-1] + 1e-9


def curves(n_shuffles=10):
    rng = np.random.default_rng(1)
    labels = np.tile([2.0, 3.0, 4.0], (n_shuffles, 1))
    return labels, np.array([0.6, 0.8, 0.9]) + rng.normal(0, 0.01, (n_shuffles, 3))


def test_saving_has_an_interval_around_it():
    labels, reached = curves()
    found = saving(labels, reached, spent=np.full(10, 5.0), target=np.full(10, 0.8), rng=np.random.default_rng(0))
    # About 3 of 5 labels.
    assert found.value == pytest.approx(0.4, abs=0.03)
    assert found.low < found.value < found.high
    assert not found.reason


def test_saving_says_why_there_is_none():
    labels, reached = curves()
    found = saving(labels, reached, spent=np.full(10, 5.0), target=np.full(10, 0.99), rng=np.random.default_rng(0))
    assert (found.value, found.low, found.high) == (None, None, None)
    assert "below the target of 0.9900" in found.reason


def test_saving_has_no_lower_end_when_some_shuffles_never_get_there():
    labels, reached = curves()
    best = reached.mean(axis=0)[-1]
    found = saving(labels, reached, spent=np.full(10, 5.0), target=np.full(10, best), rng=np.random.default_rng(0))
    assert found.value is not None
    assert found.low is None


def test_saving_of_one_shuffle_has_no_interval():
    labels, reached = curves(n_shuffles=1)
    found = saving(labels, reached, spent=np.array([5.0]), target=np.array([0.7]), rng=np.random.default_rng(0))
    assert found.value is not None
    assert (found.low, found.high) == (None, None)
