"""A Markdown table of every other kind of answer against the truth: `python -m bench.kinds_table`.

The first two rows are recorded: the weather sets below TOUCHSTONE_DATA, where 0, 1 and 2 are negative, neutral and
positive, so that they are levels; items and labels beside the scale are left out. There are no public sets of the other
kinds here, so those answers are simulated: ten people who differ in skill, four answers an item, six shuffles.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from apps.consensus.algorithms.agreement_regions import Region
from apps.consensus.algorithms.kinds import Asked, Decided, Given, KindOfAnswer
from apps.consensus.algorithms.multiple_choice import MultipleChoice
from apps.consensus.algorithms.number_consensus import Number
from apps.consensus.algorithms.one_of import OneOf
from apps.consensus.algorithms.ranking_consensus import Ranking
from apps.consensus.algorithms.region_consensus import Regions
from apps.consensus.algorithms.text_consensus import Text, similarity
from bench.crowd_table import DATA, votes_and_truth

PEOPLE, OVERLAP, ITEMS, SHUFFLES = 10, 4, 120, 6
WORDS = "one small cat sat on the old mat while two dogs ran over a wet hill near our house".split()  # noqa: SIM905


@dataclass(frozen=True)
class Trial:
    """One kind on simulated people. `answer`: what somebody of a skill in [0, 1] says of a truth."""

    name: str
    measure: str
    kind: KindOfAnswer
    truth: Callable[[np.random.Generator], Any]
    answer: Callable[[np.random.Generator, Any, float], Any]
    score: Callable[[Any, Any], float]
    simple: str
    baseline: Callable[[Sequence[Any]], Any]


def main() -> None:
    print("| answers | measured | ours | simple | which simple one | stated |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name in ("weather_amt", "weather_cf"):
        print(recorded(name))
    for trial in TRIALS:
        print(simulated(trial))


def recorded(name: str) -> str:
    """Three levels of a recorded set, ties of the simple votes shared."""
    votes, truth = votes_and_truth(DATA / f"crowd_{name}")
    kept = (votes.label_idx <= 2) & (truth[votes.item_idx] <= 2)
    columns = zip(votes.item_idx[kept], votes.reviewer_idx[kept], votes.label_idx[kept], strict=True)
    by_item: dict[int, list[tuple[int, str]]] = {}
    for item, who, level in columns:
        by_item.setdefault(int(item), []).append((int(who), str(level)))
    items, right = [Asked(answers) for answers in by_item.values()], [str(truth[item]) for item in by_item]
    found = decide(OneOf(("0", "1", "2"), is_ordered=True), items, votes.n_reviewers)
    hits = np.mean([each.value == true for each, true in zip(found, right, strict=True)])
    simple = np.mean(
        [majority([each for _, each in item.answers], true) for item, true in zip(items, right, strict=True)]
    )
    stated = np.mean([each.confidence for each in found])
    return f"| rating, {name}, {len(items)} items | level right | {hits:.3f} | {simple:.3f} | majority | {stated:.3f} |"


def majority(answers: Sequence[Any], true: Any) -> float:
    counts = Counter(answers)
    ahead = [each for each, n in counts.items() if n == max(counts.values())]
    return (true in ahead) / len(ahead)


def simulated(trial: Trial) -> str:
    scores, stated = np.zeros(2), 0.0
    for seed in range(SHUFFLES):
        rng = np.random.default_rng(seed)
        skills = rng.uniform(0.3, 0.98, PEOPLE)
        truths = [trial.truth(rng) for _ in range(ITEMS)]
        items = []
        for true in truths:
            people = rng.permutation(PEOPLE)[:OVERLAP]
            items.append(Asked([(int(who), trial.answer(rng, true, skills[who])) for who in people]))
        found = decide(trial.kind, items, PEOPLE)
        ours = np.mean([trial.score(each.value, true) for each, true in zip(found, truths, strict=True)])
        plain = [trial.baseline([answer for _, answer in item.answers]) for item in items]
        scores += [ours, np.mean([trial.score(each, true) for each, true in zip(plain, truths, strict=True)])]
        stated += float(np.mean([each.confidence for each in found]))
    ours, simple = scores / SHUFFLES
    return f"| {trial.name} | {trial.measure} | {ours:.3f} | {simple:.3f} | {trial.simple} | {stated / SHUFFLES:.3f} |"


def decide(kind: KindOfAnswer, items: Sequence[Asked], n_reviewers: int) -> list[Decided]:
    skills = kind.fitted(items, n_reviewers=n_reviewers)
    return [
        kind.decided([Given(answer, skills.own.get(who)) for who, answer in item.answers], pool=skills.pool)
        for item in items
    ]


def _text(rng: np.random.Generator) -> str:
    return " ".join(rng.choice(WORDS, 12))


# What people say


def _levels(rng: np.random.Generator, true: str, skill: float) -> str:
    lean = round(3 * (0.9 - skill)) * (1 if round(1000 * skill) % 2 else -1)  # the weaker lean, up or down
    return str(int(np.clip(round(int(true) + lean + (1.2 - skill) * rng.normal()), 1, 7)))


def _labels(rng: np.random.Generator, true: frozenset[str], skill: float) -> frozenset[str]:
    return frozenset(label for label in "abcdef" if (label in true) == (rng.random() < 0.6 + 0.4 * skill))


def _paths(rng: np.random.Generator, true: frozenset[str], skill: float) -> frozenset[str]:
    if rng.random() < skill:
        return true
    near = [leaf for leaf in LEAVES if leaf[0] == min(true)[0]]
    return frozenset({str(rng.choice(near if rng.random() < 0.7 else LEAVES))})


def _numbers(rng: np.random.Generator, true: float, skill: float) -> float:
    wild = rng.random() < 0.15 * (1 - skill)
    return float(round(rng.uniform(0, 300) if wild else true + 4 * (0.7 - skill) + 6 * (1 - skill) * rng.normal()))


def _orders(rng: np.random.Generator, true: tuple[str, ...], skill: float) -> tuple[str, ...]:
    noise = {thing: place + 4 * (1 - skill) * rng.normal() for place, thing in enumerate(true)}
    return tuple(sorted(true, key=lambda thing: noise[thing]))


def _spans(rng: np.random.Generator, true: tuple[Region, ...], skill: float) -> tuple[Region, ...]:
    found = []
    for one in true:
        if rng.random() < skill:
            slips = np.where(rng.random(2) < (1 - skill) / 2, rng.integers(-3, 4, 2), 0)
            found.append(Region(one.label, (one.low[0] + slips[0],), (one.high[0] + slips[1],)))
    if rng.random() < 0.5 * (1 - skill):
        start = float(rng.integers(200, 300))
        found.append(Region("A", (start,), (start + 8,)))
    return tuple(found)


def _versions(rng: np.random.Generator, true: str, skill: float) -> str:
    words = [str(rng.choice(WORDS)) if rng.random() < 0.35 * (1 - skill) else word for word in true.split()]
    return " ".join(word for word in words if rng.random() > 0.15 * (1 - skill)) or words[0]


# How they are judged, and what is done without a model


def _f1(found: Any, true: Any) -> float:
    if not found and not true:
        return 1.0
    return 2 * len(set(found) & set(true)) / (len(found) + len(true))


def _half(answers: Sequence[frozenset[str]]) -> frozenset[str]:
    counts = Counter(label for answer in answers for label in answer)
    return frozenset(label for label, n in counts.items() if n > len(answers) / 2)


def _spans_half(answers: Sequence[tuple[Region, ...]]) -> tuple[Region, ...]:
    """Characters that more than half marked, run together: the majority of each token."""
    marked = Counter(
        place for answer in answers for one in answer for place in range(int(one.low[0]), int(one.high[0]))
    )
    kept = sorted(place for place, n in marked.items() if n > len(answers) / 2)
    found: list[Region] = []
    for place in kept:
        if found and found[-1].high[0] == place:
            found[-1] = Region("A", found[-1].low, (place + 1.0,))
        else:
            found.append(Region("A", (float(place),), (place + 1.0,)))
    return tuple(found)


def _borda(answers: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    points = Counter(dict.fromkeys(answers[0], 0))
    for answer in answers:
        points.update({thing: -place for place, thing in enumerate(answer)})
    return tuple(thing for thing, _ in points.most_common())


def _order_score(found: tuple[str, ...], true: tuple[str, ...]) -> float:
    pairs = [(a, b) for n, a in enumerate(true) for b in true[n + 1 :]]
    return float(np.mean([found.index(a) < found.index(b) for a, b in pairs]))


LEAVES = tuple(f"{group}{n}" for group in "ABC" for n in range(4))
TREE = MultipleChoice((*"ABC", *LEAVES), {leaf: leaf[0] for leaf in LEAVES})


def _leaf(found: Any, true: frozenset[str]) -> float:
    return _f1(TREE.closure(found), TREE.closure(true))


def _true_spans(rng: np.random.Generator) -> tuple[Region, ...]:
    starts = sorted(rng.choice(range(0, 200, 25), size=rng.integers(1, 5), replace=False).tolist())
    return tuple(Region("A", (float(start),), (float(start + rng.integers(6, 20)),)) for start in starts)


TRIALS = (
    Trial(
        "rating, 7 levels",
        "level right",
        OneOf(tuple("1234567"), is_ordered=True),
        lambda rng: str(rng.integers(1, 8)),
        _levels,
        lambda found, true: float(found == true),
        "rounded mean",
        lambda answers: str(round(np.mean([int(each) for each in answers]))),
    ),
    Trial(
        "several of 6 labels",
        "F1",
        MultipleChoice(tuple("abcdef")),
        lambda rng: frozenset(label for label in "abcdef" if rng.random() < 0.3),
        _labels,
        _f1,
        "more than half",
        _half,
    ),
    Trial(
        "taxonomy, 12 leaves",
        "F1 with ancestors",
        TREE,
        lambda rng: frozenset({str(rng.choice(LEAVES))}),
        _paths,
        _leaf,
        "more than half",
        _half,
    ),
    Trial(
        "number",
        "within 1 of it",
        Number(),
        lambda rng: float(rng.integers(10, 90)),
        _numbers,
        lambda found, true: float(abs(found - true) <= 1),
        "median",
        lambda answers: float(np.median(answers)),
    ),
    Trial(
        "order of 5",
        "pairs right",
        Ranking(),
        lambda rng: tuple(rng.permutation(list("abcde")).tolist()),
        _orders,
        _order_score,
        "Borda",
        _borda,
    ),
    Trial("spans", "F1, exact ends", Regions(), _true_spans, _spans, _f1, "characters of more than half", _spans_half),
    Trial(
        "transcript", "similarity", Text(is_version=True), _text, _versions, similarity, "any one", lambda each: each[0]
    ),
    Trial("free text", "similarity", Text(), _text, _versions, similarity, "any one", lambda each: each[0]),
)


if __name__ == "__main__":
    main()
