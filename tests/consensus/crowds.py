"""The recorded crowd sets and simulated votes that the tests of aggregation share."""

import os
from functools import cache
from pathlib import Path

import numpy as np

from apps.consensus.algorithms.majority_vote import winners
from apps.consensus.algorithms.votes import Votes
from apps.consensus.label_files import labels_read, truth_indexed, truth_read

REPOSITORY = Path(__file__).resolve().parents[2]
DATA = REPOSITORY / os.environ.get("TOUCHSTONE_DATA", "../shared/data")
SETS = ("bluebird", "d_possent", "face", "rte", "weather_amt", "weather_cf")


def folder(name):
    """A missing set is a failure, since the figures that rest on it would go unchecked."""
    return DATA / f"crowd_{name}"


@cache
def crowd(name):
    """Votes and truth of one crowd set."""
    labels = labels_read(folder(name) / "labels.csv")
    truth, _ = truth_indexed(labels, truth_read(folder(name) / "truth.csv"))
    sizes = (len(labels.items), len(labels.reviewers), len(labels.classes))
    return Votes(labels.item_idx, labels.reviewer_idx, labels.label_idx, *sizes), truth


def accuracy(posterior, truth):
    """Share of items right; a tie counts as the share of its right class."""
    first = winners(posterior)
    return float(np.mean(first[np.arange(len(truth)), truth] / first.sum(axis=1)))


def simulated(
    seed,
    *,
    n_items=300,
    n_reviewers=30,
    n_classes=3,
    overlap=4,
    skill=(0.6, 0.95),
    shares=None,
    spammers=0.0,
    harder=0.0,
):
    """Votes and truth; each reviewer has one rate, a spammer answers at random. `harder`: so much less often are all
    right where the last class is true."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(n_classes, n_items, p=shares)
    item_idx = np.repeat(np.arange(n_items), overlap)
    reviewer_idx = rng.random((n_items, n_reviewers)).argsort(axis=1)[:, :overlap].ravel()
    rate = rng.uniform(*skill, n_reviewers)
    rate[: int(spammers * n_reviewers)] = 1 / n_classes
    wrong = (truth[item_idx] + rng.integers(1, max(n_classes, 2), len(item_idx))) % n_classes
    right = rate[reviewer_idx] - harder * (truth[item_idx] == n_classes - 1)
    label_idx = np.where(rng.random(len(item_idx)) < right, truth[item_idx], wrong)
    order = np.lexsort((reviewer_idx, item_idx))
    return Votes(item_idx[order], reviewer_idx[order], label_idx[order], n_items, n_reviewers, n_classes), truth
