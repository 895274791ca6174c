import numpy as np
import pandas as pd
import pytest
from crowdkit.aggregation import DawidSkene
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.consensus.algorithms.dawid_skene import dawid_skene, pooled_confusion, posterior_given
from apps.consensus.algorithms.majority_vote import label_counts, shares
from tests.consensus.crowds import accuracy
from tests.consensus.crowds import crowd as crowd_set


def crowd(name):
    """Votes, sizes and truth of one crowd set, in the form that `dawid_skene` takes."""
    votes, truth = crowd_set(name)
    sizes = {"n_items": votes.n_items, "n_reviewers": votes.n_reviewers, "n_classes": votes.n_classes}
    return (votes.item_idx, votes.reviewer_idx, votes.label_idx), sizes, truth


def simulated(seed, n_items=40, n_reviewers=6, n_classes=3, skill=0.75):
    rng = np.random.default_rng(seed)
    item_idx = np.repeat(np.arange(n_items), 3)
    reviewer_idx = np.concatenate([rng.choice(n_reviewers, 3, replace=False) for _ in range(n_items)])
    truth = rng.integers(0, n_classes, n_items)
    right = rng.random(len(item_idx)) < skill
    label_idx = np.where(right, truth[item_idx], rng.integers(0, n_classes, len(item_idx)))
    return (item_idx, reviewer_idx, label_idx), {
        "n_items": n_items,
        "n_reviewers": n_reviewers,
        "n_classes": n_classes,
    }


seeds = st.integers(0, 2**20)
smoothings = st.sampled_from([0.0, 1.0, 4.0])


# crowd-kit calls pandas in ways that pandas 3.1 warns of.
@pytest.mark.filterwarnings("ignore:The (inplace|copy) keyword")
@pytest.mark.parametrize("rounds", [1, 10])
@pytest.mark.parametrize("name", ["bluebird", "face", "weather_amt", "weather_cf"])
def test_dawid_skene_unsmoothed_equals_crowd_kit(name, rounds):
    (item_idx, reviewer_idx, label_idx), sizes, _ = crowd(name)
    frame = pd.DataFrame({"task": item_idx, "worker": reviewer_idx, "label": label_idx})
    oracle = DawidSkene(n_iter=rounds, tol=-np.inf).fit_predict_proba(frame)
    found = dawid_skene(item_idx, reviewer_idx, label_idx, **sizes, smoothing=0, max_iter=rounds, tol=0)
    expected = oracle.reindex(columns=range(sizes["n_classes"])).to_numpy()
    np.testing.assert_allclose(found.posterior[oracle.index], expected, rtol=0, atol=1e-6)
    assert len(item_idx) > 1000
    assert (found.iterations, found.converged) == (rounds, False)


@pytest.mark.parametrize(
    ("name", "published", "tolerance"), [("d_possent", 0.9600, 0.01), ("rte", 0.9275, 0.01), ("face", 0.6404, 0.015)]
)
@pytest.mark.parametrize("smoothing", [0.0, 4.0])
def test_dawid_skene_reaches_published_accuracy(name, published, tolerance, smoothing):
    votes, sizes, truth = crowd(name)
    found = dawid_skene(*votes, **sizes, smoothing=smoothing)
    assert accuracy(found.posterior, truth) == pytest.approx(published, abs=tolerance)


@pytest.mark.parametrize("name", ["weather_cf", "weather_amt", "rte", "d_possent", "face"])
def test_dawid_skene_smoothed_is_never_far_below_the_better_of_the_plain_ones(name):
    votes, sizes, truth = crowd(name)
    counts = label_counts(votes[0], votes[2], n_items=sizes["n_items"], n_classes=sizes["n_classes"])
    plain = dawid_skene(*votes, **sizes, smoothing=0)
    smoothed = dawid_skene(*votes, **sizes)
    better = max(accuracy(shares(counts), truth), accuracy(plain.posterior, truth))
    assert smoothed.converged
    assert accuracy(smoothed.posterior, truth) >= better - 0.005


def test_dawid_skene_does_not_call_three_different_answers_certain():
    # 77 classes, reviewers right in 90 %: what is called at least 95 % sure must nearly always be so.
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 77, 1000)
    item_idx = np.repeat(np.arange(1000), 3)
    reviewer_idx = np.concatenate([rng.choice(5, 3, replace=False) for _ in range(1000)])
    wrong = (truth[item_idx] + rng.integers(1, 77, 3000)) % 77
    label_idx = np.where(rng.random(3000) < 0.9, truth[item_idx], wrong)
    found = dawid_skene(item_idx, reviewer_idx, label_idx, n_items=1000, n_reviewers=5, n_classes=77)
    sure = found.posterior.max(axis=1) >= 0.95
    assert np.mean(found.posterior.argmax(axis=1)[sure] == truth[sure]) > 0.99
    assert 0.95 < sure.mean() < 0.99


@given(seed=seeds, smoothing=smoothings)
@settings(max_examples=40, deadline=None)
def test_dawid_skene_gives_probabilities(seed, smoothing):
    votes, sizes = simulated(seed)
    found = dawid_skene(*votes, **sizes, smoothing=smoothing)
    np.testing.assert_allclose(found.posterior.sum(axis=1), 1.0)
    np.testing.assert_allclose(found.confusion.sum(axis=2), 1.0)
    assert found.prior.sum() == pytest.approx(1.0)
    assert len(found.log_likelihoods) == found.iterations


