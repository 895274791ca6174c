"""What the gate takes and gives: evidence, margins, verdicts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray


class Verdict(StrEnum):
    PASS = "pass"  # noqa: S105 - a verdict, no password
    FAIL = "fail"
    NOT_ENOUGH_EVIDENCE = "not_enough_evidence"
    DOES_NOT_APPLY = "does_not_apply"


@dataclass(frozen=True, slots=True)
class GateConfig:
    """The margins of the rules; shares in [0, 1]."""

    accuracy_margin: float = 0.005
    slice_margin: float = 0.02
    latency_ratio: float = 1.10
    min_slice_items: int = 30
    level: float = 0.95
    power: float = 0.8
    correction: Literal["fdr_bh", "holm"] = "fdr_bh"
    n_resamples: int = 2000


@dataclass(frozen=True, slots=True)
class GateEvidence:
    """What the gate looks at: both models on the same items of one test split.

    For a project's first model the "champion" is the baseline that always answers the majority class.
    """

    candidate_right: NDArray[np.bool_]  # (n_items,)
    champion_right: NDArray[np.bool_]  # (n_items,)
    candidate_ms: NDArray[np.float64] | None = None  # (n_timed,), timed in turns with the champion
    champion_ms: NDArray[np.float64] | None = None
    slices: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)  # name → mask, shape (n_items,)
    is_first_model: bool = False


@dataclass(frozen=True, slots=True)
class RuleResult:
    """One rule's verdict. `value`, `low`, `high` are what is held against `limit`: a difference or a ratio."""

    code: str
    name: str
    verdict: Verdict
    words: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    limit: float | None = None
    n: int = 0
    items_needed: int | None = None  # more items until it would decide; None: decided, or no number would do
    candidate: float | None = None
    champion: float | None = None
    slice: str | None = None
    only_candidate: int | None = None  # items that only the candidate has right
    only_champion: int | None = None


@dataclass(frozen=True, slots=True)
class GateResult:
    """Fail if a rule fails, else not enough evidence if a rule lacks it, else pass."""

    verdict: Verdict
    rules: tuple[RuleResult, ...]
    words: str
