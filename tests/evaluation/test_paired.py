import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.metrics import f1_score

from apps.evaluation.algorithms.paired import (
    PairedCounts,
    accuracy_difference,
    difference_interval,
    items_needed,
    macro_f1_difference,
    mcnemar,
    p_inferior,
    paired_counts,
    tango_z,
)

tables = st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 200)).map(
    lambda cells: PairedCounts(cells[0], cells[1], sum(cells) + 1)
)
# Fagerland, Lydersen and Laake (2013, 2014): airway hyper-responsiveness before and after a transplant,
# 21 children, 1 and 7 discordant.
AIRWAYS = PairedCounts(1, 7, 21)


def drawn(n, only_candidate, only_champion, rng):
    cells = rng.multinomial(n, [only_candidate, only_champion, 1 - only_candidate - only_champion])
    return PairedCounts(int(cells[0]), int(cells[1]), n)


def test_paired_counts_counts_discordant_items():
    candidate, champion = np.array([1, 1, 0, 0, 1], dtype=bool), np.array([1, 0, 1, 1, 1], dtype=bool)
    assert paired_counts(candidate, champion) == PairedCounts(1, 2, 5)
    with pytest.raises(ValueError, match="same items"):
        paired_counts(candidate, champion[:2])


def test_mcnemar_of_published_example():
    found = mcnemar(AIRWAYS)
    assert found.exact == pytest.approx(0.0703, abs=5e-5)
    assert found.mid_p == pytest.approx(0.0391, abs=5e-5)


def test_difference_interval_of_published_example():
    assert difference_interval(AIRWAYS) == pytest.approx((-0.517, -0.026), abs=5e-4)


@given(counts=tables)
def test_mcnemar_is_a_sign_test(counts):
    b, c = counts.only_candidate, counts.only_champion
    found = mcnemar(counts)
    if b + c:
        assert found.exact == pytest.approx(binomtest(b, b + c).pvalue)
    assert 0 <= found.mid_p <= found.exact <= 1


@given(counts=tables, margin=st.floats(0, 0.2))
@settings(deadline=None)
def test_interval_and_test_agree(counts, margin):
    low, high = difference_interval(counts)
    assert -1 <= low <= counts.difference <= high <= 1
    for end, sign in ((low, 1), (high, -1)):
        if -1 < end < 1:
            assert sign * tango_z(counts, end) == pytest.approx(1.959964, abs=1e-4)
    if min(abs(low + margin), abs(high + margin)) > 1e-9:
        assert (low > -margin) == (p_inferior(counts, margin=margin) > 0.975)
        assert (high < -margin) == (p_inferior(counts, margin=margin) < 0.025)


@given(counts=tables)
@settings(deadline=None)
def test_interval_turns_round_with_the_models(counts):
    low, high = difference_interval(counts)
    turned = difference_interval(PairedCounts(counts.only_champion, counts.only_candidate, counts.n))
    assert turned == pytest.approx((-high, -low), abs=1e-7)


def test_difference_interval_covers_the_truth():
    rng = np.random.default_rng(4)
    found = [difference_interval(drawn(150, 0.03, 0.05, rng)) for _ in range(400)]
    assert sum(low <= -0.02 <= high for low, high in found) >= 370


def test_difference_interval_has_width_without_discordant_items():
    low, high = difference_interval(PairedCounts(0, 0, 20))
    assert low < -0.1
    assert high > 0.1
    assert difference_interval(PairedCounts(0, 0, 0)) == (-1.0, 1.0)


def test_items_needed_are_enough_in_four_of_five_cases():
    rng = np.random.default_rng(8)
    # 300 items, 10 of either kind: nothing decided at a margin of half a point.
    observed = PairedCounts(10, 10, 300)
    more = items_needed(observed, margin=0.005)
    assert 15_000 < more < 30_000
    share = 10.5 / 302
    decided = [items_needed(drawn(300 + more, share, share, rng), margin=0.005) == 0 for _ in range(200)]
    assert 0.7 < np.mean(decided) < 0.9


@pytest.mark.parametrize(
    ("counts", "expected"),
    [(PairedCounts(60, 20, 500), 0), (PairedCounts(20, 90, 500), 0), (PairedCounts(20, 30, 2000), None)],
)
def test_items_needed_when_decided_or_hopeless(counts, expected):
    # The last: ten of 2,000 worse is exactly half a point, (20.5 - 30.5) / 2002 all but on the margin.
    assert items_needed(counts, margin=0.005) == expected


def test_accuracy_difference_agrees_with_score_interval():
    counts = PairedCounts(50, 28, 1200)
    found = accuracy_difference(counts, rng=np.random.default_rng(0))
    assert found.value == pytest.approx(22 / 1200)
    assert (found.low, found.high) == pytest.approx(difference_interval(counts), abs=2e-3)
    assert accuracy_difference(PairedCounts(0, 0, 0), rng=np.random.default_rng(0)).value is None


def test_macro_f1_difference_equals_scikit_learn():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 4, 300)
    candidate, champion = (np.where(rng.random(300) < skill, truth, rng.integers(0, 4, 300)) for skill in (0.8, 0.5))
    found = macro_f1_difference(truth, candidate, champion, n_classes=4, rng=rng)
    expected = f1_score(truth, candidate, average="macro") - f1_score(truth, champion, average="macro")
    assert found.value == pytest.approx(expected)
    assert 0 < found.low < found.value < found.high
    same = macro_f1_difference(truth, candidate, candidate, n_classes=4, rng=rng)
    assert (same.value, same.low, same.high) == (0.0, 0.0, 0.0)
