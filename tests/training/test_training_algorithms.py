import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.training.algorithms.batching import length_batches, shuffled_length_batches
from apps.training.algorithms.linear_head import LinearHead, fit_probe, fit_temperature
from apps.training.algorithms.splits import stratified_split

CLASSES = st.lists(st.integers(0, 6), min_size=1, max_size=80).map(lambda values: np.array(values, dtype=np.int64))


@given(CLASSES, st.floats(0, 0.89), st.integers(0, 9))
def test_split_holds_each_position_once_and_keeps_every_class_in_training(classes, share, seed):
    training, held_out = stratified_split(classes, share=share, rng=np.random.default_rng(seed))
    assert sorted([*training, *held_out]) == list(range(len(classes)))
    assert set(classes[training]) == set(classes)
    assert len(held_out) <= round(len(classes) * share)


def test_split_takes_its_share_of_every_class():
    # 40 and 20 items at 0.15: 6 and 3.
    classes = np.array([0] * 40 + [1] * 20)
    _, held_out = stratified_split(classes, share=0.15, rng=np.random.default_rng(0))
    assert np.bincount(classes[held_out]).tolist() == [6, 3]


def test_split_refuses_a_share_of_one():
    with pytest.raises(ValueError, match="share"):
        stratified_split(np.array([0, 1]), share=1.0, rng=np.random.default_rng(0))


@given(st.lists(st.integers(1, 200), max_size=200), st.integers(1, 33), st.integers(0, 9))
def test_batches_hold_each_position_once(lengths, batch_size, seed):
    inference = length_batches(lengths, batch_size=batch_size)
    training = shuffled_length_batches(lengths, batch_size=batch_size, rng=np.random.default_rng(seed))
    for batches in (inference, training):
        assert sorted(int(row) for batch in batches for row in batch) == list(range(len(lengths)))
        assert all(len(batch) <= batch_size for batch in batches)
    flat = [lengths[row] for batch in inference for row in batch]
    assert flat == sorted(lengths, reverse=True)


@pytest.mark.parametrize("present", [(0, 1), (1, 3), (0, 1, 2, 3)])
def test_probe_separates_what_is_separable_and_never_names_an_absent_class(present):
    rng = np.random.default_rng(1)
    centres = np.eye(4, 8, dtype=np.float32)
    classes = np.repeat(present, 12)
    points = centres[classes] + rng.normal(0, 0.05, (len(classes), 8)).astype(np.float32)
    head = fit_probe(points, classes, n_classes=4)
    shares = head.probabilities(points)
    assert (shares.argmax(1) == classes).all()
    assert np.allclose(shares.sum(1), 1)
    absent = sorted({0, 1, 2, 3} - set(present))
    assert (shares[:, absent] == 0).all()


def test_two_classes_give_the_probabilities_of_scikit_learn():
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(2)
    points = rng.normal(size=(60, 5)).astype(np.float32)
    classes = (points[:, 0] + rng.normal(size=60) > 0).astype(np.int64)
    expected = LogisticRegression(C=30.0, max_iter=1000).fit(points, classes).predict_proba(points)
    assert np.allclose(fit_probe(points, classes, n_classes=2).probabilities(points), expected, atol=1e-5)


def test_probe_refuses_a_single_class():
    with pytest.raises(ValueError, match="two classes"):
        fit_probe(np.eye(3, dtype=np.float32), np.zeros(3, dtype=np.int64), n_classes=2)


def test_temperature_undoes_an_exaggeration():
    rng = np.random.default_rng(3)
    honest = rng.normal(size=(4000, 3))
    shares = LinearHead(np.eye(3, dtype=np.float32), np.zeros(3, dtype=np.float32)).probabilities(honest)
    classes = np.array([rng.choice(3, p=row) for row in shares])
    assert fit_temperature(honest * 4, classes) == pytest.approx(4, rel=0.15)


def test_temperature_is_one_for_few_items():
    assert fit_temperature(np.zeros((49, 2)), np.zeros(49, dtype=np.int64)) == 1.0
