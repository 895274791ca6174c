"""The automatic choice on simulated crowds of many shapes: `python -m bench.crowd_shapes --draws 20`.

Prints a Markdown table: mean accuracy of majority, plain Dawid-Skene and the automatic choice, and how far the choice
lies above the better of the two (that is better on average), with a 95 % interval over draws.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from apps.consensus.algorithms.aggregation import METHODS, automatic
from apps.consensus.algorithms.votes import Aggregate, Votes
from apps.consensus.measured import tied_hits

# Share of right answers, shape (n_reviewers, n_classes), and how mistakes spread, shape (n_classes, n_classes) or one
# such for each reviewer.
Crowd = Callable[[np.random.Generator], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, slots=True)
class Shape:
    name: str
    crowd: Crowd
    overlap: int
    n_items: int = 600
    shares: Sequence[float] | None = None

    def drawn(self, seed: int) -> tuple[Votes, np.ndarray]:
        """Votes and truth; who answers an item is drawn at random."""
        rng = np.random.default_rng(seed)
        right, mistakes = self.crowd(rng)
        n_reviewers, n_classes = right.shape
        truth = rng.choice(n_classes, self.n_items, p=self.shares)
        item = np.repeat(np.arange(self.n_items), self.overlap)
        reviewer = rng.random((self.n_items, n_reviewers)).argsort(axis=1)[:, : self.overlap].ravel()
        spread = np.broadcast_to(mistakes, (n_reviewers, n_classes, n_classes)) * (1 - np.eye(n_classes))
        cumulated = (spread / spread.sum(axis=2, keepdims=True)).cumsum(axis=2)
        wrong = (rng.random(len(item))[:, None] > cumulated[reviewer, truth[item]]).sum(axis=1).clip(max=n_classes - 1)
        label = np.where(rng.random(len(item)) < right[reviewer, truth[item]], truth[item], wrong)
        return Votes(item, reviewer, label, self.n_items, n_reviewers, n_classes), truth


def one_rate(n_reviewers: int, n_classes: int, low: float, high: float, *, careless: float = 0.0) -> Crowd:
    """Each reviewer right as often in every class; a share of `careless` ones at random."""

    def crowd(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        rate = rng.uniform(low, high, n_reviewers)
        rate[: round(careless * n_reviewers)] = 1 / n_classes
        return np.repeat(rate[:, None], n_classes, axis=1), np.ones((n_classes, n_classes))

    return crowd


def by_class(n_reviewers: int, means: Sequence[float], mistakes: np.ndarray | None = None) -> Crowd:
    """Classes of different difficulty; reviewers differ by .08 around each."""
    spread = np.ones((len(means), len(means))) if mistakes is None else mistakes

    def crowd(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        right = rng.normal(means, 0.08, (n_reviewers, len(means)))
        return right.clip(0.05, 0.99), spread

    return crowd


def adversaries(n_reviewers: int, share: float) -> Crowd:
    def crowd(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        rate = rng.uniform(0.7, 0.95, n_reviewers)
        rate[: round(share * n_reviewers)] = 0.1
        return np.repeat(rate[:, None], 2, axis=1), np.ones((2, 2))

    return crowd


def knowing_one(n_reviewers: int, n_classes: int, share: float) -> Crowd:
    """A share of reviewers knows the first class only, and mostly gives it."""

    def crowd(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        rate = rng.uniform(0.7, 0.95, n_reviewers)
        right = np.repeat(rate[:, None], n_classes, axis=1)
        for one in range(round(share * n_reviewers)):
            right[one] = np.arange(n_classes) == 0
        mistakes = np.full((n_classes, n_classes), 0.2)
        mistakes[:, 0] = 1.0
        return right, mistakes

    return crowd


def own_mistakes(n_reviewers: int, around: Sequence[Sequence[float]], weight: float) -> Crowd:
    """Each reviewer has a matrix of his own, drawn around one as if that had been seen in `weight` votes a class."""

    def crowd(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        matrices = np.array([[rng.dirichlet(weight * np.array(row)) for row in around] for _ in range(n_reviewers)])
        return np.diagonal(matrices, axis1=1, axis2=2), matrices

    return crowd


def _paired(n_classes: int) -> np.ndarray:
    """Classes 0 and 1, 2 and 3 and so on are taken for each other."""
    at = np.arange(n_classes)
    return np.asarray(np.where(at[None, :] == (at[:, None] ^ 1), 16.0, 1.0))


def _neighbours(n_classes: int) -> np.ndarray:
    at = np.arange(n_classes)
    return np.exp(-np.abs(at[:, None] - at[None, :]) * 2.0)


# Answers that judges of search results give: very relevant, relevant, not, and a page that does not load.
RELEVANCE = [[0.5, 0.35, 0.13, 0.02], [0.25, 0.45, 0.28, 0.02], [0.1, 0.3, 0.57, 0.03], [0.05, 0.1, 0.15, 0.7]]

SHAPES = [
    Shape("two classes, twelve labels", one_rate(25, 2, 0.55, 0.9), 12, 400),
    Shape("ten classes", one_rate(40, 10, 0.4, 0.9), 5),
    Shape("two labels an item", one_rate(60, 2, 0.6, 0.95), 2, 800),
    Shape("four classes, three labels", one_rate(80, 4, 0.5, 0.95), 3),
    Shape("two or so labels a reviewer", one_rate(1200, 4, 0.5, 0.95), 5, 500),
    Shape("fifty classes", one_rate(30, 50, 0.5, 0.95), 4),
    Shape("shares of 95 to 5", one_rate(40, 2, 0.65, 0.95), 4, 800, [0.95, 0.05]),
    Shape("two in five at random", one_rate(40, 4, 0.7, 0.95, careless=0.4), 5),
    Shape("a third know one class only", knowing_one(30, 3, 1 / 3), 5),
    Shape("a fifth against the truth", adversaries(30, 0.2), 7, 500),
    Shape("one class hard for all", by_class(60, [0.92, 0.62]), 4),
    Shape("one class hard for all, dense", by_class(39, [0.92, 0.55]), 20, 200),
    Shape("rare class hard for all", by_class(40, [0.95, 0.55]), 5, 800, [0.9, 0.1]),
    Shape("four classes, each harder", by_class(40, [0.95, 0.85, 0.65, 0.5]), 5),
    Shape("pairs confused by all", by_class(50, [0.75] * 6, _paired(6)), 5),
    Shape("mistakes of one's own", own_mistakes(60, RELEVANCE, 2.0), 5, 900, [0.2, 0.3, 0.4, 0.1]),
    Shape("neighbours confused", by_class(40, [0.8, 0.65, 0.65, 0.65, 0.8], _neighbours(5)), 5),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=20)
    args = parser.parse_args()
    print("| shape | majority | dawid-skene | auto | above the better (95 %) |\n| --- | --- | --- | --- | --- |")
    for shape in SHAPES:
        print(_row(shape, args.draws), flush=True)


def _row(shape: Shape, n_draws: int) -> str:
    found = np.array([_accuracies(*shape.drawn(seed)) for seed in range(n_draws)])
    majority, classical, auto = found.mean(axis=0)
    above = found[:, 2] - found[:, 0 if majority > classical else 1]
    half = 1.96 * above.std(ddof=1) / np.sqrt(n_draws)
    return f"| {shape.name} | {majority:.3f} | {classical:.3f} | {auto:.3f} | {above.mean():+.4f} ± {half:.4f} |"


def _accuracies(votes: Votes, truth: np.ndarray) -> tuple[float, float, float]:
    def right(found: Aggregate) -> float:
        return float(tied_hits(found.posterior, truth).mean())

    return (right(METHODS["majority"](votes)), right(METHODS["dawid-skene"](votes)), right(automatic(votes).aggregate))


if __name__ == "__main__":
    main()
