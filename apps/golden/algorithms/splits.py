"""Which side of the split an item stands on: decided once per duplicate cluster, and kept for ever.

The side of a cluster comes from a hash of its first member and the set's salt, so it hangs neither on the run nor on
what else is in the set. Members of earlier versions keep their side (the registry). A newcomer joins the side of its
duplicates; a group of newcomers that touches two sides would carry answers from one to the other: it is quarantined.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.golden.algorithms.clusters import clusters_of

DEFAULT_SHARES: Mapping[str, float] = {"train": 0.8, "test": 0.2}


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A newcomer that may stand on no side, and the sides that its duplicates stand on."""

    key: str
    touches: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SplitPlan:
    """Sides of all items, old and new; `registry` is what to keep for the next version."""

    sides: Mapping[str, str]  # key → side, of the given keys without the quarantined
    quarantined: tuple[Quarantined, ...]  # sorted by key
    registry: Mapping[str, str]  # the given registry and the newly placed


def side_of(key: str, *, salt: bytes, shares: Mapping[str, float] = DEFAULT_SHARES) -> str:
    """The side that the hash of `key` and `salt` falls on.

    Args:
        shares: side → share, summing to 1, in any order; sides are laid out by name.
    Raises:
        ValueError: shares that are negative or do not sum to 1.
    """
    if abs(sum(shares.values()) - 1.0) > 1e-9 or min(shares.values()) < 0:
        raise ValueError("shares must be at least 0 and sum to 1")
    digest = hashlib.sha256(salt + b"\x00split\x00" + key.encode()).digest()
    place = int.from_bytes(digest[:8], "big") / 2**64
    reached = 0.0
    open_sides = [side for side in sorted(shares) if shares[side] > 0]
    for side in open_sides:
        reached += shares[side]
        if place < reached:
            return side
    return open_sides[-1]  # Rounding of the sum.


def assign_sides(
    keys: Sequence[str],
    pairs: NDArray[np.int64],
    *,
    salt: bytes,
    registry: Mapping[str, str] | None = None,
    shares: Mapping[str, float] = DEFAULT_SHARES,
) -> SplitPlan:
    """Place every newcomer, keep every earlier decision.

    Args:
        keys: item ids in order of arrival, old and new; the registry may hold further ones.
        pairs: duplicates as indices into `keys`, shape (n_pairs, 2), as from `clusters.duplicate_pairs`.
        salt: the golden set's own.
        registry: key → side of all items placed in earlier versions.
    Returns:
        The plan. No pair of duplicates stands on two sides, unless the registry already had it so.
    Raises:
        ValueError: a key occurs twice, or shares that do not sum to 1.
    """
    if len(set(keys)) != len(keys):
        raise ValueError("a key occurs twice")
    known = dict(registry or {})
    is_new = np.array([key not in known for key in keys], dtype=bool)
    touched = _sides_touched(keys, pairs, is_new=is_new, registry=known)
    sides = {key: known[key] for key in keys if key in known}
    quarantined = []
    for members in _groups_of_newcomers(pairs, is_new=is_new):
        names = [keys[member] for member in members]
        found = sorted({side for member in members for side in touched.get(member, ())})
        if len(found) > 1:
            quarantined += [Quarantined(name, tuple(found)) for name in names]
            continue
        side = found[0] if found else side_of(names[0], salt=salt, shares=shares)
        sides |= dict.fromkeys(names, side)
    return SplitPlan(sides, tuple(sorted(quarantined, key=lambda item: item.key)), known | sides)


def _sides_touched(
    keys: Sequence[str], pairs: NDArray[np.int64], *, is_new: NDArray[np.bool_], registry: Mapping[str, str]
) -> dict[int, set[str]]:
    """Sides of the old duplicates of each newcomer."""
    touched: dict[int, set[str]] = {}
    for one, other in pairs[is_new[pairs[:, 0]] != is_new[pairs[:, 1]]].tolist():
        new, old = (one, other) if is_new[one] else (other, one)
        touched.setdefault(new, set()).add(registry[keys[old]])
    return touched


def _groups_of_newcomers(pairs: NDArray[np.int64], *, is_new: NDArray[np.bool_]) -> list[list[int]]:
    """Newcomers grouped by being duplicates of each other, directly or in a chain; first members first."""
    between_new = pairs[is_new[pairs[:, 0]] & is_new[pairs[:, 1]]]
    cluster = clusters_of(between_new, n_items=len(is_new))
    groups: dict[int, list[int]] = {}
    for member in np.flatnonzero(is_new).tolist():
        groups.setdefault(int(cluster[member]), []).append(member)
    return list(groups.values())
