"""Hand-worked and published examples; the numbers stand in the sources named beside them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from apps.consensus.algorithms.agreement import (
    cohen_kappa,
    fleiss_kappa,
    gwet_ac1,
    krippendorff_alpha,
    percent_agreement,
)
from apps.consensus.algorithms.majority_vote import vote_counts

# J. L. Fleiss (1971)'s form, the widely printed table of 10 subjects, 14 raters, 5 classes: kappa 0.210.
FLEISS_TABLE = np.array(
    [
        [0, 0, 0, 0, 14],
        [0, 2, 6, 4, 2],
        [0, 0, 3, 5, 6],
        [0, 3, 9, 2, 0],
        [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0],
        [3, 2, 6, 3, 0],
        [2, 5, 3, 2, 2],
        [6, 5, 2, 1, 0],
        [0, 2, 2, 3, 7],
    ]
)
# K. Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", section C: 4 observers, 12 units, gaps.
KRIPPENDORFF_C = (
    np.array(
        [
            [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
            [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
            [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
            [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
        ]
    ).T
    - 1
)
# The same, section B: two observers, 12 articles, five classes a to e.
KRIPPENDORFF_B = np.array(
    [[ord(a) - 97, ord(b) - 97] for a, b in zip("aabbdcccedda", "babbbcccedd" + "d", strict=True)]
)
COEFFICIENTS = [percent_agreement, krippendorff_alpha, gwet_ac1]


def two_reviewers(both_yes, yes_no, no_yes, both_no):
    cells = [(0, 0)] * both_yes + [(0, 1)] * yes_no + [(1, 0)] * no_yes + [(1, 1)] * both_no
    return np.array(cells)


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def test_cohen_kappa_of_grant_proposals(rng):
    votes = two_reviewers(20, 5, 10, 15)
    found = cohen_kappa(votes[:, 0], votes[:, 1], n_classes=2, rng=rng)
    # Observed 35/50 = .7, by chance .5 * .6 + .5 * .4 = .5, so (.7 - .5) / (1 - .5) = .4.
    assert found.value == pytest.approx(0.4)
    assert found.low < 0.4 < found.high
    assert (found.n_items, found.n_ratings) == (50, 100)


def test_cohen_kappa_leaves_out_items_with_one_answer(rng):
    votes = np.vstack([two_reviewers(20, 5, 10, 15), [[0, -1], [-1, 1], [-1, -1]]])
    found = cohen_kappa(votes[:, 0], votes[:, 1], n_classes=2, rng=rng)
    assert (round(found.value, 9), found.n_items) == (0.4, 50)


def test_cohen_kappa_refuses_unknown_class(rng):
    with pytest.raises(ValueError, match="answers must"):
        cohen_kappa(np.array([0]), np.array([2]), n_classes=2, rng=rng)


def test_fleiss_kappa_of_published_table(rng):
    found = fleiss_kappa(FLEISS_TABLE, rng=rng)
    assert found.value == pytest.approx(0.210, abs=5e-4)
    assert found.low < found.value < found.high


def test_fleiss_kappa_refuses_uneven_counts(rng):
    with pytest.raises(ValueError, match="same number of answers"):
        fleiss_kappa(np.array([[2, 0], [2, 1]]), rng=rng)


def test_krippendorff_alpha_of_published_tables(rng):
    with_gaps = krippendorff_alpha(vote_counts(KRIPPENDORFF_C, n_classes=5), rng=rng)
    assert with_gaps.value == pytest.approx(0.743, abs=5e-4)
    # Unit 12 has one answer and cannot be paired: 11 units, 40 answers.
    assert (with_gaps.n_items, with_gaps.n_ratings) == (11, 40)
    without = krippendorff_alpha(vote_counts(KRIPPENDORFF_B, n_classes=5), rng=rng)
    assert without.value == pytest.approx(0.692, abs=5e-4)


def test_gwet_ac1_holds_where_kappa_breaks_down(rng):
    # Gwet (2008): 125 subjects, 118 / 5 / 2 / 0; agreement .944, kappa -.0234, AC1 .9408.
    votes = two_reviewers(118, 5, 2, 0)
    counts = vote_counts(votes, n_classes=2)
    assert gwet_ac1(counts, rng=rng).value == pytest.approx(0.9408, abs=5e-5)
    assert cohen_kappa(votes[:, 0], votes[:, 1], n_classes=2, rng=rng).value == pytest.approx(-0.0234, abs=5e-5)
    assert percent_agreement(counts, rng=rng).value == pytest.approx(0.944)


@pytest.mark.parametrize("coefficient", [krippendorff_alpha, fleiss_kappa])
def test_agreement_is_undefined_when_one_class_is_used(coefficient, rng):
    found = coefficient(np.array([[2, 0], [2, 0]]), rng=rng)
    assert (found.value, found.low, found.high) == (None, None, None)


@pytest.mark.parametrize("coefficient", [*COEFFICIENTS, fleiss_kappa])
def test_agreement_is_undefined_without_pairs(coefficient, rng):
    assert coefficient(np.array([[1, 0], [0, 1]]), rng=rng).value is None
    assert coefficient(np.zeros((3, 2), dtype=int), rng=rng).n_items == 0


@pytest.mark.parametrize("coefficient", COEFFICIENTS)
def test_agreement_interval_covers_the_truth(coefficient):
    """About 95 in 100 intervals hold the value of a very large sample."""

    def sample(n, rng):
        truth = rng.integers(0, 3, n)
        answers = np.where(rng.random((n, 3)) < 0.8, truth[:, None], rng.integers(0, 3, (n, 3)))
        return vote_counts(answers, n_classes=3)

    rng = np.random.default_rng(1)
    target = coefficient(sample(400_000, rng), rng=rng, n_resamples=2).value
    found = [coefficient(sample(200, rng), rng=rng, n_resamples=400) for _ in range(200)]
    assert sum(f.low <= target <= f.high for f in found) >= 180


@given(
    votes=arrays(np.int64, st.tuples(st.integers(2, 15), st.integers(2, 5)), elements=st.integers(-1, 2)),
    seed=st.integers(0, 2**16),
)
def test_agreement_ignores_order_and_names(votes, seed):
    rng = np.random.default_rng(seed)
    counts = vote_counts(votes, n_classes=3)
    for coefficient in COEFFICIENTS:
        value = coefficient(counts, rng=rng, n_resamples=5).value
        moved = coefficient(counts[rng.permutation(len(counts))][:, rng.permutation(3)], rng=rng, n_resamples=5).value
        assert value == pytest.approx(moved, nan_ok=True)
        assert value is None or value <= 1.0 + 1e-12
