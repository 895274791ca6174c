"""Multiple choice and taxonomies: each label is a question of its own, answered yes or no by everybody who answered.

Binary relevance, as M.-L. Zhang and Z.-H. Zhou (2014), doi:10.1109/TKDE.2013.39, section 3.1, name it, with one
Dawid-Skene per label (`yes_no`). In a taxonomy an answer says yes to every ancestor of what it names, and no label may
be more probable than its parent.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from apps.consensus.algorithms.kinds import NOTHING, TIE, Asked, Decided, Given, Params, Skills
from apps.consensus.algorithms.yes_no import Said, YesNo, columns, rates_of, yes_no_fit, yes_no_of

# Where all labels share one fit, it is stored under this name.
_ALL = ""


@dataclass(frozen=True, slots=True)
class MultipleChoice:
    """Answers are sets of labels. The posterior holds each label's own probability: they do not exclude each other.

    The confidence is that of the least sure label, so that it does not depend on how many labels there are.

    Args:
        labels: all that can be chosen; an answer may name others.
        parents: label to its parent in the taxonomy; roots are left out.
        is_pooled: labels differ from item to item, so all of them share one fit.
        by_share: the shares of the votes instead of a posterior.
    Raises:
        ValueError: parents that go in a circle.
    """

    labels: Sequence[str]
    parents: Mapping[str, str] = field(default_factory=dict)
    is_pooled: bool = False
    by_share: bool = False

    def __post_init__(self) -> None:
        for label in self.parents:
            self._lineage(label)

    def decided(self, given: Sequence[Given], *, pool: Params | None = None) -> Decided:
        if not given:
            return NOTHING
        chosen = [self.closure(each.answer) for each in given]
        found: dict[str, float] = {}
        usual: dict[Any, float] = {}
        for label in self._all(chosen):
            stored = (pool or {}).get(self._stored(label))
            votes = [
                Said(label in answer, rates_of((each.skill or {}).get(self._stored(label))), each.weight)
                for each, answer in zip(given, chosen, strict=True)
            ]
            # Before a fit all labels with the same votes are alike, and a taxonomy may have thousands.
            key = None if stored else tuple(votes)
            if key is None or key not in usual:
                probability = self._yes_no(stored).probability(votes)
                if key is not None:
                    usual[key] = probability
            else:
                probability = usual[key]
            found[label] = probability
        return self._weighed(found, is_empty_given=any(not answer for answer in chosen))

    def _weighed(self, found: dict[str, float], *, is_empty_given: bool) -> Decided:
        for label in sorted(self.parents, key=lambda each: len(self._lineage(each))):
            if label in found:
                found[label] = min(found[label], found.get(self.parents[label], 1.0))
        value = frozenset(label for label, p in found.items() if p >= 0.5 - TIE)
        is_tied = any(abs(p - 0.5) <= TIE for p in found.values())
        # That nothing is right although everybody named something is no answer that anybody gave.
        is_decided = not is_tied and (bool(value) or is_empty_given)
        confidence = min((max(p, 1 - p) for p in found.values()), default=0.0)
        return Decided(value, confidence, is_decided=is_decided, posterior=found)

    def fitted(self, items: Sequence[Asked], *, n_reviewers: int) -> Skills:
        """One fit per label that anybody ever chose, or one for all; other labels stay as before the first fit."""
        said = [[(who, self.closure(answer)) for who, answer in item.answers] for item in items]
        known = [None if item.known is None else self.closure(item.known) for item in items]
        named = [sorted({label for _, answer in item for label in answer}) for item in said]
        found = Skills({}, {}, {}, {})
        for stored in sorted({self._stored(label) for labels in named for label in labels}):
            rows: list[tuple[int, int, int]] = []
            fixed: list[int] = []
            for item, decided, labels in zip(said, known, named, strict=True):
                for label in labels if self.is_pooled else [stored]:
                    rows += [(len(fixed), who, int(label in answer)) for who, answer in item]
                    fixed.append(-1 if decided is None else int(label in decided))
            found = _with(found, stored, rows, fixed, n_reviewers=n_reviewers)
        return found

    def closure(self, answer: Iterable[str]) -> frozenset[str]:
        """An answer with the ancestors of all that it names."""
        return frozenset(above for label in answer for above in self._lineage(label))

    def deepest(self, chosen: Iterable[str]) -> list[str]:
        """The chosen labels without those that stand above another one, in the order of `labels`."""
        kept = set(chosen)
        above = {each for label in kept for each in self._lineage(label)[1:]}
        order = {label: place for place, label in enumerate(self.labels)}
        return sorted(kept - above, key=lambda each: (order.get(each, len(order)), str(each)))

    def _all(self, chosen: Sequence[frozenset[str]]) -> Iterable[str]:
        others = sorted({label for answer in chosen for label in answer}, key=str)
        return dict.fromkeys([*self.labels, *others])

    def _stored(self, label: str) -> str:
        return _ALL if self.is_pooled else label

    def _yes_no(self, stored: Params | None) -> YesNo:
        return yes_no_of(stored, by_share=self.by_share)

    def _lineage(self, label: str) -> list[str]:
        """A label with all its ancestors."""
        line = [label]
        while line[-1] in self.parents:
            line.append(self.parents[line[-1]])
            if len(line) > len(self.parents) + 1:
                raise ValueError("parents must name labels and may not go in a circle")
        return line


def _with(
    found: Skills, stored: str, rows: list[tuple[int, int, int]], known: list[int], *, n_reviewers: int
) -> Skills:
    """The same with one more fit in it."""
    question, reviewer, said = columns(rows)
    fixed = np.array(known, dtype=np.int64)
    fit = yes_no_fit(question, reviewer, said, n_questions=len(known), n_reviewers=n_reviewers, known=fixed)
    own = {
        who: {**found.own.get(who, {}), stored: fit.own[who]} if who in fit.own else found.own[who]
        for who in {*found.own, *fit.own}
    }
    right = {who: found.right.get(who, 0.0) + float(fit.right[who]) for who in own}
    votes = {who: found.votes.get(who, 0) + int(fit.votes[who]) for who in own}
    return Skills({**found.pool, stored: fit.pool}, own, right, votes)
