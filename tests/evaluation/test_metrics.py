import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix as sklearn_confusion
from sklearn.metrics import f1_score, precision_recall_fscore_support

from apps.evaluation.algorithms.metrics import confusion_matrix, metrics, wilson

N_CLASSES = 5
answers = st.lists(
    st.tuples(st.integers(0, N_CLASSES - 1), st.integers(0, N_CLASSES - 1)), min_size=1, max_size=60
).map(lambda pairs: np.array(pairs).T)


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def simulated(n, accuracy, rng):
    truth = rng.integers(0, N_CLASSES, n)
    return truth, np.where(rng.random(n) < accuracy, truth, rng.integers(0, N_CLASSES, n))


def test_metrics_by_hand(rng):
    truth, predicted = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 1, 0])
    found = metrics(truth, predicted, n_classes=4, rng=rng)
    assert found.confusion.tolist() == [[2, 1, 0, 0], [0, 2, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]
    assert found.accuracy.value == pytest.approx(4 / 6)
    # F1 of class 0: 2*2/(3+3), of 1: 2*2/(2+3), of 2: 0; class 3 does not occur and does not count.
    assert found.macro_f1.value == pytest.approx((2 / 3 + 4 / 5 + 0) / 3)
    assert [score.support for score in found.per_class] == [3, 2, 1, 0]
    assert (found.per_class[2].precision, found.per_class[2].recall) == (None, 0.0)
    assert (found.per_class[3].recall, found.per_class[3].recall_low, found.per_class[3].f1) == (None, None, 0.0)


@given(pairs=answers)
@settings(max_examples=60, deadline=None)
def test_metrics_equals_scikit_learn(pairs):
    truth, predicted = pairs
    found = metrics(truth, predicted, n_classes=N_CLASSES, rng=np.random.default_rng(0), n_resamples=50)
    labels = range(N_CLASSES)
    np.testing.assert_array_equal(found.confusion, sklearn_confusion(truth, predicted, labels=labels))
    assert found.macro_f1.value == pytest.approx(f1_score(truth, predicted, average="macro", zero_division=0))
    precision, recall, f1, support = precision_recall_fscore_support(truth, predicted, labels=labels, zero_division=0)
    np.testing.assert_allclose([score.precision or 0 for score in found.per_class], precision)
    np.testing.assert_allclose([score.recall or 0 for score in found.per_class], recall)
    np.testing.assert_allclose([score.f1 for score in found.per_class], f1)
    assert [score.support for score in found.per_class] == support.tolist()
    assert 0 <= found.accuracy.low <= found.accuracy.value <= found.accuracy.high <= 1


@pytest.mark.parametrize("n", [60, 400])
def test_metrics_interval_covers_the_truth(n):
    rng = np.random.default_rng(11)
    # Right by skill in .8, by luck in a fifth of the rest: .84.
    found = [metrics(*simulated(n, 0.8, rng), n_classes=N_CLASSES, rng=rng, n_resamples=300) for _ in range(200)]
    assert sum(one.accuracy.low <= 0.84 <= one.accuracy.high for one in found) >= 182
    assert sum(one.macro_f1.low <= 0.84 <= one.macro_f1.high for one in found) >= 176


def test_metrics_interval_has_width_when_all_are_right(rng):
    truth = np.zeros(200, dtype=int)
    found = metrics(truth, truth, n_classes=2, rng=rng)
    assert (found.accuracy.value, found.accuracy.high) == (1.0, 1.0)
    assert found.accuracy.low == pytest.approx(0.981, abs=1e-3)


def test_metrics_without_items_is_undefined(rng):
    none = np.array([], dtype=int)
    found = metrics(none, none, n_classes=2, rng=rng)
    assert (found.accuracy.value, found.macro_f1.value, found.accuracy.n) == (None, None, 0)


def test_wilson_of_published_example():
    # R. G. Newcombe (1998), doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E: 15 of 148.
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("truth", "predicted"), [([0], [0, 1]), ([2], [0]), ([0], [-1])])
def test_confusion_matrix_refuses(truth, predicted):
    with pytest.raises(ValueError, match="must"):
        confusion_matrix(np.array(truth), np.array(predicted), n_classes=2)
