"""One of several values, or one level of a scale: the posterior of a single choice, from stored matrices.

The fit is `automatic`, or `ordinal_dawid_skene` where the values are ordered.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.consensus.algorithms.aggregation import automatic
from apps.consensus.algorithms.dawid_skene import pooled_confusion, posterior_given
from apps.consensus.algorithms.kinds import NOTHING, STARTING_ACCURACY, Asked, Decided, Given, Params, Skills
from apps.consensus.algorithms.majority_vote import winners
from apps.consensus.algorithms.ordinal import level_interval, ordinal_dawid_skene, ordinal_pool
from apps.consensus.algorithms.votes import UNKNOWN, Aggregate, Votes

# No stored probability is 0: a single answer could then rule a label out for ever.
DIGITS, SMALLEST = 9, 1e-9


@dataclass(frozen=True, slots=True)
class OneOf:
    """Answers are values; a pool's parameters are `labels`, `prior`, `accuracy`, `temperature`, a skill's `confusion`.

    Args:
        labels: the values there are, in their order; an answer may name others.
        is_ordered: the values are levels of a scale, with no others.
        by_share: the shares of the votes instead of a posterior.
    """

    labels: Sequence[str]
    is_ordered: bool = False
    by_share: bool = False

    def decided(self, given: Sequence[Given], *, pool: Params | None = None) -> Decided:
        if not given:
            return NOTHING
        if self.by_share:
            labels = [label for label in self.labels if any(each.answer == label for each in given)]
            labels += sorted({each.answer for each in given} - set(labels))
            counts = np.array(
                [sum(each.weight for each in given if each.answer == label) for label in labels], dtype=float
            )
            return self._leader(labels, counts / counts.sum())
        labels = self._classes(given, pool)
        return self._leader(labels, self._posterior(given, pool, labels))

    def _posterior(self, given: Sequence[Given], pool: Params | None, labels: list[str]) -> NDArray[np.float64]:
        # Matrices hold for the labels that they were fitted on; labels added since are judged by the pool.
        fit = pool if pool and len(pool["labels"]) == len(labels) else None
        matrices = [self.usual(pool["accuracy"] if pool else STARTING_ACCURACY, len(labels))]
        votes, place = [], {label: index for index, label in enumerate(labels)}
        for each in given:
            if fit and each.skill:
                matrices.append(np.asarray(each.skill["confusion"]))
            votes.append((len(matrices) - 1 if fit and each.skill else 0, place[each.answer]))
        return posterior_given(
            votes,
            confusion=np.stack(matrices),
            prior=np.array(fit["prior"]) if fit else np.full(len(labels), 1 / len(labels)),
            temperature=fit["temperature"] if fit else 1.0,
            weights=[each.weight for each in given],
        )

    def usual(self, accuracy: float, n_labels: int) -> NDArray[np.float64]:
        """The matrix of somebody who has none of his own."""
        is_scale = self.is_ordered and n_labels == len(self.labels)
        return ordinal_pool(accuracy, n_labels) if is_scale else pooled_confusion(accuracy, n_labels)

    def _classes(self, given: Sequence[Given], pool: Params | None) -> list[str]:
        """The fit's, then the known ones, then whatever else was answered; at least two."""
        named = [*(pool["labels"] if pool else ()), *self.labels, *sorted({each.answer for each in given})]
        # One class leaves nothing to be unsure of; an answer nobody gave stands for all others.
        labels = list(dict.fromkeys(named))
        return labels if len(labels) > 1 else [*labels, ""]

    def _leader(self, labels: list[str], posterior: NDArray[np.float64]) -> Decided:
        ahead = np.flatnonzero(winners(posterior[None, :])[0])
        top = int(ahead[0])
        is_alone = len(ahead) == 1 and bool(labels[top])
        return Decided(
            labels[top] if is_alone else None,
            min(float(posterior[top]), 1.0),
            is_decided=is_alone,
            posterior={label: float(p) for label, p in zip(labels, posterior, strict=True) if label},
            detail=self._interval(labels, posterior),
        )

    def _interval(self, labels: list[str], posterior: NDArray[np.float64]) -> Params:
        if not self.is_ordered or labels != list(self.labels) or self.by_share:
            return {}
        low, high = level_interval(posterior)
        return {"low": labels[low], "high": labels[high]}

    def fitted(self, items: Sequence[Asked], *, n_reviewers: int) -> Skills:
        answered = {answer for item in items for _, answer in item.answers}
        answered |= {item.known for item in items if item.known is not None}
        labels = list(dict.fromkeys([*self.labels, *sorted(answered)]))
        labels = labels if len(labels) > 1 else [*labels, ""]
        place = {label: index for index, label in enumerate(labels)}
        rows = [(n, who, place[answer]) for n, item in enumerate(items) for who, answer in item.answers]
        table = np.array(rows, dtype=np.int64).reshape(-1, 3)
        known = np.array([UNKNOWN if item.known is None else place[item.known] for item in items], dtype=np.int64)
        votes = Votes(table[:, 0], table[:, 1], table[:, 2], len(items), n_reviewers, len(labels), known)
        return self._skills(votes, self.fit(votes), labels)

    def fit(self, votes: Votes) -> Aggregate:
        """The model behind `fitted`, for whoever has the votes as arrays. Classes are the labels in their order."""
        is_scale = self.is_ordered and votes.n_classes == len(self.labels)
        return ordinal_dawid_skene(votes) if is_scale else automatic(votes).aggregate

    def _skills(self, votes: Votes, found: Aggregate, labels: list[str]) -> Skills:
        right = votes.per_reviewer(found.posterior[votes.item_idx, votes.label_idx])
        total = votes.per_reviewer()
        prior = np.full(len(labels), 1 / len(labels)) if found.prior is None else found.prior
        present = [int(index) for index in np.flatnonzero(total)]
        pool = {
            "labels": labels,
            "prior": prior.tolist(),
            "accuracy": min(float(right.sum() / max(total.sum(), 1.0)), 1.0),
            "temperature": found.temperature,
        }
        own = {
            who: {"confusion": stored_matrix(self._matrix(found, who, right, total, len(labels)))} for who in present
        }
        return Skills(pool, own, {who: float(right[who]) for who in present}, {who: int(total[who]) for who in present})

    def _matrix(
        self, found: Aggregate, who: int, right: NDArray[np.float64], total: NDArray[np.float64], n_labels: int
    ) -> NDArray[np.float64]:
        if found.confusion is not None:
            return np.asarray(found.confusion[who])
        return self.usual(min(float(right[who] / total[who]), 1.0), n_labels)


def stored_matrix(matrix: NDArray[np.float64]) -> list[list[float]]:
    """Rounded, and without a zero."""
    rounded: list[list[float]] = np.maximum(np.round(matrix, DIGITS), SMALLEST).tolist()
    return rounded
