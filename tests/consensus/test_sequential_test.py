"""The promises of the sequential test, in simulation and by its own definition."""

from math import log, prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.consensus.algorithms.sequential_test import SequentialTest, evidence_of, pause_curve, paused_after

DEFAULT = SequentialTest()


def _paused(accuracy, n_answers, n_runs=20_000):
    return paused_after(accuracy, test=DEFAULT, n_answers=n_answers, n_runs=n_runs, rng=np.random.default_rng(1))


@pytest.mark.parametrize(("accuracy", "within"), [(0.6, 12), (0.5, 8)])
def test_bad_reviewers_are_paused_soon(accuracy, within):
    assert np.mean((paused := _paused(accuracy, 200)) > 0) > 0.999
    assert np.median(paused) <= within


def test_good_reviewer_is_rarely_paused():
    assert np.mean(_paused(0.92, 200) > 0) <= 0.05


def test_better_reviewers_are_paused_less():
    curve = pause_curve(
        [0.5, 0.75, 0.8, 0.85, 0.92, 0.97], test=DEFAULT, n_answers=100, n_runs=4000, rng=np.random.default_rng(2)
    )
    shares = [point.share_paused for point in curve]
    assert shares == sorted(shares, reverse=True)
    assert curve[0].median is not None
    assert curve[-1].median is None


def test_decline_after_many_right_answers_is_still_seen():
    path = evidence_of([True] * 500 + [False] * 8, test=DEFAULT)
    assert DEFAULT.pauses(path[-1])
    assert not DEFAULT.pauses(path[-4])


@given(st.lists(st.booleans(), max_size=12))
def test_evidence_is_the_likelihood_ratio_while_above_the_bottom(answers):
    test = SequentialTest(beta=1e-9)
    path = evidence_of(answers, test=test)
    ratio = prod(0.75 / 0.92 if right else 0.25 / 0.08 for right in answers)
    assert not path or path[-1] == pytest.approx(log(ratio))


@given(st.lists(st.booleans(), max_size=300))
def test_evidence_never_falls_below_the_bottom(answers):
    assert all(value >= DEFAULT.bottom for value in evidence_of(answers, test=DEFAULT))


@pytest.mark.parametrize("wrong", [{"floor": 0.95}, {"good": 1.0}, {"alpha": 0.0}, {"beta": 1.0}, {"floor": 0.0}])
def test_levels_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValueError, match="must lie"):
        SequentialTest(**wrong)
