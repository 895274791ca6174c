"""Cohen's kappa for more than two reviewers: chance is how often two of them, drawn at random, agree by their habits.

A. J. Conger (1980), "Integration and generalization of kappas for multiple raters", doi:10.1037/0033-2909.88.2.322;
with gaps and weights as in K. L. Gwet (2014), Handbook of Inter-Rater Reliability, 4th edition, chapters 2 and 3. For
two reviewers without gaps it is Cohen's kappa.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from apps.consensus.algorithms.agreement import agreeing_pairs, answers_each, sparse_counts
from apps.consensus.algorithms.agreement_estimate import Agreement, Bootstrap, estimate, quotient, undefined
from apps.consensus.algorithms.agreement_scaled import weighted_pairs

SOURCE = "Conger (1980), Gwet (2014)"
# Each resample sums one number for each reviewer and class.
MOST_COLUMNS = 200_000


def conger_kappa(
    item_idx: NDArray[np.int64],
    reviewer_idx: NDArray[np.int64],
    label_idx: NDArray[np.int64],
    *,
    n_items: int,
    n_reviewers: int,
    n_classes: int,
    name: str,
    weights: NDArray[np.float64] | None = None,
    bootstrap: Bootstrap,
) -> Agreement:
    """From answers in long format; observed agreement as in `percent_agreement`, chance from each reviewer's habits.

    Args:
        weights: as in `cohen_kappa`.
    """
    if n_reviewers < 2:
        return undefined(name, "needs two reviewers", source=SOURCE)
    if n_reviewers * n_classes > MOST_COLUMNS:
        return undefined(
            name, f"{n_reviewers} reviewers and {n_classes} classes are too many; ask by pair", source=SOURCE
        )
    counts = sparse_counts(item_idx, label_idx, n_items=n_items, n_classes=n_classes)
    per_item = answers_each(counts)
    alike = agreeing_pairs(counts) if weights is None else weighted_pairs(counts, weights)
    habits = sparse_counts(
        item_idx, reviewer_idx * n_classes + label_idx, n_items=n_items, n_classes=n_reviewers * n_classes
    )
    columns = sparse.hstack([alike[:, None], (per_item >= 2).astype(float)[:, None], habits])

    def fold(sums: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        chance = np.array([_chance(row.reshape(n_reviewers, n_classes), weights) for row in sums[:, 2:]])
        return quotient(sums[:, 0], sums[:, 1]), chance

    note = f"of {n_reviewers} reviewers: Conger's generalisation of Cohen's kappa"
    n_pairable = int((per_item >= 2).sum())
    return estimate(
        name, columns, fold, n_items=n_pairable, n_ratings=len(item_idx), bootstrap=bootstrap, source=SOURCE, note=note
    )


def _chance(counts: NDArray[np.float64], weights: NDArray[np.float64] | None) -> float:
    """How far two reviewers agree by their habits, on average over the ordered pairs.

    `counts`: (n_reviewers, n_classes); who gave no answer is left out.
    """
    given = counts[counts.sum(axis=1) > 0]
    n = len(given)
    if n < 2:
        return float("nan")
    habits = given / given.sum(axis=1, keepdims=True)
    met: Any = habits if weights is None else habits @ weights
    return float((met.sum(axis=0) @ habits.sum(axis=0) - (met * habits).sum()) / (n * (n - 1)))
