"""What every kind of answer has in common."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.consensus.algorithms.dawid_skene import posterior_given
from apps.consensus.algorithms.kinds import NOTHING, Asked, Given
from apps.consensus.algorithms.multiple_choice import MultipleChoice
from apps.consensus.algorithms.number_consensus import Number
from apps.consensus.algorithms.one_of import OneOf
from apps.consensus.algorithms.ranking_consensus import Ranking
from apps.consensus.algorithms.region_consensus import Regions
from apps.consensus.algorithms.text_consensus import Text
from apps.consensus.algorithms.yes_no import Rates, Said, YesNo
from tests.consensus.kind_answers import LABELS, PARENTS, decide, span

WORDS = ("the", "cat", "sat", "on", "a", "mat")


def spans_from(rng):
    starts = rng.choice([0, 10, 20], size=rng.integers(0, 4), replace=False)
    return tuple(span(str(rng.choice(["A", "B"])), start, start + 6 + rng.integers(0, 3)) for start in starts)


# Each kind with a maker of answers; a thousand seeds give ties as well as clear cases.
KINDS = {
    "class": (OneOf(LABELS), lambda rng: str(rng.choice(LABELS))),
    "level": (OneOf(("1", "2", "3", "4", "5"), is_ordered=True), lambda rng: str(rng.integers(1, 6))),
    "labels": (MultipleChoice(LABELS, PARENTS), lambda rng: frozenset(rng.choice(LABELS, rng.integers(0, 3)).tolist())),
    "number": (Number(), lambda rng: float(rng.choice([3, 4, 5, 90]))),
    "order": (Ranking(), lambda rng: tuple(rng.permutation(["a", "b", "c"]).tolist())),
    "regions": (Regions(), spans_from),
    "text": (Text(), lambda rng: " ".join(rng.choice(WORDS, 4))),
    "version": (Text(is_version=True), lambda rng: " ".join(word for word in WORDS if rng.random() < 0.9) or "the"),
}
SHARES = {
    "class": OneOf(LABELS, by_share=True),
    "level": OneOf(("1", "2", "3", "4", "5"), is_ordered=True, by_share=True),
    "labels": MultipleChoice(LABELS, PARENTS, by_share=True),
    "number": Number(by_share=True),
    "order": Ranking(by_share=True),
    "regions": Regions(by_share=True),
    "text": Text(by_share=True),
    "version": Text(is_version=True, by_share=True),
}
every_kind = pytest.mark.parametrize("name", KINDS)
seeds = st.integers(0, 2**16)


def items_of(name, seed, *, n_items=14, n_reviewers=5, overlap=3):
    """Answers that lean towards one answer per item, so that there is something to agree on."""
    rng = np.random.default_rng(seed)
    _, make = KINDS[name]
    items = []
    for _ in range(n_items):
        usual = make(rng)
        people = rng.permutation(n_reviewers)[:overlap]
        items.append(Asked([(int(who), usual if rng.random() < 0.7 else make(rng)) for who in people]))
    return items


def same(one, other):
    assert (one.value, one.is_decided) == (other.value, other.is_decided)
    assert one.confidence == pytest.approx(other.confidence, abs=1e-6)


@every_kind
@given(seed=seeds)
@settings(max_examples=12, deadline=None)
def test_order_of_answers_changes_nothing(name, seed):
    rng = np.random.default_rng(seed)
    answers = [KINDS[name][1](rng) for _ in range(rng.integers(2, 6))]
    for kind in (KINDS[name][0], SHARES[name]):
        before = kind.decided([Given(answer) for answer in answers])
        same(before, kind.decided([Given(answer) for answer in answers[::-1]]))
        same(before, kind.decided([Given(answers[index]) for index in rng.permutation(len(answers))]))


@every_kind
@given(seed=seeds)
@settings(max_examples=4, deadline=None)
def test_names_of_reviewers_and_order_of_items_change_nothing(name, seed):
    kind, items = KINDS[name][0], items_of(name, seed)
    rng = np.random.default_rng(seed)
    people, order = rng.permutation(5), rng.permutation(len(items))
    moved = [Asked([(int(people[who]), answer) for who, answer in items[index].answers][::-1]) for index in order]
    before = decide(kind, items, kind.fitted(items, n_reviewers=5))
    after = decide(kind, moved, kind.fitted(moved, n_reviewers=5))
    for place, index in enumerate(order):
        assert after[place].confidence == pytest.approx(before[index].confidence, abs=1e-4)


@every_kind
@given(seed=seeds)
@settings(max_examples=4, deadline=None)
def test_a_reviewer_without_an_answer_changes_nothing(name, seed):
    kind, items = KINDS[name][0], items_of(name, seed)
    few, many = (kind.fitted(items, n_reviewers=n) for n in (5, 8))
    assert few.own.keys() == many.own.keys() <= set(range(5))
    for one, other in zip(decide(kind, items, few), decide(kind, items, many), strict=True):
        same(one, other)


@every_kind
@given(seed=seeds)
@settings(max_examples=4, deadline=None)
def test_without_a_reviewer_is_as_if_he_had_never_been(name, seed):
    kind, items = KINDS[name][0], items_of(name, seed)
    left = [Asked([pair for pair in item.answers if pair[0] != 4]) for item in items]
    gone, never = kind.fitted(left, n_reviewers=5), kind.fitted(left, n_reviewers=4)
    assert (gone.pool, gone.own) == (never.pool, never.own)


@every_kind
def test_one_answer_is_not_sure(name):
    kind, make = KINDS[name]
    for seed in range(30):
        found = kind.decided([Given(make(np.random.default_rng(seed)))])
        assert found.confidence < 0.9
    assert kind.decided([]) == NOTHING


@every_kind
def test_two_who_agree_are_sure_and_three_surer(name):
    kind, make = KINDS[name]
    answer = make(np.random.default_rng(3))
    two, three = (kind.decided([Given(answer)] * n) for n in (2, 3))
    assert two.is_decided
    assert 0.9 < two.confidence <= three.confidence
    for each in (two, three, SHARES[name].decided([Given(answer)] * 2)):
        wanted = KINDS[name][0].closure(answer) if name == "labels" else answer
        assert each.value == wanted if name != "regions" else set(each.value) == set(wanted)


@every_kind
def test_a_fit_sees_who_is_usually_right(name):
    """Four of five agree on every item; the fifth answers at random."""
    kind, make = KINDS[name]
    items, rng = [], np.random.default_rng(5)
    for _ in range(60):
        usual = make(rng)
        items.append(Asked([(who, usual) for who in range(4)] + [(4, make(rng))]))
    skills = kind.fitted(items, n_reviewers=5)
    share = {who: skills.right[who] / skills.votes[who] for who in range(5)}
    assert min(share[who] for who in range(4)) > share[4] + 0.05
    rare = make(np.random.default_rng(8))
    other = next(answer for seed in range(99) if (answer := make(np.random.default_rng(seed))) != rare)
    # One against one: whoever is usually right is followed.
    found = kind.decided([Given(rare, skills.own[0]), Given(other, skills.own[4])], pool=skills.pool)
    turned = kind.decided([Given(rare, skills.own[4]), Given(other, skills.own[0])], pool=skills.pool)
    if name not in ("labels", "regions", "version", "text"):  # where both can be right in part
        assert (found.value, turned.value) == (rare, other)


@given(seed=seeds)
@settings(max_examples=40, deadline=None)
def test_yes_no_is_dawid_skene_with_two_classes(seed):
    rng = np.random.default_rng(seed)
    rates = rng.uniform(0.05, 0.95, size=(4, 2))
    said, prior, temperature = rng.random(4) < 0.5, rng.uniform(0.05, 0.95), rng.uniform(0.1, 1.0)
    confusion = np.array([[[no, 1 - no], [1 - yes, yes]] for yes, no in rates])
    wanted = posterior_given(
        list(enumerate(said.astype(int))),
        confusion=confusion,
        prior=np.array([1 - prior, prior]),
        temperature=temperature,
    )[1]
    found = YesNo(prior, temperature).probability(
        [Said(bool(one), Rates(*two)) for one, two in zip(said, rates, strict=True)]
    )
    assert found == pytest.approx(wanted, abs=1e-9)
