"""Signs that somebody answers without looking: too fast, the same answer always, another person's answers.

Each sign is the one-sided p-value of a null model under which people differ honestly; p-values of all people and signs
together are corrected by Y. Benjamini and Y. Hochberg (1995), doi:10.1111/j.2517-6161.1995.tb02031.x. A sign is a
reason to look, never a verdict.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student
from statsmodels.stats.multitest import multipletests

MIN_ANSWERS = 20
MIN_PEOPLE = 5
MIN_SHARED_MISTAKES = 5
# How much the mistakes on all items with a label weigh beside those on the item itself.
_MISTAKE_PRIOR = 2.0


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers in long format, one per item and reviewer, all arrays of shape (n_answers,)."""

    item_idx: NDArray[np.int64]
    reviewer_idx: NDArray[np.int64]
    label_idx: NDArray[np.int64]
    settled_idx: NDArray[np.int64]  # what the item settled on; -1: not settled
    duration_ms: NDArray[np.float64]
    n_reviewers: int
    n_classes: int


@dataclass(frozen=True, slots=True)
class Sign:
    """How often something was seen of how many, and how often the null model leads one to expect it.

    For kind "fast", `seen` and `expected` are the median time in milliseconds and what the others' leads one to expect.
    """

    kind: str  # fast | constant | copies
    reviewer: int
    other: int  # the second person of a pair; -1: none
    label: int  # the answer given too often; -1: none
    seen: int
    expected: float
    of: int
    p_value: float
    q_value: float  # after correction for all signs together


def signs(answers: Answers) -> list[Sign]:
    """Every sign that could be tested, the least likely by chance first."""
    found = [*_fast(answers), *_constant(answers), *_copies(answers)]
    if not found:
        return []
    corrected = multipletests([one.p_value for one in found], method="fdr_bh")[1]
    told = [_with_q(one, float(q)) for one, q in zip(found, corrected, strict=True)]
    return sorted(told, key=lambda one: (one.q_value, one.p_value, one.reviewer, one.other))


def _with_q(one: Sign, q_value: float) -> Sign:
    return Sign(one.kind, one.reviewer, one.other, one.label, one.seen, one.expected, one.of, one.p_value, q_value)


def _fast(answers: Answers) -> list[Sign]:
    """A person's median time against the spread of the others' medians: some are simply quicker.

    The null: logarithms of the medians are normal among people; the sign is Student's prediction for one more of them.
    Fewer than MIN_PEOPLE others with MIN_ANSWERS answers show no spread, and nothing is tested.
    """
    totals = np.bincount(answers.reviewer_idx, minlength=answers.n_reviewers)
    able = np.flatnonzero(totals >= MIN_ANSWERS)
    if len(able) <= MIN_PEOPLE:
        return []
    medians = np.array([np.median(answers.duration_ms[answers.reviewer_idx == person]) for person in able])
    paces = np.log(np.maximum(medians, 1.0))
    found = []
    for place, person in enumerate(able):
        others = np.delete(paces, place)
        spread = max(float(others.std(ddof=1)), 0.01) * np.sqrt(1 + 1 / len(others))
        p_value = float(student.cdf((paces[place] - others.mean()) / spread, len(others) - 1))
        pace = round(float(medians[place]))
        usual = float(np.exp(others.mean()))
        found.append(Sign("fast", int(person), -1, -1, pace, usual, int(totals[person]), p_value, 1.0))
    return found


def _constant(answers: Answers) -> list[Sign]:
    """The answer that a person gives most beyond what others gave to the same items; corrected for the labels.

    Under the null each answer is drawn from what the others said on that item, weighed with one answer drawn from
    everybody's; the count of a label is then a sum of independent draws.
    """
    counts = np.zeros((int(answers.item_idx.max(initial=-1)) + 1, answers.n_classes))
    np.add.at(counts, (answers.item_idx, answers.label_idx), 1)
    pool = np.bincount(answers.label_idx, minlength=answers.n_classes) / max(len(answers.label_idx), 1)
    found = []
    for person in range(answers.n_reviewers):
        mine = answers.reviewer_idx == person
        if mine.sum() < MIN_ANSWERS:
            continue
        rest = counts[answers.item_idx[mine]]
        rest[np.arange(len(rest)), answers.label_idx[mine]] -= 1
        chances = (rest + pool) / (rest.sum(axis=1, keepdims=True) + 1)
        seen = np.bincount(answers.label_idx[mine], minlength=answers.n_classes)
        expected = chances.sum(axis=0)
        spread = np.sqrt(np.maximum((chances * (1 - chances)).sum(axis=0), 1e-9))
        label = int(np.argmax((seen - expected) / spread))
        p_value = min(1.0, answers.n_classes * at_least(int(seen[label]), chances[:, label]))
        found.append(
            Sign("constant", person, -1, label, int(seen[label]), float(expected[label]), len(rest), p_value, 1.0)
        )
    return found


def _copies(answers: Answers) -> list[Sign]:
    """Two people who make the same mistakes, on items where both are wrong.

    That both are wrong may be the item's doing and is no sign; that they chose the same wrong label is one, beyond the
    chance that two wrong answers to such an item are the same. With two classes there is only one wrong answer, and
    nothing can be told.
    """
    wrong = (answers.settled_idx >= 0) & (answers.label_idx != answers.settled_idx)
    if answers.n_classes < 3 or not wrong.any():
        return []
    chance = _same_mistake(answers, wrong)
    mistakes: list[dict[int, int]] = [{} for _ in range(answers.n_reviewers)]
    for item, person, label in zip(
        *(each[wrong] for each in (answers.item_idx, answers.reviewer_idx, answers.label_idx)), strict=True
    ):
        mistakes[person][int(item)] = int(label)
    found = []
    for one, other in combinations(range(answers.n_reviewers), 2):
        both = mistakes[one].keys() & mistakes[other].keys()
        if len(both) >= MIN_SHARED_MISTAKES:
            seen = sum(mistakes[one][item] == mistakes[other][item] for item in both)
            expected = np.array([chance[item] for item in both])
            p_value = at_least(seen, expected)
            found.append(Sign("copies", one, other, -1, seen, float(expected.sum()), len(both), p_value, 1.0))
    return found


def _same_mistake(answers: Answers, wrong: NDArray[np.bool_]) -> dict[int, float]:
    """By item: the chance that two wrong answers are the same, from the mistakes on it and on items like it."""
    usual = np.ones((answers.n_classes, answers.n_classes)) - np.eye(answers.n_classes)
    np.add.at(usual, (answers.settled_idx[wrong], answers.label_idx[wrong]), 1)
    usual /= usual.sum(axis=1, keepdims=True)
    here: dict[int, NDArray[np.float64]] = {}
    for item, label, settled in zip(
        answers.item_idx[wrong], answers.label_idx[wrong], answers.settled_idx[wrong], strict=True
    ):
        row = here.setdefault(int(item), _MISTAKE_PRIOR * usual[settled])
        row[label] += 1
    return {item: float(((row / row.sum()) ** 2).sum()) for item, row in here.items()}


def at_least(seen: int, chances: NDArray[np.float64]) -> float:
    """P(X >= seen) for a sum of independent draws with these chances, by convolution; exact."""
    mass = np.ones(1)
    for chance in chances:
        mass = np.append(mass * (1 - chance), 0.0) + np.append(0.0, mass * chance)
    return float(np.clip(mass[seen:].sum(), 0.0, 1.0))
