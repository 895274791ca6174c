import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.evaluation.algorithms.calibration import calibration


def two_classes(confidence, is_right):
    """Probabilities that give class 0 with that confidence, and a truth that makes it right or wrong."""
    confidence = np.asarray(confidence, dtype=float)
    return np.stack([confidence, 1 - confidence], axis=1), np.where(is_right, 0, 1)


def test_calibration_by_hand():
    # Bin (.6, .7]: mean .65, 1 of 2 right, gap .15. Bin (.9, 1]: mean .95, 3 of 3 right, gap .05.
    found = calibration(*two_classes([0.62, 0.68, 0.95, 0.95, 0.95], [1, 0, 1, 1, 1]), rng=np.random.default_rng(0))
    assert found.ece.value == pytest.approx((2 * 0.15 + 3 * 0.05) / 5)
    full = [one for one in found.bins if one.n]
    assert [(round(one.low, 1), one.n, one.accuracy) for one in full] == [(0.6, 2, 0.5), (0.9, 3, 1.0)]
    assert full[1].accuracy_low == pytest.approx(0.4385, abs=1e-4)  # Wilson, 3 of 3
    assert len(found.bins) == 10
    assert found.bins[0].accuracy is None


def test_calibration_equal_mass_bins_hold_equally_many():
    rng = np.random.default_rng(2)
    confidence = rng.uniform(0.5, 1.0, 1000)
    found = calibration(*two_classes(confidence, rng.random(1000) < confidence), rng=rng, binning="equal_mass")
    assert [one.n for one in found.bins] == [100] * 10
    assert found.ece.value < 0.07


def test_calibration_equal_mass_merges_bins_of_equal_confidence():
    found = calibration(*two_classes([1.0] * 9, [1] * 9), rng=np.random.default_rng(0), binning="equal_mass")
    assert [one.n for one in found.bins] == [9]
    assert found.ece.value == 0.0


def test_calibration_interval_holds_the_true_gap():
    rng = np.random.default_rng(5)
    found = calibration(*two_classes(np.full(2000, 0.9), rng.random(2000) < 0.75), rng=rng)
    assert found.ece.low < 0.15 < found.ece.high
    assert found.ece.high - found.ece.low < 0.05


def test_calibration_of_nothing():
    found = calibration(np.zeros((0, 3)), np.zeros(0, dtype=int), rng=np.random.default_rng(0))
    assert (found.ece.value, found.bins) == (None, ())


@pytest.mark.parametrize(("rows", "n"), [([[0.5, 0.4]], 1), ([[0.5, 0.5]], 2)])
def test_calibration_refuses(rows, n):
    with pytest.raises(ValueError, match="must"):
        calibration(np.array(rows), np.zeros(n, dtype=int), rng=np.random.default_rng(0))


@given(seed=st.integers(0, 2**16), n=st.integers(1, 60), binning=st.sampled_from(["equal_width", "equal_mass"]))
@settings(max_examples=50, deadline=None)
def test_calibration_puts_each_item_into_one_bin(seed, n, binning):
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.ones(3), n)
    found = calibration(probabilities, rng.integers(0, 3, n), rng=rng, binning=binning, n_resamples=20)
    full = [one for one in found.bins if one.n]
    assert sum(one.n for one in full) == n
    assert all(one.low - 1e-9 <= one.confidence <= one.high + 1e-9 for one in full)
    weighted = sum(one.n * abs(one.accuracy - one.confidence) for one in full) / n
    assert found.ece.value == pytest.approx(weighted)
