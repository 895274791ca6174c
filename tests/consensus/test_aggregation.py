import dataclasses

import numpy as np
import pandas as pd
import pytest
from crowdkit.aggregation import GLAD, MACE, MajorityVote, OneCoinDawidSkene
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.consensus.algorithms.aggregation import METHODS, automatic
from apps.consensus.algorithms.bayes_dawid_skene import bayes_dawid_skene
from apps.consensus.algorithms.bayes_one_coin import bayes_one_coin
from apps.consensus.algorithms.dawid_skene import posterior_given
from apps.consensus.algorithms.glad import glad
from apps.consensus.algorithms.mace import Spamming, mace
from apps.consensus.algorithms.majority_vote import winners
from apps.consensus.algorithms.one_coin import one_coin
from apps.consensus.algorithms.votes import Votes, expected_accuracy
from tests.consensus.crowds import SETS, accuracy, crowd, simulated

QUICK = [method for method in METHODS if method != "glad"]
seeds = st.integers(0, 2**20)
# crowd-kit calls pandas in ways that pandas 3.1 warns of.
pandas_warns = pytest.mark.filterwarnings(
    "ignore:The (inplace|copy) keyword", "ignore:.*DataFrame is highly fragmented"
)


def frame(votes):
    return pd.DataFrame({"task": votes.item_idx, "worker": votes.reviewer_idx, "label": votes.label_idx})


def by_appearance(votes):
    """Reviewers and classes renumbered as they appear: crowd-kit's MACE mixes them up otherwise."""
    reviewers, _ = pd.factorize(votes.reviewer_idx)
    labels, _ = pd.factorize(votes.label_idx)
    return dataclasses.replace(votes, reviewer_idx=reviewers, label_idx=labels)


def table(probabilities, votes):
    return probabilities.reindex(index=range(votes.n_items), columns=range(votes.n_classes)).to_numpy()


# Figures of the sets' README files: published where there are any, else of crowd-kit on the same data.
PUBLISHED = [
    ("majority", {"bluebird": 0.7593, "d_possent": 0.9335, "face": 0.6367, "rte": 0.8969, "weather_cf": 0.8822}),
    ("wawa", {"d_possent": 0.951}),
    ("dawid-skene", {"bluebird": 0.8981, "d_possent": 0.96, "face": 0.6404, "rte": 0.9275, "weather_cf": 0.83}),
    ("dawid-skene", {"weather_amt": 0.84}),
    ("one-coin", {"bluebird": 0.5833, "d_possent": 0.949, "face": 0.6113, "rte": 0.925, "weather_amt": 0.86}),
    ("one-coin", {"weather_cf": 0.8867}),
    ("glad", {"d_possent": 0.948}),
    ("mace", {"d_possent": 0.95}),
    # Another Bayesian Dawid-Skene (iBCC); ours may be better, not worse.
    ("bayes-ds", {"d_possent": 0.96, "rte": 0.9275, "weather_amt": 0.8567}),
]


@pytest.mark.parametrize(("method", "figures"), PUBLISHED)
def test_methods_reach_the_published_accuracy(method, figures):
    for name, published in figures.items():
        votes, truth = crowd(name)
        assert accuracy(METHODS[method](votes).posterior, truth) == pytest.approx(published, abs=0.01), name


@pandas_warns
@pytest.mark.parametrize("name", SETS)
def test_majority_equals_crowd_kit(name):
    votes, _ = crowd(name)
    expected = table(MajorityVote().fit_predict_proba(frame(votes)).fillna(0.0), votes)
    np.testing.assert_allclose(METHODS["majority"](votes).posterior, expected, atol=1e-12)


@pandas_warns
@pytest.mark.parametrize("name", ["bluebird", "face", "weather_amt", "weather_cf"])
@pytest.mark.parametrize("rounds", [1, 20])
def test_one_coin_equals_crowd_kit(name, rounds):
    votes, _ = crowd(name)
    oracle = OneCoinDawidSkene(n_iter=rounds, tol=-np.inf).fit_predict_proba(frame(votes))
    found = one_coin(votes, max_iter=rounds, tol=0)
    np.testing.assert_allclose(found.posterior, table(oracle, votes), atol=1e-6)


