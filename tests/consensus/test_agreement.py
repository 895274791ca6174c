"""Hand-worked and published examples; the numbers stand in the sources named beside them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats import inter_rater

from apps.consensus.algorithms.agreement import (
    cohen_kappa,
    fleiss_kappa,
    gwet_ac1,
    krippendorff_alpha,
    percent_agreement,
)
from apps.consensus.algorithms.agreement_estimate import Bootstrap
from apps.consensus.algorithms.agreement_scaled import agreement_weights
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


def test_cohen_kappa_of_grant_proposals():
    votes = two_reviewers(20, 5, 10, 15)
    found = cohen_kappa(votes[:, 0], votes[:, 1], n_classes=2)
    # Observed 35/50 = .7, by chance .5 * .6 + .5 * .4 = .5, so (.7 - .5) / (1 - .5) = .4.
    assert found.value == pytest.approx(0.4)
    assert found.low < 0.4 < found.high
    assert (found.n_items, found.n_ratings) == (50, 100)


def test_cohen_kappa_leaves_out_items_with_one_answer():
    votes = np.vstack([two_reviewers(20, 5, 10, 15), [[0, -1], [-1, 1], [-1, -1]]])
    found = cohen_kappa(votes[:, 0], votes[:, 1], n_classes=2)
    assert (round(found.value, 9), found.n_items) == (0.4, 50)


def test_cohen_kappa_refuses_unknown_class():
    with pytest.raises(ValueError, match="answers must"):
        cohen_kappa(np.array([0]), np.array([2]), n_classes=2)


def test_fleiss_kappa_of_published_table():
    found = fleiss_kappa(FLEISS_TABLE)
    assert found.value == pytest.approx(0.210, abs=5e-4)
    assert found.low < found.value < found.high


def test_fleiss_kappa_of_uneven_counts_follows_gwet():
    found = fleiss_kappa(np.array([[2, 0], [2, 1], [0, 1]]))
    # Agreeing pairs: 1 and 1/3, so 2/3. Shares: (1 + 2/3 + 0) / 3 = 5/9 and 4/9; chance 25/81 + 16/81 = 41/81.
    assert found.value == pytest.approx((2 / 3 - 41 / 81) / (1 - 41 / 81))
    assert "different numbers" in found.note


def test_krippendorff_alpha_of_published_tables():
    with_gaps = krippendorff_alpha(vote_counts(KRIPPENDORFF_C, n_classes=5))
    assert with_gaps.value == pytest.approx(0.743, abs=5e-4)
    # Unit 12 has one answer and cannot be paired: 11 units, 40 answers.
    assert (with_gaps.n_items, with_gaps.n_ratings) == (11, 40)
    without = krippendorff_alpha(vote_counts(KRIPPENDORFF_B, n_classes=5))
    assert without.value == pytest.approx(0.692, abs=5e-4)


def test_gwet_ac1_holds_where_kappa_breaks_down():
    # Gwet (2008): 125 subjects, 118 / 5 / 2 / 0; agreement .944, kappa -.0234, AC1 .9408.
    votes = two_reviewers(118, 5, 2, 0)
    counts = vote_counts(votes, n_classes=2)
    assert gwet_ac1(counts).value == pytest.approx(0.9408, abs=5e-5)
    assert cohen_kappa(votes[:, 0], votes[:, 1], n_classes=2).value == pytest.approx(-0.0234, abs=5e-5)
    assert percent_agreement(counts).value == pytest.approx(0.944)


@pytest.mark.parametrize("coefficient", [krippendorff_alpha, fleiss_kappa])
def test_agreement_is_undefined_when_one_class_is_used(coefficient):
    found = coefficient(np.array([[2, 0], [2, 0]]))
    assert (found.value, found.low, found.high) == (None, None, None)
    assert "all answers are the same" in found.reason


@pytest.mark.parametrize("coefficient", [*COEFFICIENTS, fleiss_kappa])
def test_agreement_is_undefined_without_pairs(coefficient):
    found = coefficient(np.array([[1, 0], [0, 1]]))
    assert (found.value, found.reason) == (None, "no item has two answers")
    assert coefficient(np.zeros((3, 2), dtype=int)).n_items == 0
    assert coefficient(np.zeros((0, 2), dtype=int)).value is None


@pytest.mark.parametrize("coefficient", COEFFICIENTS)
def test_agreement_without_a_miss_has_an_exact_limit(coefficient):
    """Ten of ten alike: Clopper and Pearson's lower limit is .025 ** (1/10) = .692 of the items, never 1."""
    found = coefficient(np.array([[2, 0]] * 5 + [[0, 2]] * 5))
    assert (found.value, found.high, found.interval) == (1.0, 1.0, "exact")
    assert found.low < 0.6916


