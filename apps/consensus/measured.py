"""One method run on one file: how right, how sure, how long, how much memory."""

import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from statsmodels.stats.proportion import proportion_confint

from apps.consensus.algorithms.aggregation import METHODS, automatic
from apps.consensus.algorithms.majority_vote import winners
from apps.consensus.algorithms.votes import UNKNOWN, Aggregate, Votes
from apps.consensus.label_files import LabelFile


@dataclass(frozen=True, slots=True)
class Measured:
    """Figures of one method. Accuracies are None without a truth, or where none of its items has a label."""

    method: str
    accuracy: float | None = None  # share of items right; a tie counts as the share of its right label
    accuracy_low: float | None = None  # Wilson's interval at 95 %
    accuracy_high: float | None = None
    n_items: int = 0  # items with a label
    n_measured: int = 0  # of those, with a truth and no golden answer
    mean_confidence: float = 0.0  # stated, over the measured items, else over all
    seconds: float = 0.0
    peak_memory_mib: float = 0.0  # allocated by the method itself, on top of the labels
    iterations: int = 0
    converged: bool = True
    temperature: float = 1.0
    chosen: str = ""  # what `auto` took
    why: str = ""
    failure: str = ""  # why the method gave nothing
    aggregate: Aggregate | None = None


def measured(method: str, votes: Votes, truth: NDArray[np.int64] | None) -> Measured:
    """Run a method, timed. `truth`: class index per item, -1 where unknown, -2 where no worker ever gave the label."""
    tracemalloc.start()
    started = time.perf_counter()
    chosen = why = ""
    try:
        if method == "auto":
            choice = automatic(votes)
            chosen, why, found = choice.chosen, choice.why, choice.aggregate
        else:
            found = METHODS[method](votes)
    except ValueError as exc:
        tracemalloc.stop()
        return Measured(method, failure=f"{exc}", converged=False)
    seconds, peak = time.perf_counter() - started, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    result = Measured(
        method,
        n_items=votes.n_items,
        mean_confidence=float(found.posterior.max(axis=1).mean()),
        seconds=seconds,
        peak_memory_mib=peak / 2**20,
        iterations=found.iterations,
        converged=found.converged,
        temperature=found.temperature,
        chosen=chosen,
        why=why,
        aggregate=found,
    )
    if truth is None:
        return result
    if votes.known is not None:
        # What went in as evidence is no test.
        truth = np.where(votes.known == UNKNOWN, truth, UNKNOWN)
    return _compared(result, found, truth)


def _compared(result: Measured, found: Aggregate, truth: NDArray[np.int64]) -> Measured:
    known = np.flatnonzero(truth != UNKNOWN)
    if not len(known):
        return result
    hits = tied_hits(found.posterior, truth)[known]
    low, high = proportion_confint(float(hits.sum()), len(known), method="wilson")
    accuracy = float(hits.mean())
    return replace(
        result,
        accuracy=accuracy,
        # Rounding may put the limits of a share of 0 or 1 on its wrong side.
        accuracy_low=max(min(float(low), accuracy), 0.0),
        accuracy_high=min(max(float(high), accuracy), 1.0),
        n_measured=len(known),
        mean_confidence=float(found.posterior[known].max(axis=1).mean()),
    )


def tied_hits(posterior: NDArray[np.float64], truth: NDArray[np.int64]) -> NDArray[np.float64]:
    """Per item 1 for right, 0 for wrong, and for a tie the share of the right label: what drawing lots gives."""
    ahead = winners(posterior)
    hits = ahead[np.arange(len(truth)), np.maximum(truth, 0)] / ahead.sum(axis=1)
    return np.asarray(np.where(truth >= 0, hits, 0.0))


def consensus_rows(
    labels: LabelFile, votes: Votes, found: Aggregate, *, threshold: float, min_labels: int
) -> Iterator[tuple[str, str, str, int, str, str]]:
    """(item, label, confidence, labels given, settled, tied labels) for each item.

    A tie is never settled. Its label is the one that was given most often in the whole file, then the first by name:
    a rule that neither the order of rows nor anybody's name can sway; the `tied` cell names all of them.
    """
    n_labels = np.bincount(votes.item_idx, minlength=votes.n_items)
    given = np.bincount(votes.label_idx, minlength=votes.n_classes)
    ahead = winners(found.posterior)
    leaders = np.where(ahead, given, -1).argmax(axis=1)
    for index, item in enumerate(labels.items):
        confidence, is_tied = float(found.posterior[index, leaders[index]]), ahead[index].sum() > 1
        settled = not is_tied and confidence >= threshold and n_labels[index] >= min_labels
        tied = " | ".join(labels.classes[each] for each in np.flatnonzero(ahead[index])) if is_tied else ""
        row = (
            labels.classes[leaders[index]],
            f"{confidence:.6f}",
            int(n_labels[index]),
            "yes" if settled else "no",
            tied,
        )
        yield (item, *row)