@given(seed=seeds)
@settings(max_examples=40, deadline=None)
def test_dawid_skene_likelihood_does_not_fall(seed):
    votes, sizes = simulated(seed, skill=0.6)
    steps = np.diff(dawid_skene(*votes, **sizes, smoothing=0).log_likelihoods)
    assert (steps >= -1e-6).all()


@given(seed=seeds, smoothing=smoothings)
@settings(max_examples=25, deadline=None)
def test_dawid_skene_ignores_reviewer_order_and_class_names(seed, smoothing):
    (item_idx, reviewer_idx, label_idx), sizes = simulated(seed)
    rng = np.random.default_rng(seed)
    reviewers, names = rng.permutation(sizes["n_reviewers"]), rng.permutation(sizes["n_classes"])
    order = rng.permutation(len(item_idx))
    # A fixed number of rounds: rounding may not decide which of the two runs stops first.
    options = {**sizes, "smoothing": smoothing, "max_iter": 15, "tol": 0}
    plain = dawid_skene(item_idx, reviewer_idx, label_idx, **options)
    moved = dawid_skene(item_idx[order], reviewers[reviewer_idx][order], names[label_idx][order], **options)
    np.testing.assert_allclose(moved.posterior[:, names], plain.posterior, atol=1e-7)
    np.testing.assert_allclose(moved.confusion[reviewers][:, names][:, :, names], plain.confusion, atol=1e-7)


@given(labels=st.lists(st.integers(0, 3), min_size=1, max_size=12), n_reviewers=st.integers(1, 5), smoothing=smoothings)
@settings(max_examples=60, deadline=None)
def test_dawid_skene_lets_unanimity_win(labels, n_reviewers, smoothing):
    item_idx = np.repeat(np.arange(len(labels)), n_reviewers)
    reviewer_idx = np.tile(np.arange(n_reviewers), len(labels))
    label_idx = np.repeat(labels, n_reviewers)
    sizes = {"n_items": len(labels), "n_reviewers": n_reviewers, "n_classes": 4}
    found = dawid_skene(item_idx, reviewer_idx, label_idx, **sizes, smoothing=smoothing)
    assert found.posterior.argmax(axis=1).tolist() == labels


@given(seed=seeds, smoothing=smoothings)
@settings(max_examples=25, deadline=None)
def test_posterior_given_equals_the_batch(seed, smoothing):
    (item_idx, reviewer_idx, label_idx), sizes = simulated(seed)
    found = dawid_skene(item_idx, reviewer_idx, label_idx, **sizes, smoothing=smoothing)
    for item in range(sizes["n_items"]):
        mine = item_idx == item
        votes = list(zip(reviewer_idx[mine].tolist(), label_idx[mine].tolist(), strict=True))
        alone = posterior_given(votes, confusion=found.confusion, prior=found.prior)
        np.testing.assert_allclose(alone, found.posterior[item], atol=1e-9)


def test_posterior_given_with_pooled_matrices_by_hand():
    confusion = np.stack([pooled_confusion(0.9, 3), pooled_confusion(0.6, 3)])
    found = posterior_given([(0, 0), (1, 1)], confusion=confusion, prior=np.full(3, 1 / 3))
    # .9 * .2 for class 0, .05 * .6 for class 1, .05 * .2 for class 2: .18, .03, .01 of .22.
    np.testing.assert_allclose(found, [18 / 22, 3 / 22, 1 / 22])


def test_posterior_given_without_votes_is_the_prior():
    prior = np.array([0.7, 0.3])
    np.testing.assert_allclose(posterior_given([], confusion=np.zeros((0, 2, 2)), prior=prior), prior)


def test_pooled_confusion_refuses_impossible_accuracy():
    assert pooled_confusion(0.4, 1).tolist() == [[1.0]]
    with pytest.raises(ValueError, match="accuracy"):
        pooled_confusion(1.2, 3)


def test_dawid_skene_starts_from_init_and_changes_nothing():
    votes, sizes = simulated(3)
    init = np.full((sizes["n_items"], sizes["n_classes"]), 1 / 3)
    before = [column.copy() for column in (*votes, init)]
    stuck = dawid_skene(*votes, **sizes, init=init, smoothing=0)
    # From the uniform start every class looks alike, and EM cannot leave that point.
    np.testing.assert_allclose(stuck.posterior, 1 / 3)
    for column, copy in zip((*votes, init), before, strict=True):
        np.testing.assert_array_equal(column, copy)


def test_dawid_skene_without_votes_keeps_the_uniform_row():
    none = np.array([], dtype=np.int64)
    found = dawid_skene(none, none, none, n_items=2, n_reviewers=1, n_classes=2)
    np.testing.assert_allclose(found.posterior, 0.5)
    assert found.converged


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"n_items": 1}, "item_idx"),
        ({"n_reviewers": 1}, "reviewer_idx"),
        ({"n_classes": 1}, "label_idx"),
        ({"n_classes": 0}, "n_classes"),
        ({"smoothing": -1}, "smoothing"),
        ({"init": np.ones((1, 1))}, "init"),
    ],
)
def test_dawid_skene_refuses_what_cannot_be(change, words):
    votes, sizes = simulated(1)
    with pytest.raises(ValueError, match=words):
        dawid_skene(*votes, **{**sizes, **change})
