"""Adaptive overlap against fixed overlap on recorded labels with a known truth, over several shuffles."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from apps.consensus.algorithms.overlap_saving import Saving, accuracy, saving
from apps.consensus.algorithms.replay import (
    Procedure,
    Shuffle,
    Snapshot,
    adaptive_overlap,
    budget_overlap,
    fixed_majority,
    fixed_overlap,
)
from apps.consensus.algorithms.votes import Votes

OVERLAPS = (2, 3, 4, 5, 6, 7)
# The curve is drawn through these, whatever threshold is asked about: nobody picks one by looking at the truth.
THRESHOLDS = (
    *(0.0, 0.3, 0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9),
    *(0.93, 0.95, 0.97, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9999, 1.0),
)


@dataclass(frozen=True, slots=True)
class Curve:
    """Points of one procedure in every shuffle; each array has the shape (n_shuffles, n_points)."""

    at: tuple[float, ...]  # (n_points,): threshold, overlap or budget
    labels: NDArray[np.float64]  # per item
    accuracy: NDArray[np.float64]  # against the known truth
    confidence: NDArray[np.float64]  # mean posterior of the leading class: what was promised


@dataclass(frozen=True, slots=True)
class Study:
    adaptive: Curve
    stopping: Curve  # adaptive in when it stops only: the reviewers come in the shuffle's order
    fixed: Curve
    majority: Curve
    budget: Curve | None


def replay_study(
    labels: Votes,
    truth: NDArray[np.int64],
    *,
    thresholds: Iterable[float] = THRESHOLDS,
    procedure: Procedure,
    seeds: Iterable[int],
    budgets: Sequence[int] = (),
) -> Study:
    """Play the labels back once per seed.

    Args:
        truth: shape (n_items,), as `overlap_saving.accuracy` reads it. Only the scoring sees it.
        thresholds: points of the adaptive curves, in any order.
        budgets: labels over all items, rising; empty: no budget curve.
    """
    points = tuple(sorted(set(thresholds)))
    model, stopping = procedure.model, replace(procedure, chooses=False)
    rows: dict[str, list[list[tuple[float, float, float]]]] = {}
    for seed in seeds:
        shuffle = Shuffle.of(labels, rng=np.random.default_rng(seed))
        paths: dict[str, Iterator[Snapshot]] = {
            "adaptive": adaptive_overlap(shuffle, thresholds=points, procedure=procedure),
            "stopping": adaptive_overlap(shuffle, thresholds=points, procedure=stopping),
            "fixed": (fixed_overlap(shuffle, overlap=k, model=model) for k in OVERLAPS),
            "majority": (fixed_majority(shuffle, overlap=k) for k in OVERLAPS),
        }
        if budgets:
            rng = np.random.default_rng([seed, 1])
            paths["budget"] = budget_overlap(shuffle, budgets=budgets, procedure=procedure, rng=rng)
        for name, path in paths.items():
            rows.setdefault(name, []).append([_scored(one, truth) for one in path])
    at: dict[str, tuple[float, ...]] = {"adaptive": points, "stopping": points, "budget": tuple(budgets)}
    curves = {name: Curve(at.get(name, OVERLAPS), *np.moveaxis(np.array(found), 2, 0)) for name, found in rows.items()}
    return Study(curves["adaptive"], curves["stopping"], curves["fixed"], curves["majority"], curves.get("budget"))


def saving_against(curve: Curve, other: Curve, *, overlap: int, rng: np.random.Generator) -> Saving:
    """Labels that a curve saves on the way to what another one reaches at a fixed overlap."""
    at = other.at.index(overlap)
    return saving(curve.labels, curve.accuracy, spent=other.labels[:, at], target=other.accuracy[:, at], rng=rng)


def _scored(snapshot: Snapshot, truth: NDArray[np.int64]) -> tuple[float, float, float]:
    posterior = snapshot.posterior
    return snapshot.n_labels / len(posterior), accuracy(posterior, truth), float(posterior.max(axis=1).mean())
