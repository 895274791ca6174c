"""Dawid-Skene on many labels: how long, how much memory, and how much faster than crowd-kit on what crowd-kit can do.

Prints one JSON line. `ratio` is crowd-kit's time over ours for the same rounds on the same `--small` labels;
`largest_difference` is how far the two posteriors are apart anywhere. The other figures are a fit to convergence on
`--labels` generated labels.
"""

import argparse
import json
import resource
import time
import warnings
from typing import Any

import numpy as np

from apps.consensus.algorithms.dawid_skene import DawidSkeneFit, dawid_skene
from apps.consensus.algorithms.votes import Votes

N_CLASSES = 10
LABELS_AN_ITEM = 10
# One reviewer answers so many items on average.
LABELS_A_REVIEWER = 2_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labels", type=int, default=10_000_000)
    parser.add_argument("--small", type=int, default=200_000, help="labels of the comparison")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of the comparison")
    args = parser.parse_args()
    print(json.dumps({"bench": "aggregate", **compared(args.small, args.rounds), **large(args.labels)}))


def generated(n_labels: int, *, seed: int = 0) -> tuple[Votes, np.ndarray[Any, np.dtype[np.int64]]]:
    """Votes of reviewers right in 50 to 95 %, ten an item, and the truth."""
    rng = np.random.default_rng(seed)
    n_items, n_reviewers = n_labels // LABELS_AN_ITEM, max(n_labels // LABELS_A_REVIEWER, LABELS_AN_ITEM)
    truth = rng.integers(0, N_CLASSES, n_items)
    item_idx = np.repeat(np.arange(n_items), LABELS_AN_ITEM)
    # A random start and a step that shares no divisor with the size: ten different reviewers for each item.
    start, step = rng.integers(0, n_reviewers, n_items), n_reviewers // LABELS_AN_ITEM
    reviewer_idx = (start[:, None] + step * np.arange(LABELS_AN_ITEM)) % n_reviewers
    rate = rng.uniform(0.5, 0.95, n_reviewers)[reviewer_idx.ravel()]
    wrong = (truth[item_idx] + rng.integers(1, N_CLASSES, len(item_idx))) % N_CLASSES
    label_idx = np.where(rng.random(len(item_idx)) < rate, truth[item_idx], wrong)
    return Votes(item_idx, reviewer_idx.ravel(), label_idx, n_items, n_reviewers, N_CLASSES), truth


def fitted(votes: Votes, **options: Any) -> tuple[DawidSkeneFit, float]:
    """The classical fit and its seconds."""
    sizes = {"n_items": votes.n_items, "n_reviewers": votes.n_reviewers, "n_classes": votes.n_classes}
    started = time.perf_counter()
    fit = dawid_skene(votes.item_idx, votes.reviewer_idx, votes.label_idx, **sizes, smoothing=0.0, **options)
    return fit, time.perf_counter() - started


def compared(n_labels: int, rounds: int) -> dict[str, Any]:
    """Both on the same labels, the same number of rounds."""
    import pandas as pd
    from crowdkit.aggregation import DawidSkene

    votes, _ = generated(n_labels)
    frame = pd.DataFrame({"task": votes.item_idx, "worker": votes.reviewer_idx, "label": votes.label_idx})
    ours, seconds = fitted(votes, max_iter=rounds, tol=0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        started = time.perf_counter()
        theirs = DawidSkene(n_iter=rounds, tol=-np.inf).fit_predict_proba(frame)
        theirs_seconds = time.perf_counter() - started
    expected = theirs.reindex(index=range(votes.n_items), columns=range(N_CLASSES)).to_numpy()
    return {
        "ratio": round(theirs_seconds / seconds, 1),
        "small_labels": n_labels,
        "rounds": rounds,
        "small_seconds": round(seconds, 3),
        "crowd_kit_seconds": round(theirs_seconds, 3),
        "largest_difference": float(np.abs(ours.posterior - expected).max()),
    }


def large(n_labels: int) -> dict[str, Any]:
    """A fit to convergence."""
    votes, truth = generated(n_labels, seed=1)
    fit, seconds = fitted(votes, max_iter=500)
    return {
        "labels": n_labels,
        "items": votes.n_items,
        "reviewers": votes.n_reviewers,
        "classes": N_CLASSES,
        "seconds": round(seconds, 1),
        "iterations": fit.iterations,
        "converged": fit.converged,
        "accuracy": round(float((fit.posterior.argmax(axis=1) == truth).mean()), 4),
        # Of the whole process, with the labels and the comparison before it.
        "peak_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
    }


if __name__ == "__main__":
    main()
