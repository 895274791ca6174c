"""What a frozen version is made of, as hashes that anybody can recompute.

An item's hash is SHA-256 over the set's salt followed by the item's canonical JSON (RFC 8785). A version's root is a
Merkle tree over its items sorted by id, with the prefixes of RFC 6962 section 2.1 that keep leaves and nodes apart;
a node without a sibling moves up unchanged.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import rfc8785

LEAF = b"\x00"
NODE = b"\x01"
MIN_SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class ProofStep:
    """One sibling on the way from a leaf to the root, and on which side of the path it stands."""

    side: Literal["left", "right"]
    sibling: str  # hex


def item_hash(content: Mapping[str, Any], *, salt: bytes) -> str:
    """SHA-256 of the salt and the canonical JSON of `content`, in hex.

    The salt keeps a short text from being guessed from its hash after the content was erased.

    Raises:
        ValueError: a salt shorter than 16 bytes, or content that RFC 8785 cannot express (NaN, integers beyond 2^53).
    """
    if len(salt) < MIN_SALT_BYTES:
        raise ValueError(f"the salt must have at least {MIN_SALT_BYTES} bytes")
    return hashlib.sha256(salt + rfc8785.dumps(dict(content))).hexdigest()


def merkle_root(hashes: Mapping[str, str]) -> str:
    """Root over items sorted by id, in hex; SHA-256 of nothing for no items.

    Args:
        hashes: item id → item hash in hex. Order does not matter.
    """
    levels = _levels(hashes)
    return levels[-1][0].hex() if levels[-1] else hashlib.sha256(b"").hexdigest()


def merkle_root_of(items: Iterable[tuple[str, str]]) -> str:
    """`merkle_root` of a stream of (item id, item hash).

    Raises:
        ValueError: an id occurs twice.
    """
    hashes: dict[str, str] = {}
    for item_id, digest in items:
        if item_id in hashes:
            raise ValueError(f"item {item_id} occurs twice")
        hashes[item_id] = digest
    return merkle_root(hashes)


def inclusion_proof(hashes: Mapping[str, str], item_id: str) -> tuple[ProofStep, ...]:
    """The siblings that lead from one item to the root: proof of membership without the other items.

    Raises:
        KeyError: no such item.
    """
    position = _position(hashes, item_id)
    steps = []
    for level in _levels(hashes)[:-1]:
        sibling = position ^ 1
        if sibling < len(level):
            steps.append(ProofStep("left" if sibling < position else "right", level[sibling].hex()))
        position //= 2
    return tuple(steps)


def verify_inclusion(item_id: str, digest: str, proof: Sequence[ProofStep], *, root: str) -> bool:
    """Whether an item with this id and hash is in the version with this root."""
    current = _leaf(item_id, digest)
    for step in proof:
        sibling = bytes.fromhex(step.sibling)
        current = _node(sibling, current) if step.side == "left" else _node(current, sibling)
    return current.hex() == root


def _levels(hashes: Mapping[str, str]) -> list[list[bytes]]:
    """All levels of the tree, leaves first; the last one has the root alone (or is empty)."""
    levels = [[_leaf(item_id, hashes[item_id]) for item_id in sorted(hashes)]]
    while len(levels[-1]) > 1:
        below = levels[-1]
        above = [_node(left, right) for left, right in zip(below[::2], below[1::2], strict=False)]
        levels.append(above + below[len(below) // 2 * 2 :])
    return levels


def _position(hashes: Mapping[str, str], item_id: str) -> int:
    if item_id not in hashes:
        raise KeyError(item_id)
    return sum(other < item_id for other in hashes)


def _leaf(item_id: str, digest: str) -> bytes:
    # The hash has a fixed length, so the id behind it needs no length of its own.
    return hashlib.sha256(LEAF + bytes.fromhex(digest) + item_id.encode()).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(NODE + left + right).digest()
