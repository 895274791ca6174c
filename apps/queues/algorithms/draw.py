"""Chance that can be checked afterwards: a seeded hash instead of a random generator.

Membership in the audit slice is drawn before and independent of any score, so its items are an honest random sample.
"""

import hashlib
from dataclasses import dataclass


def uniform(*, seed: int, purpose: str, key: str) -> float:
    """A number in [0, 1) that depends on nothing but its arguments."""
    digest = hashlib.sha256(f"{seed}\x1f{purpose}\x1f{key}".encode()).digest()
    return int.from_bytes(digest[:7], "big") / 2**56


@dataclass(frozen=True)
class AuditDraw:
    """Whether the item joins the audit slice, with what probability, and its random place there."""

    is_audit: bool
    probability: float
    rank: float


def audit_draw(*, seed: int, key: str, share: float) -> AuditDraw:
    """Draw membership with probability `share`; the rank is independent of the membership."""
    return AuditDraw(
        is_audit=uniform(seed=seed, purpose="audit", key=key) < share,
        probability=share,
        rank=uniform(seed=seed, purpose="rank", key=key),
    )
