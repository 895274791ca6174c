import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.consensus.algorithms.dawid_skene import pooled_confusion
from apps.consensus.algorithms.overlap import GOOD_ENOUGH, OverlapRule, gain_per_label, information, worth_asking

shares = st.floats(0.0, 1.0)


def test_rule_asks_until_sure_and_never_beyond_the_maximum():
    rule = OverlapRule(threshold=0.9, start=2, maximum=4)
    confidence = np.array([0.99, 0.90, 0.89, 0.89, 0.89])
    n_answers = np.array([1, 2, 2, 3, 4])
    assert rule.settles(confidence, n_answers).tolist() == [False, True, False, False, False]
    assert rule.asks(confidence, n_answers).tolist() == [True, False, True, True, False]


def test_rule_reads_one_item_as_it_reads_many():
    rule = OverlapRule(threshold=0.9)
    assert rule.settles(0.95, 2)
    assert not rule.asks(0.95, 2)
    assert rule.asks(0.95, 1)
    assert not rule.asks(0.5, 7)


@given(st.lists(st.tuples(shares, st.integers(0, 10)), min_size=1), shares)
def test_rule_never_asks_about_a_settled_item(items, threshold):
    rule = OverlapRule(threshold)
    confidence, n_answers = np.array([c for c, _ in items]), np.array([n for _, n in items])
    settles, asks = rule.settles(confidence, n_answers), rule.asks(confidence, n_answers)
    assert not (settles & asks).any()
    assert not asks[n_answers >= rule.maximum].any()
    assert asks[n_answers < rule.start].all()


@pytest.mark.parametrize(
    "wrong", [{"threshold": 1.1}, {"threshold": -0.1}, {"threshold": 0.9, "start": 0}, {"threshold": 0.9, "maximum": 1}]
)
def test_rule_refuses_what_cannot_be(wrong):
    with pytest.raises(ValueError, match=r"threshold|start"):
        OverlapRule(**wrong)


def test_information_of_perfect_useless_and_contrary_reviewers():
    matrices = np.stack([pooled_confusion(accuracy, 2) for accuracy in (1.0, 0.5, 0.0, 0.9)])
    # Of two classes, all of log 2; nothing; all of it again, since always wrong tells as much; and
    # log 2 + .9 log .9 + .1 log .1 = .6931 - .0948 - .2303.
    assert information(matrices) == pytest.approx([np.log(2), 0.0, np.log(2), 0.3681], abs=1e-4)


def test_information_does_not_reward_knowing_the_common_class_only():
    always_common = np.array([[1.0, 0.0], [1.0, 0.0]])
    careful = np.array([[0.8, 0.2], [0.2, 0.8]])
    told = information(np.stack([always_common, careful]))
    assert told[0] == 0.0
    assert told[1] > 0.1


@given(st.integers(2, 6), st.integers(0, 2**20))
def test_information_lies_between_nothing_and_the_class_itself(n_classes, seed):
    rng = np.random.default_rng(seed)
    confusion = rng.dirichlet(np.ones(n_classes), size=(5, n_classes))
    told = information(confusion)
    assert (told >= 0).all()
    assert (told <= np.log(n_classes) + 1e-9).all()
    relabelled = rng.permutation(n_classes)
    assert information(confusion[:, relabelled][:, :, relabelled]) == pytest.approx(told)


def test_worth_asking_keeps_about_the_best_of_each_item():
    value = np.array([1.0, GOOD_ENOUGH + 0.01, GOOD_ENOUGH - 0.01, 0.1, 0.0])
    item = np.array([0, 0, 0, 1, 1])
    assert worth_asking(value, item=item).tolist() == [True, True, False, True, False]


@given(st.lists(st.tuples(st.integers(0, 4), shares), min_size=1))
def test_worth_asking_leaves_somebody_for_every_item(candidates):
    item, value = np.array([i for i, _ in candidates]), np.array([v for _, v in candidates])
    assert set(item[worth_asking(value, item=item)]) == set(item)


def test_gain_of_a_label_on_two_classes():
    posterior = np.array([[0.5, 0.5], [0.9, 0.1], [1.0, 0.0]])
    gain = gain_per_label(posterior, accuracy=0.8, left=np.array([1, 1, 1]))
    # One answer, right in 4 of 5: from .5 to .8. At .9 one answer turns nothing round: .1 × .8 < .9 × .2.
    assert gain == pytest.approx([0.3, 0.0, 0.0])


def test_gain_looks_further_than_one_label():
    posterior = np.array([[0.9, 0.1]])
    # Two answers for the other class do turn it round: .1 × .8² - .9 × .2² = .028, for two labels.
    assert gain_per_label(posterior, accuracy=0.8, left=np.array([2])) == pytest.approx([0.014])
    assert gain_per_label(posterior, accuracy=0.8, left=np.array([0])) == pytest.approx([0.0])


@settings(max_examples=50)
@given(st.integers(1, 5), st.floats(0.0, 1.0), st.integers(0, 6), st.integers(0, 2**20))
def test_gain_is_never_negative_and_never_more_than_there_is_to_gain(n_classes, accuracy, left, seed):
    posterior = np.random.default_rng(seed).dirichlet(np.ones(n_classes), size=8)
    gain = gain_per_label(posterior, accuracy=accuracy, left=np.full(8, left))
    assert (gain >= -1e-12).all()
    assert (gain <= 1.0 - posterior.max(axis=1) + 1e-12).all()
    fewer = gain_per_label(posterior, accuracy=accuracy, left=np.full(8, max(left - 1, 0)))
    assert (gain >= fewer - 1e-12).all()
