import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.golden.algorithms.splits import Quarantined, assign_sides, side_of

SALT = b"sixteen bytes of"
NO_PAIRS = np.zeros((0, 2), dtype=np.int64)
KEYS = [f"item-{n:02}" for n in range(14)]
pair_lists = st.lists(
    st.tuples(st.integers(0, 13), st.integers(0, 13)).filter(lambda pair: pair[0] < pair[1]), max_size=14
).map(lambda pairs: np.array(sorted(set(pairs)), dtype=np.int64).reshape(-1, 2))


def pairs(*found):
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def test_side_of_keeps_the_shares():
    sides = [side_of(f"k{n}", salt=SALT, shares={"train": 0.7, "validation": 0.1, "test": 0.2}) for n in range(20_000)]
    # Standard errors of some .003: four of them either way.
    assert sides.count("train") / 20_000 == pytest.approx(0.7, abs=0.013)
    assert sides.count("validation") / 20_000 == pytest.approx(0.1, abs=0.009)


def test_side_of_ignores_the_order_of_shares_and_obeys_the_salt():
    keys = [f"k{n}" for n in range(200)]
    one = [side_of(key, salt=SALT, shares={"train": 0.8, "test": 0.2}) for key in keys]
    assert one == [side_of(key, salt=SALT, shares={"test": 0.2, "train": 0.8}) for key in keys]
    assert one != [side_of(key, salt=b"another salt....") for key in keys]


def test_side_of_never_gives_an_empty_side():
    assert {side_of(f"k{n}", salt=SALT, shares={"train": 1.0, "test": 0.0}) for n in range(500)} == {"train"}


@pytest.mark.parametrize("shares", [{"train": 0.8}, {"train": 1.2, "test": -0.2}])
def test_side_of_refuses_shares(shares):
    with pytest.raises(ValueError, match="shares"):
        side_of("k", salt=SALT, shares=shares)


def test_assign_sides_gives_a_cluster_the_side_of_its_first_member():
    plan = assign_sides(KEYS[:4], pairs((0, 2), (2, 3)), salt=SALT)
    assert plan.sides == {key: side_of(KEYS[n], salt=SALT) for key, n in zip(KEYS, (0, 1, 0, 0), strict=False)}
    assert plan.registry == plan.sides


@pytest.mark.parametrize("side", ["train", "test"])
def test_assign_sides_lets_a_newcomer_join_its_neighbour(side):
    # The second newcomer touches the old item only through the first.
    plan = assign_sides(["old", "new", "newer"], pairs((0, 1), (1, 2)), salt=SALT, registry={"old": side})
    assert plan.sides == dict.fromkeys(["old", "new", "newer"], side)


def test_assign_sides_quarantines_what_touches_both():
    registry = {"a": "train", "b": "test", "gone": "test"}
    plan = assign_sides(["a", "b", "bridge", "by-a"], pairs((0, 2), (1, 2), (0, 3)), salt=SALT, registry=registry)
    assert plan.quarantined == (Quarantined("bridge", ("test", "train")),)
    # The neighbour of one side alone is not drawn into it.
    assert plan.sides == {"a": "train", "b": "test", "by-a": "train"}
    assert plan.registry == {**registry, "by-a": "train"}


def test_assign_sides_refuses_a_repeated_key():
    with pytest.raises(ValueError, match="twice"):
        assign_sides(["a", "a"], NO_PAIRS, salt=SALT)


@given(found=pair_lists, n_old=st.integers(0, 14))
@settings(max_examples=150)
def test_assign_sides_keeps_the_past_and_never_splits_duplicates(found, n_old):
    earlier = assign_sides(KEYS[:n_old], found[found.max(axis=1, initial=-1) < n_old], salt=SALT)
    plan = assign_sides(KEYS, found, salt=SALT, registry=earlier.registry)
    assert all(plan.sides[key] == side for key, side in earlier.sides.items())
    assert set(plan.sides) | {item.key for item in plan.quarantined} == set(KEYS)
    placed = [(plan.sides.get(KEYS[i]), plan.sides.get(KEYS[j])) for i, j in found]
    assert all(one == other for one, other in placed if one and other)
    again = assign_sides(KEYS, found, salt=SALT, registry=plan.registry)
    assert (again.sides, again.quarantined) == (plan.sides, plan.quarantined)
