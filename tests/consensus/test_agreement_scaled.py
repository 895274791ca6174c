"""Coefficients for numbers: published examples, and slow definitions on random data."""

import numpy as np
import pytest

from apps.consensus.algorithms.agreement import cohen_kappa, gwet_ac1
from apps.consensus.algorithms.agreement_estimate import Bootstrap
from apps.consensus.algorithms.agreement_icc import intraclass_correlations
from apps.consensus.algorithms.agreement_scaled import agreement_weights, gwet_ac2, krippendorff_alpha_scaled
from apps.consensus.algorithms.majority_vote import vote_counts
from tests.consensus.test_agreement import KRIPPENDORFF_C, random_votes, slow_alpha

VALUES = np.arange(1.0, 6.0)
# P. E. Shrout and J. L. Fleiss (1979), table 2: four judges rate six targets.
SHROUT_FLEISS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)


@pytest.mark.parametrize(("level", "published"), [("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)])
def test_alpha_of_the_published_table(level, published):
    """K. Krippendorff (2011), section E, the data of section C."""
    counts = vote_counts(KRIPPENDORFF_C, n_classes=5)
    found = krippendorff_alpha_scaled(counts, values=VALUES, level=level)
    assert found.value == pytest.approx(published, abs=5e-4)
    assert found.low < found.value <= found.high
    assert (found.n_items, found.n_ratings) == (11, 40)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("values", [[1.0, 2.0, 3.0, 4.0], [0.0, 0.5, 10.0, 1e6]])
def test_alpha_equals_its_definition(seed, values):
    votes = random_votes(seed)
    votes[np.random.default_rng(seed).random(votes.shape) < 0.3] = -1
    rows = [[int(vote) for vote in row if vote >= 0] for row in votes]
    sizes = np.bincount([vote for row in rows if len(row) > 1 for vote in row], minlength=4)

    def ordinal(a, b):
        low, high = min(a, b), max(a, b)
        return (sizes[low : high + 1].sum() - (sizes[low] + sizes[high]) / 2) ** 2

    distances = {
        "ordinal": ordinal,
        "interval": lambda a, b: (values[a] - values[b]) ** 2,
        "ratio": lambda a, b: ((values[a] - values[b]) / (values[a] + values[b] or 1)) ** 2,
    }
    counts = vote_counts(votes, n_classes=4)
    for level, distance in distances.items():
        found = krippendorff_alpha_scaled(counts, values=np.array(values), level=level)
        assert found.value == pytest.approx(slow_alpha(rows, distance), abs=1e-9)


@pytest.mark.parametrize("kind", ["linear", "quadratic", "ordinal"])
def test_ac2_equals_its_definition(kind):
    votes = random_votes(1)
    votes[::7, 1] = -1
    weights = agreement_weights(np.array([1.0, 2.0, 3.0, 5.0]), kind)
    rows = [[int(vote) for vote in row if vote >= 0] for row in votes]
    observed = np.mean(
        [np.mean([weights[a, b] for i, a in enumerate(row) for j, b in enumerate(row) if i != j]) for row in rows]
    )
    shares = np.mean([[row.count(k) / len(row) for k in range(4)] for row in rows], axis=0)
    chance = weights.sum() / 12 * sum(share * (1 - share) for share in shares)
    found = gwet_ac2(vote_counts(votes, n_classes=4), values=np.array([1.0, 2.0, 3.0, 5.0]), kind=kind)
    assert found.value == pytest.approx((observed - chance) / (1 - chance), abs=1e-9)


def test_ordinal_weights_by_hand():
    # Gwet (2014): 1 - C(|k - l| + 1, 2) / C(q, 2); three classes: one apart 1 - 1/3, two apart 0.
    assert agreement_weights(np.array([1.0, 5.0, 9.0]), "ordinal") == pytest.approx(
        np.array([[1, 2 / 3, 0], [2 / 3, 1, 2 / 3], [0, 2 / 3, 1]])
    )


def test_two_classes_make_all_weights_the_same():
    counts = np.array([[2, 0], [1, 1], [0, 2], [2, 0]])
    for kind in ("linear", "quadratic", "ordinal"):
        assert gwet_ac2(counts, values=np.array([0.0, 1.0]), kind=kind).value == pytest.approx(gwet_ac1(counts).value)


def test_scaled_coefficients_say_why_they_are_undefined():
    same = np.array([[0, 2], [0, 2]])
    found = krippendorff_alpha_scaled(same, values=np.array([1.0, 2.0]), level="interval")
    assert (found.value, "all answers are the same" in found.reason) == (None, True)
    below = krippendorff_alpha_scaled(np.array([[1, 1], [2, 0]]), values=np.array([-1.0, 2.0]), level="ratio")
    assert (below.value, "below 0" in below.reason) == (None, True)
    many = gwet_ac2(np.zeros((1, 1001)), values=np.arange(1001.0))
    assert (many.value, "1001 different numbers" in many.reason) == (None, True)


def test_weights_refuse_an_unknown_kind():
    with pytest.raises(ValueError, match="linear"):
        agreement_weights(VALUES, "cubic")


def test_ordinal_interval_covers_the_truth():
    """The ranks are taken as they are; about 95 in 100 intervals hold the value of a very large sample."""

    def sample(n, rng):
        truth = rng.normal(size=n)
        answers = np.clip(np.round(truth[:, None] + rng.normal(scale=0.7, size=(n, 3))) + 2, 0, 4).astype(int)
        return vote_counts(answers, n_classes=5)

    rng = np.random.default_rng(1)
    target = krippendorff_alpha_scaled(sample(200_000, rng), values=VALUES, level="ordinal").value
    few = Bootstrap(n_resamples=300)
    found = [
        krippendorff_alpha_scaled(sample(150, rng), values=VALUES, level="ordinal", bootstrap=few) for _ in range(200)
    ]
    assert sum(each.low <= target <= each.high for each in found) >= 180


def long_format(table):
    item, reviewer = np.nonzero(~np.isnan(table))
    return item, reviewer, table[item, reviewer]


def test_intraclass_correlations_of_the_published_table():
    found = intraclass_correlations(*long_format(SHROUT_FLEISS))
    # Shrout and Fleiss (1979), table 4: single and mean of four.
    assert [round(each.value, 2) for each in found] == [0.17, 0.44, 0.29, 0.62, 0.71, 0.91]
    # McGraw and Wong (1996) and R's psych::ICC give these 95 % intervals of the same table.
    intervals = [(-0.13, 0.72), (-0.88, 0.91), (0.02, 0.76), (0.07, 0.93), (0.34, 0.95), (0.68, 0.99)]
    assert [(round(each.low, 2), round(each.high, 2)) for each in found] == intervals


def test_intraclass_correlations_equal_an_anova():
    """Mean squares of statsmodels' two-way analysis of variance on random data."""
    import pandas
    from statsmodels.formula.api import ols
    from statsmodels.stats.anova import anova_lm

    rng = np.random.default_rng(5)
    table = rng.normal(size=(12, 1)) + rng.normal(size=(1, 3)) + rng.normal(size=(12, 3))
    item, reviewer, value = long_format(table)
    frame = pandas.DataFrame({"item": item, "who": reviewer, "value": value})
    squares = anova_lm(ols("value ~ C(item) + C(who)", frame).fit())["mean_sq"]
    items, who, rest = squares["C(item)"], squares["C(who)"], squares["Residual"]
    within = anova_lm(ols("value ~ C(item)", frame).fit())["mean_sq"]["Residual"]
    expected = [
        (items - within) / (items + 2 * within),
        (items - within) / items,
        (items - rest) / (items + 2 * rest + 3 * (who - rest) / 12),
        (items - rest) / (items + (who - rest) / 12),
        (items - rest) / (items + 2 * rest),
        (items - rest) / items,
    ]
    assert [each.value for each in intraclass_correlations(item, reviewer, value)] == pytest.approx(expected, abs=1e-9)


def test_intraclass_correlations_with_gaps():
    """The one-way forms take every item, the others the items that everybody answered."""
    table = SHROUT_FLEISS.copy()
    table[0, 1] = np.nan
    found = intraclass_correlations(*long_format(table))
    assert [each.n_items for each in found] == [6, 6, 5, 5, 5, 5]
    assert "5 of 6" in found[2].note
    whole = intraclass_correlations(*long_format(SHROUT_FLEISS[1:]))
    assert found[4].value == pytest.approx(whole[4].value)
    # Sizes 3, 4, 4, 4, 4, 4: (23 - 89/23) / 5 = 3.826.
    assert "3.826" in found[0].note


@pytest.mark.parametrize("table", [[[1, 1], [1, 1]], [[3, np.nan], [np.nan, 4]], [[1, 2]]])
def test_intraclass_correlations_say_why_they_are_undefined(table):
    for found in intraclass_correlations(*long_format(np.array(table, dtype=float))):
        assert found.value is None
        assert found.reason


def test_intraclass_correlations_of_like_answers_are_one_without_an_interval():
    for found in intraclass_correlations(*long_format(np.array([[1.0, 1.0], [2.0, 2.0], [5.0, 5.0]]))):
        assert (found.value, found.low) == (1.0, None)
        assert found.reason


def test_quadratic_kappa_is_near_the_intraclass_correlation():
    """J. L. Fleiss and J. Cohen (1973): with equal means they differ by terms of order 1/n."""
    rng = np.random.default_rng(2)
    truth = rng.integers(0, 5, 4000)
    votes = np.clip(truth[:, None] + rng.integers(-1, 2, (4000, 2)), 0, 4)
    weights = agreement_weights(VALUES, "quadratic")
    kappa = cohen_kappa(votes[:, 0], votes[:, 1], n_classes=5, weights=weights).value
    single = intraclass_correlations(*long_format(votes.astype(float)))[2].value
    assert kappa == pytest.approx(single, abs=2e-3)
