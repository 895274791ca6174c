"""Confident learning on planted mistakes, and by hand."""

import numpy as np
import pytest

from apps.consensus.algorithms.label_errors import MIN_ITEMS, label_suspects


def _crowd(n_items, n_classes, n_wrong, seed):
    """Labels of which some are wrong, and an honest model that had not seen them."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(n_classes, size=n_items)
    labels = truth.copy()
    wrong = rng.choice(n_items, n_wrong, replace=False)
    labels[wrong] = (labels[wrong] + rng.integers(1, n_classes, n_wrong)) % n_classes
    logits = rng.normal(size=(n_items, n_classes))
    logits[np.arange(n_items), truth] += 6.0
    shares = np.exp(logits)
    return labels, shares / shares.sum(axis=1, keepdims=True), set(wrong.tolist())


@pytest.mark.parametrize("seed", range(5))
def test_suspects_are_mostly_the_planted_mistakes(seed):
    labels, shares, wrong = _crowd(600, 6, 30, seed)
    found = label_suspects(labels, shares)
    top = {one.index for one in found[:20]}
    assert len(top & wrong) >= 18
    assert len({one.index for one in found} & wrong) >= 20
    assert [one.margin for one in found] == sorted(one.margin for one in found)


def test_suspect_by_hand():
    labels = np.array([0] * 15 + [1] * 15)
    shares = np.where(labels[:, None] == 0, [[0.8, 0.2]], [[0.3, 0.7]])
    shares[3] = [0.1, 0.9]
    suspect = label_suspects(labels, shares)[0]
    assert (suspect.index, suspect.suggested) == (3, 1)
    assert suspect.margin == pytest.approx(-0.8)
    assert len(label_suspects(labels, shares)) == 1


def test_timid_model_is_judged_by_its_own_confidence():
    labels = np.repeat([0, 1, 2], 20)
    shares = np.full((60, 3), 0.32)
    shares[np.arange(60), labels] = 0.36
    shares[5] = [0.30, 0.40, 0.30]
    assert [one.index for one in label_suspects(labels, shares)] == [5]


def test_few_items_give_no_suspects():
    labels, shares, _ = _crowd(MIN_ITEMS - 1, 3, 5, 0)
    assert label_suspects(labels, shares) == []


def test_labels_that_are_no_class_are_refused():
    with pytest.raises(ValueError, match="one class"):
        label_suspects(np.array([0, 3]), np.full((2, 3), 1 / 3))
