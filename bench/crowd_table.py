"""Markdown tables of every method on the recorded crowd sets: `python -m bench.crowd_table`.

Reads the folders `crowd_*` below TOUCHSTONE_DATA. The first table holds accuracies, the second what the automatic
choice says of its own confidence.
"""

import os
from pathlib import Path

import numpy as np

from apps.consensus.algorithms.aggregation import METHODS, automatic
from apps.consensus.algorithms.bayes_dawid_skene import bayes_dawid_skene
from apps.consensus.algorithms.votes import Aggregate, Votes
from apps.consensus.label_files import labels_read, truth_indexed, truth_read
from apps.consensus.measured import measured, tied_hits

DATA = Path(__file__).resolve().parents[1] / os.environ.get("TOUCHSTONE_DATA", "../shared/data")


def main() -> None:
    sets = {folder.name.removeprefix("crowd_"): votes_and_truth(folder) for folder in sorted(DATA.glob("crowd_*"))}
    print(accuracies(sets))
    print()
    print(calibrations(sets))


def votes_and_truth(folder: Path) -> tuple[Votes, np.ndarray]:
    labels = labels_read(folder / "labels.csv")
    truth, _ = truth_indexed(labels, truth_read(folder / "truth.csv"))
    sizes = (len(labels.items), len(labels.reviewers), len(labels.classes))
    return Votes(labels.item_idx, labels.reviewer_idx, labels.label_idx, *sizes), truth


def accuracies(sets: dict[str, tuple[Votes, np.ndarray]]) -> str:
    """Share of items right, ties shared, per method and set."""
    lines = ["| method | " + " | ".join(sets) + " |", "| --- " * (len(sets) + 1) + "|"]
    for method in [*METHODS, "auto"]:
        cells = [f"{measured(method, votes, truth).accuracy:.4f}" for votes, truth in sets.values()]
        lines.append(f"| {method} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def calibrations(sets: dict[str, tuple[Votes, np.ndarray]]) -> str:
    """Mean stated confidence against the share right, without and with tempering, and of what is stated above .9."""
    lines = [
        "| set | right | stated, untempered | stated | temperature | stated .9 or more | of those right |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, (votes, truth) in sets.items():
        raw, found = bayes_dawid_skene(votes, is_tempered=False), automatic(votes).aggregate
        hits, stated = tied_hits(found.posterior, truth), found.posterior.max(axis=1)
        sure = stated >= 0.9
        row = [f"{hits.mean():.3f}", f"{_stated(raw):.3f}", f"{_stated(found):.3f}", f"{found.temperature:.2f}"]
        row += [f"{sure.mean():.0%}", f"{hits[sure].mean():.3f}"]
        lines.append(f"| {name} | " + " | ".join(row) + " |")
    return "\n".join(lines)


def _stated(found: Aggregate) -> float:
    return float(found.posterior.max(axis=1).mean())


if __name__ == "__main__":
    main()
