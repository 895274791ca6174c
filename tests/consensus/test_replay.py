import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.consensus.algorithms.overlap_saving import accuracy
from apps.consensus.algorithms.replay import (
    Procedure,
    Shuffle,
    adaptive_overlap,
    budget_overlap,
    fixed_majority,
    fixed_overlap,
    smoothed_model,
    taken,
)
from apps.consensus.algorithms.replay_study import replay_study
from apps.consensus.algorithms.votes import Votes

THRESHOLDS = (0.0, 0.6, 0.9, 0.99, 1.0)
procedures = st.builds(
    Procedure,
    start=st.integers(1, 3),
    maximum=st.integers(3, 7),
    model=st.just(smoothed_model),
    chooses=st.booleans(),
)


def crowd(seed, n_items=40, n_reviewers=9, n_classes=3, skill=0.7, most=9):
    """A ragged made-up crowd: 1 to `most` labels an item, every fourth reviewer guesses."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, n_classes, n_items)
    asked = [rng.choice(n_reviewers, rng.integers(1, most + 1), replace=False) for _ in range(n_items)]
    item, reviewer = np.repeat(np.arange(n_items), [len(each) for each in asked]), np.concatenate(asked)
    right = rng.random(len(item)) < np.where(reviewer % 4 == 3, 0.0, skill)
    label = np.where(right, truth[item], rng.integers(0, n_classes, len(item)))
    return Votes(item, reviewer, label, n_items, n_reviewers, n_classes), truth


def spy(model, seen):
    def watched(labels, init):
        seen.append(labels)
        return model(labels, init)

    return watched


@settings(max_examples=25, deadline=None)
@given(procedures, st.integers(0, 2**20))
def test_adaptive_keeps_between_start_and_maximum_and_gives_each_recorded_label_once(procedure, seed):
    labels, _ = crowd(seed)
    seen = []
    watched = Procedure(procedure.start, procedure.maximum, spy(smoothed_model, seen), procedure.chooses)
    shuffle = Shuffle.of(labels, rng=np.random.default_rng(seed))
    snapshots = list(adaptive_overlap(shuffle, thresholds=THRESHOLDS, procedure=watched))
    recorded = np.bincount(labels.item_idx, minlength=labels.n_items)
    known = set(zip(labels.item_idx, labels.reviewer_idx, labels.label_idx, strict=True))
    for given_labels in seen:
        n = np.bincount(given_labels.item_idx, minlength=labels.n_items)
        assert (n >= np.minimum(recorded, procedure.start)).all()
        assert (n <= np.minimum(recorded, procedure.maximum)).all()
        rows = list(zip(given_labels.item_idx, given_labels.reviewer_idx, given_labels.label_idx, strict=True))
        assert len(set(rows)) == len(rows)
        assert set(rows) <= known
    spent = [one.n_labels for one in snapshots]
    assert spent == sorted(spent)
    assert spent[0] == np.minimum(recorded, procedure.start).sum()


@pytest.mark.parametrize("threshold", [0.8, 0.99])
def test_adaptive_ends_with_every_item_sure_or_used_up(threshold):
    labels, _ = crowd(3)
    seen = []
    procedure = Procedure(2, 5, spy(smoothed_model, seen), chooses=True)
    shuffle = Shuffle.of(labels, rng=np.random.default_rng(0))
    (end,) = adaptive_overlap(shuffle, thresholds=[threshold], procedure=procedure)
    n = np.bincount(seen[-1].item_idx, minlength=labels.n_items)
    used_up = n == np.minimum(np.bincount(labels.item_idx, minlength=labels.n_items), 5)
    assert (used_up | (end.posterior.max(axis=1) >= threshold)).all()


def test_adaptive_through_rising_thresholds_equals_each_threshold_by_itself():
    labels, _ = crowd(5)
    procedure = Procedure(2, 7, smoothed_model, chooses=False)
    shuffle = Shuffle.of(labels, rng=np.random.default_rng(0))
    (alone,) = adaptive_overlap(shuffle, thresholds=[0.0], procedure=procedure)
    first, last = adaptive_overlap(shuffle, thresholds=[0.0, 1.0], procedure=procedure)
    assert alone.n_labels == first.n_labels
    assert alone.posterior == pytest.approx(first.posterior)
    # Whoever is never sure takes everything up to the maximum, as fixed overlap 7 does.
    fixed = fixed_overlap(shuffle, overlap=7, model=smoothed_model)
    assert last.n_labels == fixed.n_labels
    assert last.posterior == pytest.approx(fixed.posterior, abs=0.02)


def test_perfect_crowd_needs_two_labels():
    labels, truth = crowd(1, skill=1.0, n_items=80)
    honest = taken(labels, labels.reviewer_idx % 4 != 3)
    enough = np.bincount(honest.item_idx, minlength=80) >= 2
    honest = taken(honest, enough[honest.item_idx])
    shuffle = Shuffle.of(honest, rng=np.random.default_rng(0))
    procedure = Procedure(2, 7, smoothed_model, chooses=True)
    (end,) = adaptive_overlap(shuffle, thresholds=[0.95], procedure=procedure)
    assert end.n_labels == 2 * enough.sum()
    assert accuracy(end.posterior[enough], truth[enough]) == 1.0


def test_choosing_asks_those_who_know():
    labels, truth = crowd(2, n_items=300, n_reviewers=12, n_classes=2, skill=0.9, most=12)
    shares = {}
    for chooses in (True, False):
        seen = []
        procedure = Procedure(2, 7, spy(smoothed_model, seen), chooses)
        shuffle = Shuffle.of(labels, rng=np.random.default_rng(0))
        (end,) = adaptive_overlap(shuffle, thresholds=[0.97], procedure=procedure)
        later = np.isin(seen[-1].reviewer_idx, np.flatnonzero(np.arange(12) % 4 == 3))
        shares[chooses] = (later.mean(), end.n_labels, accuracy(end.posterior, truth))
    assert shares[True][0] < 0.9 * shares[False][0]
    assert shares[True][1] < shares[False][1]
    assert shares[True][2] > shares[False][2] - 0.01


@settings(max_examples=20, deadline=None)
@given(procedures, st.integers(0, 2**20), st.integers(0, 400))
def test_budget_is_spent_and_never_exceeded(procedure, seed, more):
    labels, _ = crowd(seed)
    recorded = np.bincount(labels.item_idx, minlength=labels.n_items)
    least, most = np.minimum(recorded, procedure.start).sum(), np.minimum(recorded, procedure.maximum).sum()
    shuffle, rng = Shuffle.of(labels, rng=np.random.default_rng(seed)), np.random.default_rng(seed)
    budgets = [int(least), int(least) + more]
    spent = [one.n_labels for one in budget_overlap(shuffle, budgets=budgets, procedure=procedure, rng=rng)]
    assert spent == [least, min(least + more, most)]


def test_fixed_overlap_takes_the_first_of_each_item():
    labels, _ = crowd(4)
    shuffle = Shuffle.of(labels, rng=np.random.default_rng(0))
    recorded = np.bincount(labels.item_idx, minlength=labels.n_items)
    assert fixed_majority(shuffle, overlap=3).n_labels == np.minimum(recorded, 3).sum()
    one = fixed_majority(shuffle, overlap=1).posterior
    first = shuffle.labels.label_idx[shuffle.place == 0]
    assert (one[np.arange(labels.n_items), first] == 1.0).all()


def mean_curve(labels, truth, seeds):
    procedure = Procedure(2, 7, smoothed_model, chooses=True)
    spent, reached = [], []
    for seed in seeds:
        shuffle = Shuffle.of(labels, rng=np.random.default_rng(seed))
        (end,) = adaptive_overlap(shuffle, thresholds=[0.9], procedure=procedure)
        spent.append(end.n_labels / labels.n_items)
        reached.append(accuracy(end.posterior, truth))
    return np.array(spent), np.array(reached)


def test_names_and_order_of_items_reviewers_and_classes_change_nothing_in_expectation():
    labels, truth = crowd(6, n_items=60)
    rng = np.random.default_rng(1)
    item, reviewer, label = (rng.permutation(size) for size in (labels.n_items, labels.n_reviewers, labels.n_classes))
    order = rng.permutation(len(labels.item_idx))
    columns = item[labels.item_idx], reviewer[labels.reviewer_idx], label[labels.label_idx]
    renamed = Votes(*(column[order] for column in columns), labels.n_items, labels.n_reviewers, labels.n_classes)
    renamed_truth = np.empty_like(truth)
    renamed_truth[item] = label[truth]
    for one, other in zip(
        mean_curve(labels, truth, range(40)), mean_curve(renamed, renamed_truth, range(40, 80)), strict=True
    ):
        # Two means over independent shuffles, four standard errors apart at most.
        assert abs(one.mean() - other.mean()) < 4 * np.sqrt((one.var() + other.var()) / 40)


def test_one_class_and_one_label_an_item_are_no_trouble():
    for n_classes in (1, 2):
        labels = Votes(np.arange(3), np.array([0, 0, 1]), np.zeros(3, dtype=np.int64), 3, 2, n_classes)
        procedure = Procedure(2, 7, smoothed_model, chooses=True)
        study = replay_study(labels, np.zeros(3, dtype=np.int64), procedure=procedure, seeds=[0], budgets=[3, 3])
        assert (study.adaptive.labels == 1.0).all()
        assert (study.fixed.accuracy == 1.0).all()