@pandas_warns
@pytest.mark.parametrize("name", ["bluebird", "face", "weather_cf"])
def test_mace_equals_crowd_kit_from_the_same_start(name):
    votes = by_appearance(crowd(name)[0])
    oracle = MACE(n_restarts=1, n_iter=20)
    oracle._initialize(votes.n_reviewers, votes.n_classes)
    start = Spamming(oracle.spamming_[:, 1].copy(), oracle.spamming_[:, 0].copy(), oracle.thetas_.copy())
    expected = table(oracle.fit(frame(votes)).probas_, votes)
    np.testing.assert_allclose(mace(votes, start=start, max_iter=20, tol=0).posterior, expected, atol=1e-6)


@pandas_warns
@pytest.mark.parametrize("seed", [1, 2])
def test_glad_equals_crowd_kit(seed):
    votes, _ = simulated(seed, n_items=60, n_reviewers=12, overlap=4)
    expected = table(GLAD().fit_predict_proba(frame(votes)), votes)
    np.testing.assert_allclose(glad(votes).posterior, expected, atol=1e-6)


def test_wawa_by_hand():
    # Items 0 and 1: a, b say 0 and c says 1; item 2: a says 1, c says 0, a tie. Agreement: a and b 1 on the first two,
    # half on the tie for a: (1 + 1 + .5) / 3; c: (0 + 0 + .5) / 3.
    votes = Votes(
        np.array([0, 0, 0, 1, 1, 1, 2, 2]),
        np.array([0, 1, 2, 0, 1, 2, 0, 2]),
        np.array([0, 0, 1, 0, 0, 1, 1, 0]),
        3,
        3,
        2,
    )
    found = METHODS["wawa"](votes)
    np.testing.assert_allclose(found.accuracy, [2.5 / 3, 1.0, 0.5 / 3])
    np.testing.assert_allclose(found.posterior[2], [0.5 / 3, 2.5 / 3])


@given(seed=seeds, method=st.sampled_from(QUICK))
@settings(max_examples=30, deadline=None)
def test_methods_ignore_the_order_and_names_of_everything(seed, method):
    votes, _ = simulated(seed, n_items=40, n_reviewers=8, overlap=3)
    rng = np.random.default_rng(seed)
    items, people, names = (rng.permutation(n) for n in (votes.n_items, votes.n_reviewers, votes.n_classes))
    order = rng.permutation(len(votes.item_idx))
    moved = Votes(
        items[votes.item_idx][order], people[votes.reviewer_idx][order], names[votes.label_idx][order], 40, 8, 3
    )
    before, after = METHODS[method](votes), METHODS[method](moved)
    # Rounding may decide which of the two runs stops a round earlier.
    np.testing.assert_allclose(after.posterior[items][:, names], before.posterior, atol=1e-3)
    np.testing.assert_allclose(after.accuracy[people], before.accuracy, atol=1e-3)


@given(seed=seeds)
@settings(max_examples=15, deadline=None)
def test_automatic_ignores_the_order_and_names_of_everything(seed):
    votes, _ = simulated(seed, n_items=60, n_reviewers=8, overlap=3)
    rng = np.random.default_rng(seed)
    items, people, names = (rng.permutation(n) for n in (votes.n_items, votes.n_reviewers, votes.n_classes))
    moved = Votes(items[votes.item_idx], people[votes.reviewer_idx], names[votes.label_idx], 60, 8, 3)
    before, after = automatic(votes), automatic(moved)
    assert after.chosen == before.chosen
    assert (
        winners(after.aggregate.posterior, tolerance=1e-3)[items][:, names] >= winners(before.aggregate.posterior)
    ).all()


