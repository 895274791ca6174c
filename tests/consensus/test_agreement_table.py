"""Every coefficient at once, by label and by pair."""

from itertools import permutations

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from apps.consensus.algorithms.agreement import krippendorff_alpha
from apps.consensus.algorithms.agreement_scaled import agreement_weights
from apps.consensus.algorithms.agreement_table import Ratings, by_label, by_pair, coefficients, items_in_common
from tests.consensus.test_agreement import KRIPPENDORFF_C


def ratings(votes, *, values=None, n_classes=None):
    """From a table of items and reviewers; -1: no answer."""
    votes = np.asarray(votes)
    item, reviewer = np.nonzero(votes >= 0)
    n = n_classes or int(votes.max()) + 1
    return Ratings(item, reviewer, votes[item, reviewer], len(votes), votes.shape[1], n, values)


@pytest.fixture
def votes():
    rng = np.random.default_rng(4)
    truth = rng.integers(0, 3, 80)
    found = np.where(rng.random((80, 4)) < 0.7, truth[:, None], rng.integers(0, 3, (80, 4)))
    found[rng.random(found.shape) < 0.3] = -1
    return found


def test_coefficients_for_words_are_the_nominal_ones(votes):
    found = coefficients(ratings(votes))
    assert set(found) == {"percent", "cohen_kappa", "fleiss_kappa", "krippendorff_alpha", "gwet_ac1"}
    assert "of 4 reviewers: Conger's generalisation" in found["cohen_kappa"].note


def test_coefficients_for_numbers_are_all(votes):
    found = coefficients(ratings(votes, values=np.array([1.0, 2.0, 3.0])))
    assert len(found) == 19
    for one in found.values():
        assert one.source
        assert one.value is not None or one.reason
        if one.low is not None:
            assert one.low <= one.value <= one.high


def test_two_reviewers_have_cohens_kappa(votes):
    votes = votes[(votes[:, :2] >= 0).all(axis=1), :2]
    found = coefficients(ratings(votes, values=np.array([1.0, 2.0, 3.0])))
    assert found["cohen_kappa"].value == pytest.approx(cohen_kappa_score(*votes.T), abs=1e-9)
    linear = cohen_kappa_score(*votes.T, weights="linear")
    assert found["cohen_kappa_linear"].value == pytest.approx(linear, abs=1e-9)


def test_three_and_more_reviewers_have_congers_kappa():
    # The table cac.raw4raters of Gwet's R package irrCAC, whose overview prints 0.76282 for it: Krippendorff's, in
    # which the lone answer to the last item is another reviewer's.
    votes = np.array(KRIPPENDORFF_C)
    votes[11] = [-1, -1, 2, -1]
    found = coefficients(ratings(votes, values=np.arange(1.0, 6.0)))
    assert found["cohen_kappa"].value == pytest.approx(0.76282, abs=5e-6)
    for kind in ("", "linear", "quadratic"):
        key = f"cohen_kappa_{kind}".removesuffix("_")
        assert found[key].value == pytest.approx(conger_by_definition(votes, kind), abs=1e-12)
        assert found[key].low <= found[key].value <= found[key].high


def conger_by_definition(votes, kind):
    """Agreement of every two answers to an item, against that of every two reviewers' habits."""
    weight = np.eye(5) if not kind else agreement_weights(np.arange(1.0, 6.0), kind)
    told = [item[item >= 0] for item in votes]
    observed = np.mean([np.mean([weight[a, b] for a, b in permutations(item, 2)]) for item in told if len(item) > 1])
    habits = [np.bincount(each[each >= 0], minlength=5) / (each >= 0).sum() for each in votes.T]
    chance = np.mean([first @ weight @ second for first, second in permutations(habits, 2)])
    return (observed - chance) / (1 - chance)


def test_by_pair_gives_each_pair_its_common_items(votes):
    rows = by_pair(ratings(votes))
    assert len(rows) == 6
    assert [row.n_items for row in rows] == sorted((row.n_items for row in rows), reverse=True)
    for row in rows:
        both = votes[(votes[:, [row.first, row.second]] >= 0).all(axis=1)][:, [row.first, row.second]]
        assert row.n_items == len(both)
        assert row.kappa.value == pytest.approx(cohen_kappa_score(*both.T), abs=1e-9)
        assert row.percent.value == pytest.approx(np.mean(both[:, 0] == both[:, 1]), abs=1e-9)


def test_by_pair_leaves_out_pairs_that_never_met():
    assert by_pair(ratings([[0, -1], [-1, 1]], n_classes=2)) == []
    assert items_in_common(ratings([[0, 1, -1]])).data.tolist() == [1.0]


def test_by_label_is_the_label_against_all_others(votes):
    for row in by_label(ratings(votes)):
        collapsed = np.stack(
            [(votes == row.label).sum(axis=1), ((votes != row.label) & (votes >= 0)).sum(axis=1)], axis=1
        )
        assert row.alpha.value == pytest.approx(krippendorff_alpha(collapsed).value, abs=1e-9)
        assert row.n_answers == int((votes == row.label).sum())
    assert len(by_label(ratings(votes), most=2)) == 2