def test_agreement_in_groups_of_items_has_the_same_interval():
    """5,000 items are drawn in groups: the width is that of the normal approximation for a mean of shares."""
    rng = np.random.default_rng(3)
    votes = np.where(rng.random((5000, 2)) < 0.8, 0, rng.integers(0, 3, (5000, 2)))
    found = percent_agreement(vote_counts(votes, n_classes=3))
    width = 2 * 1.96 * np.sqrt(found.value * (1 - found.value) / 5000)
    assert found.high - found.low == pytest.approx(width, rel=0.12)


def random_votes(seed):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 4, 60)
    return np.where(rng.random((60, 3)) < 0.6, truth[:, None], rng.integers(0, 4, (60, 3)))


@pytest.mark.parametrize("seed", range(4))
def test_agreement_equals_the_reference_libraries(seed):
    votes = random_votes(seed)
    counts = vote_counts(votes, n_classes=4)
    assert fleiss_kappa(counts).value == pytest.approx(inter_rater.fleiss_kappa(counts, method="fleiss"), abs=1e-9)
    first, second = votes[:, 0], votes[:, 1]
    for kind in (None, "linear", "quadratic"):
        weights = agreement_weights(np.arange(4.0), kind) if kind else None
        found = cohen_kappa(first, second, n_classes=4, weights=weights).value
        assert found == pytest.approx(cohen_kappa_score(first, second, weights=kind), abs=1e-9)
        table = np.zeros((4, 4))
        np.add.at(table, (first, second), 1)
        theirs = inter_rater.cohens_kappa(table, wt=kind and {"linear": "linear", "quadratic": "quadratic"}[kind])
        assert found == pytest.approx(theirs.kappa, abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_alpha_and_ac1_equal_their_definitions(seed):
    """Slow ones: alpha from the coincidence matrix, AC1 item by item, with a third of the answers missing."""
    votes = random_votes(seed)
    votes[np.random.default_rng(seed + 9).random(votes.shape) < 0.33] = -1
    rows = [[int(vote) for vote in row if vote >= 0] for row in votes]
    counts = vote_counts(votes, n_classes=4)
    assert krippendorff_alpha(counts).value == pytest.approx(slow_alpha(rows), abs=1e-9)
    shares = np.mean([[row.count(k) / len(row) for k in range(4)] for row in rows if row], axis=0)
    pairs = [
        np.mean([a == b for i, a in enumerate(row) for j, b in enumerate(row) if i != j]) for row in rows if row[1:]
    ]
    chance = sum(share * (1 - share) for share in shares) / 3
    assert gwet_ac1(counts).value == pytest.approx((np.mean(pairs) - chance) / (1 - chance), abs=1e-9)


def slow_alpha(rows, distance=lambda a, b: float(a != b)):
    """K. Krippendorff (2011): observed over expected disagreement, from the coincidences."""
    together = {}
    for row in rows:
        for i, a in enumerate(row):
            for j, b in enumerate(row):
                if i != j:
                    together[a, b] = together.get((a, b), 0) + 1 / (len(row) - 1)
    totals = {a: sum(n for (left, _), n in together.items() if left == a) for a, _ in together}
    n = sum(totals.values())
    observed = sum(count * distance(a, b) for (a, b), count in together.items()) / n
    expected = sum(m * k * distance(a, b) for a, m in totals.items() for b, k in totals.items()) / (n * (n - 1))
    return 1 - observed / expected


@pytest.mark.parametrize("coefficient", COEFFICIENTS)
def test_agreement_interval_covers_the_truth(coefficient):
    """About 95 in 100 intervals hold the value of a very large sample."""

    def sample(n, rng):
        truth = rng.integers(0, 3, n)
        answers = np.where(rng.random((n, 3)) < 0.8, truth[:, None], rng.integers(0, 3, (n, 3)))
        return vote_counts(answers, n_classes=3)

    rng = np.random.default_rng(1)
    target = coefficient(sample(400_000, rng)).value
    found = [coefficient(sample(200, rng), bootstrap=Bootstrap(400)) for _ in range(200)]
    assert sum(f.low <= target <= f.high for f in found) >= 180


@given(
    votes=arrays(np.int64, st.tuples(st.integers(2, 15), st.integers(2, 5)), elements=st.integers(-1, 2)),
    seed=st.integers(0, 2**16),
)
def test_agreement_ignores_order_and_names(votes, seed):
    rng = np.random.default_rng(seed)
    counts = vote_counts(votes, n_classes=3)
    for coefficient in COEFFICIENTS:
        value = coefficient(counts).value
        moved = coefficient(counts[rng.permutation(len(counts))][:, rng.permutation(3)]).value
        assert value == pytest.approx(moved, nan_ok=True)
        assert value is None or value <= 1.0 + 1e-12


def test_a_reviewer_with_one_answer_has_kappa_nought_without_an_interval():
    found = cohen_kappa(np.zeros(40, dtype=int), np.arange(40) % 3, n_classes=3)
    assert (found.value, found.low, found.high) == (pytest.approx(0), None, None)
    assert "no spread" in found.reason