@given(seed=seeds, method=st.sampled_from(QUICK))
@settings(max_examples=20, deadline=None)
def test_a_reviewer_without_labels_changes_nothing(seed, method):
    votes, _ = simulated(seed, n_items=40, n_reviewers=8, overlap=3)
    more = dataclasses.replace(votes, n_reviewers=9)
    before, after = METHODS[method](votes), METHODS[method](more)
    np.testing.assert_allclose(after.posterior, before.posterior, atol=1e-9)
    np.testing.assert_allclose(after.accuracy[:8], before.accuracy, atol=1e-9)
    assert np.isnan(after.accuracy[8])


@given(seed=seeds, method=st.sampled_from(QUICK))
@settings(max_examples=20, deadline=None)
def test_removing_a_reviewer_is_as_if_there_had_been_none(seed, method):
    votes, _ = simulated(seed, n_items=40, n_reviewers=8, overlap=3)
    kept = votes.reviewer_idx != 7
    columns = [column[kept] for column in (votes.item_idx, votes.reviewer_idx, votes.label_idx)]
    removed, never = METHODS[method](Votes(*columns, 40, 8, 3)), METHODS[method](Votes(*columns, 40, 7, 3))
    np.testing.assert_allclose(removed.posterior, never.posterior, atol=1e-9)


@given(seed=seeds, method=st.sampled_from([*QUICK, "glad"]))
@settings(max_examples=30, deadline=None)
def test_methods_give_distributions_and_keep_golden_answers(seed, method):
    votes, truth = simulated(seed, n_items=30, n_reviewers=6, overlap=3)
    known = np.where(np.arange(30) < 5, truth, -1)
    found = METHODS[method](dataclasses.replace(votes, known=known))
    np.testing.assert_allclose(found.posterior.sum(axis=1), 1.0)
    np.testing.assert_allclose(found.posterior[np.arange(5), truth[:5]], 1.0)
    assert ((found.accuracy >= -1e-9) & (found.accuracy <= 1 + 1e-9)).all()


@pytest.mark.parametrize("method", list(METHODS))
@pytest.mark.parametrize(
    "votes",
    [
        Votes(*[np.array([], dtype=np.int64)] * 3, 2, 1, 2),
        Votes(*[np.array([0], dtype=np.int64)] * 3, 1, 1, 1),
        Votes(*[np.array([0], dtype=np.int64)] * 3, 1, 1, 2),
        Votes(np.array([0, 1]), np.array([0, 0]), np.array([1, 1]), 2, 1, 2),
    ],
)
def test_methods_stand_the_smallest_inputs(method, votes):
    found = METHODS[method](votes)
    np.testing.assert_allclose(found.posterior.sum(axis=1), 1.0)
    assert found.posterior.shape == (votes.n_items, votes.n_classes)


@given(seed=seeds)
@settings(max_examples=20, deadline=None)
def test_bayes_posterior_of_one_item_equals_the_batch(seed):
    votes, _ = simulated(seed, n_items=40, n_reviewers=8, overlap=3)
    found = bayes_dawid_skene(votes)
    for item in range(votes.n_items):
        mine = votes.item_idx == item
        pairs = zip(votes.reviewer_idx[mine].tolist(), votes.label_idx[mine].tolist(), strict=True)
        alone = posterior_given(pairs, confusion=found.confusion, prior=found.prior, temperature=found.temperature)
        np.testing.assert_allclose(alone, found.posterior[item], atol=1e-9)


def test_bayes_matrix_of_three_labels_is_not_extreme():
    # Reviewer 0 gave three answers, all wrong; the others agree with each other on sixty items.
    item_idx = np.concatenate([np.repeat(np.arange(60), 4), [0, 1, 2]])
    reviewer_idx = np.concatenate([np.tile([1, 2, 3, 4], 60), [0, 0, 0]])
    label_idx = np.concatenate([np.repeat(np.arange(60) % 2, 4), [1, 0, 1]])
    found = bayes_dawid_skene(Votes(item_idx, reviewer_idx, label_idx, 60, 5, 2))
    assert (np.diagonal(found.confusion[0]) > 0.3).all()
    assert (np.diagonal(found.confusion[1]) > 0.95).all()


