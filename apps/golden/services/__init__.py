"""Writes of golden sets: making, gathering, freezing; and the check that what was frozen still stands."""

from apps.golden.services.freezing import golden_freeze
from apps.golden.services.sets import golden_gather, golden_member_drop, golden_set_create
from apps.golden.services.verification import Verification, golden_verify

__all__ = [
    "Verification",
    "golden_freeze",
    "golden_gather",
    "golden_member_drop",
    "golden_set_create",
    "golden_verify",
]
