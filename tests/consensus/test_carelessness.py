"""Signs of carelessness: found where they are, silent where people only differ."""

import numpy as np
import pytest
from scipy.stats import binom

from apps.consensus.algorithms.carelessness import Answers, at_least, signs


def crowd(seed, *, n_items=120, n_people=8, n_classes=4, change=None):
    """Everybody answers every item, 80 % right, at a pace of his own."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, n_classes, n_items)
    labels = np.where(
        rng.random((n_items, n_people)) < 0.8, truth[:, None], rng.integers(0, n_classes, (n_items, n_people))
    )
    pace = rng.lognormal(8.5, 0.3, n_people)
    times = pace * rng.lognormal(0, 0.5, (n_items, n_people))
    if change:
        change(rng, labels, times)
    item, person = np.indices(labels.shape)
    return Answers(
        item.ravel(), person.ravel(), labels.ravel(), np.repeat(truth, n_people), times.ravel(), n_people, n_classes
    )


def told(answers, level=0.01):
    return {(one.kind, one.reviewer, one.other) for one in signs(answers) if one.q_value < level}


def test_honest_people_who_differ_are_seldom_pointed_at():
    assert sum(bool(told(crowd(seed), 0.05)) for seed in range(40)) <= 6


def test_a_clicker_is_seen_by_his_pace_and_by_his_one_answer():
    def change(rng, labels, times):
        labels[:, 3] = 1
        times[:, 3] = 300

    assert {("constant", 3, -1), ("fast", 3, -1)} <= told(crowd(1, change=change))
    one = next(one for one in signs(crowd(1, change=change)) if one.kind == "constant")
    assert (one.reviewer, one.label, one.seen, one.of) == (3, 1, 120, 120)


def test_a_copy_is_seen_and_only_the_pair():
    def change(rng, labels, times):
        labels[:, 5] = labels[:, 2]

    assert told(crowd(2, change=change)) == {("copies", 2, 5)}


def test_two_classes_leave_copies_open_and_few_people_the_pace():
    kinds = {one.kind for one in signs(crowd(0, n_classes=2, n_people=5))}
    assert kinds == {"constant"}


def test_nothing_to_test_gives_nothing():
    none = np.zeros(0, dtype=np.int64)
    assert signs(Answers(none, none, none, none, np.zeros(0), 0, 2)) == []
    assert signs(crowd(0, n_items=5)) == []


def test_at_least_is_the_binomial_tail():
    assert at_least(3, np.full(10, 0.2)) == pytest.approx(binom.sf(2, 10, 0.2))
    assert at_least(0, np.full(3, 0.2)) == pytest.approx(1)