def test_golden_answers_turn_the_tables():
    # Three of five answer at random, two are always right; without gold the five look much alike on few items.
    rng = np.random.default_rng(4)
    truth = rng.integers(0, 2, 200)
    label_idx = np.where(np.arange(5) < 2, truth[:, None], rng.integers(0, 2, (200, 5))).ravel()
    votes = Votes(np.repeat(np.arange(200), 5), np.tile(np.arange(5), 200), label_idx, 200, 5, 2)
    known = np.where(np.arange(200) < 60, truth, -1)
    found = bayes_dawid_skene(dataclasses.replace(votes, known=known))
    assert np.diagonal(found.confusion[:2], axis1=1, axis2=2).min() > 0.95
    assert accuracy(found.posterior, truth) == 1.0


def test_bayes_class_shares_are_not_swallowed_by_one_class():
    # Two of fifteen always say 0. With free class shares two thirds of all items would end in one class: .40 right.
    votes, truth = simulated(2, n_classes=5, n_reviewers=15, overlap=2, n_items=300, skill=(0.5, 0.9))
    votes = dataclasses.replace(votes, label_idx=np.where(votes.reviewer_idx < 2, 0, votes.label_idx))
    found = bayes_dawid_skene(votes)
    assert found.prior.max() < 0.4
    assert accuracy(found.posterior, truth) > accuracy(METHODS["majority"](votes).posterior, truth)


def test_tempering_softens_where_people_err_together_and_only_there():
    alone = bayes_dawid_skene(simulated(1, overlap=5, n_items=600)[0])
    assert alone.temperature > 0.75
    for name in SETS:
        votes, truth = crowd(name)
        raw, found = bayes_dawid_skene(votes, is_tempered=False), bayes_dawid_skene(votes)
        assert (found.posterior.argmax(axis=1) == raw.posterior.argmax(axis=1)).mean() > 0.995
        right = accuracy(found.posterior, truth)
        assert right <= found.posterior.max(axis=1).mean() < raw.posterior.max(axis=1).mean() - 0.01


def test_tempering_of_many_votes_reads_a_sample():
    found = [bayes_one_coin(simulated(1, n_items=n, n_reviewers=100)[0]) for n in (40_000, 60_000)]
    assert found[0].temperature == pytest.approx(found[1].temperature, abs=0.06)
    assert found[1].temperature > 0.9


def test_tempering_is_set_by_golden_answers_where_there_are_enough():
    votes, truth = crowd("face")
    known = np.where(np.arange(votes.n_items) % 3 == 0, truth, -1)
    found = bayes_dawid_skene(dataclasses.replace(votes, known=known))
    open_items = known < 0
    stated = found.posterior[open_items].max(axis=1).mean()
    right = (found.posterior.argmax(axis=1) == truth)[open_items].mean()
    assert abs(stated - right) < 0.08


def test_votes_refuse_what_cannot_be():
    one = np.array([0])
    with pytest.raises(ValueError, match="same length"):
        Votes(one, one, np.array([0, 1]), 1, 1, 2)
    with pytest.raises(ValueError, match="known"):
        Votes(one, one, one, 1, 1, 2, np.array([2]))
    for method in (bayes_dawid_skene, bayes_one_coin):
        with pytest.raises(ValueError, match="strength"):
            method(Votes(one, one, one, 1, 1, 2), strength=0)


def test_expected_accuracy_is_nan_without_an_answer():
    votes = Votes(np.array([0]), np.array([0]), np.array([1]), 1, 2, 2)
    found = expected_accuracy(votes, np.array([[0.25, 0.75]]))
    np.testing.assert_array_equal(found, [0.75, np.nan])
