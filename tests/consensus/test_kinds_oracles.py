"""Other kinds of answers against crowd-kit, an implementation that is not ours."""

import numpy as np
import pandas as pd
import pytest
from crowdkit.aggregation import ROVER, BinaryRelevance, BradleyTerry, MajorityVote, NoisyBradleyTerry

from apps.consensus.algorithms.kinds import Asked, Given
from apps.consensus.algorithms.multiple_choice import MultipleChoice
from apps.consensus.algorithms.pairwise_consensus import pairwise_consensus
from apps.consensus.algorithms.ranking_consensus import ranking_consensus
from apps.consensus.algorithms.rover import rover
from apps.consensus.algorithms.text_consensus import Text, similarity

WORDS = ["small", "cat", "sat", "on", "the", "old", "mat", "while", "dogs", "ran", "over", "hill"]


def spoken(seed, n_items=60, n_versions=5, wrong=0.12):
    """Texts, and versions of each in which words are missing, changed or added."""
    rng = np.random.default_rng(seed)
    truths, versions = [], []
    for _ in range(n_items):
        true = rng.choice(WORDS, 12).tolist()
        said = []
        for _ in range(n_versions):
            words = [word if rng.random() > wrong else str(rng.choice(WORDS)) for word in true]
            words = [word for word in words if rng.random() > wrong / 2]
            said.append(words)
        truths.append(true)
        versions.append(said)
    return truths, versions


def crowd_kit_rover(versions):
    rows = [(item, who, " ".join(words)) for item, said in enumerate(versions) for who, words in enumerate(said)]
    frame = pd.DataFrame(rows, columns=["task", "worker", "text"])
    return ROVER(str.split, " ".join).fit_predict(frame)


@pytest.mark.parametrize("seed", range(3))
def test_rover_is_crowd_kits_where_no_place_is_tied(seed):
    """Beyond ties, alignments of equal cost may differ; so nearly all are equal, and ours are as close to the truth."""
    truths, versions = spoken(seed, wrong=0.06)
    theirs = crowd_kit_rover(versions)
    ours = [" ".join(rover(said, [1.0] * len(said))) for said in versions]
    assert np.mean([one == other for one, other in zip(ours, theirs, strict=True)]) >= 0.95
    close = [
        np.mean([similarity(one, " ".join(true)) for one, true in zip(each, truths, strict=True)])
        for each in (ours, theirs)
    ]
    assert close[0] >= close[1] - 0.002


def test_words_put_together_are_closer_to_the_truth_than_any_one_version():
    truths, versions = spoken(7)
    right = [" ".join(true) for true in truths]
    merged = [Text(is_version=True).decided([Given(" ".join(words)) for words in said]).value for said in versions]
    middle = [Text().decided([Given(" ".join(words)) for words in said]).value for said in versions]
    theirs = crowd_kit_rover(versions)
    near = [np.mean([similarity(*pair) for pair in zip(each, right, strict=True)]) for each in (merged, theirs, middle)]
    assert near[0] >= near[1] - 0.002
    assert near[0] > near[2] + 0.02


@pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")  # crowd-kit's own way with pandas
def test_labels_by_share_are_crowd_kits_binary_relevance():
    rng = np.random.default_rng(2)
    labels = ("a", "b", "c")
    answers = [[frozenset(label for label in labels if rng.random() < 0.5) for _ in range(5)] for _ in range(40)]
    rows = [(item, who, sorted(one)) for item, said in enumerate(answers) for who, one in enumerate(said)]
    frame = pd.DataFrame(rows, columns=["task", "worker", "label"])
    theirs = BinaryRelevance(MajorityVote()).fit_predict(frame)
    kind = MultipleChoice(labels, by_share=True)
    for item, said in enumerate(answers):
        assert kind.decided([Given(one) for one in said]).value == frozenset(theirs[item])


def compared(seed, contrary=1):
    rng = np.random.default_rng(seed)
    score = rng.normal(0, 1.5, 8)
    pairs = np.array([rng.choice(8, 2, replace=False) for _ in range(900)])
    reviewer = np.repeat(np.arange(6), 150)
    wins = rng.random(900) < 1 / (1 + np.exp(score[pairs[:, 1]] - score[pairs[:, 0]]))
    wins ^= reviewer < contrary
    winner, loser = np.where(wins, pairs[:, 0], pairs[:, 1]), np.where(wins, pairs[:, 1], pairs[:, 0])
    rows = list(zip(reviewer, pairs[:, 0], pairs[:, 1], winner, strict=True))
    return winner, loser, reviewer, pd.DataFrame(rows, columns=["worker", "left", "right", "label"]), score


def test_comparisons_rank_as_crowd_kits_bradley_terry():
    winner, loser, reviewer, frame, _ = compared(1, contrary=0)
    theirs = BradleyTerry(100).fit_predict(frame)
    ours = pairwise_consensus(winner, loser, reviewer, n_candidates=8, n_reviewers=6).score
    pairs = [[one, other] for one, other in zip(winner, loser, strict=True)]
    worth = ranking_consensus(pairs, n_candidates=8).worth
    wanted = np.log(theirs.sort_index().to_numpy())
    assert np.corrcoef(ours, wanted)[0, 1] > 0.99
    # The same model without reviewers: Plackett-Luce on pairs.
    assert np.corrcoef(np.log(worth), wanted)[0, 1] > 0.99


def test_comparisons_with_a_contrary_reviewer_are_as_good_as_crowd_kits_noisy_bradley_terry():
    winner, loser, reviewer, frame, score = compared(3)
    theirs = NoisyBradleyTerry(n_iter=100).fit_predict(frame).sort_index().to_numpy()
    ours = pairwise_consensus(winner, loser, reviewer, n_candidates=8, n_reviewers=6).score
    assert np.corrcoef(ours, score)[0, 1] >= np.corrcoef(theirs, score)[0, 1] - 0.01


def test_a_fit_of_labels_beats_more_than_half():
    rng = np.random.default_rng(4)
    labels = tuple("abcd")
    skill = np.array([0.97, 0.95, 0.6, 0.58, 0.55, 0.6])
    truths, items = [], []
    for _ in range(200):
        true = frozenset(label for label in labels if rng.random() < 0.4)
        people = rng.permutation(6)[:4]
        said = [frozenset(each for each in labels if (each in true) == (rng.random() < skill[who])) for who in people]
        truths.append(true)
        items.append(Asked(list(zip(people.tolist(), said, strict=True))))
    kind = MultipleChoice(labels)
    fit = kind.fitted(items, n_reviewers=6)
    hits = []
    for item, true in zip(items, truths, strict=True):
        found = kind.decided([Given(one, fit.own[who]) for who, one in item.answers], pool=fit.pool)
        half = frozenset(each for each in labels if sum(each in one for _, one in item.answers) > 2)
        hits.append((found.value == true, half == true))
    ours, plain = np.mean(hits, axis=0)
    assert ours > plain + 0.1
