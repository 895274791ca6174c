"""Which feedback may train, and why: a verdict for each signal with the rule that gave it.

The numbers are the defaults of the design; weights can be set for each project.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rapidfuzz.distance import Levenshtein

from apps.core.stored import stored

MIN_EDIT_DISTANCE = 10
MAX_AGE = timedelta(days=45)
CSAT_REJECTS_UP_TO = 2

CANDIDATE, NEGATIVE, PRIORITY, MONITORING, REFUSED = "candidate", "negative", "priority", "monitoring", "refused"

DEFAULT_WEIGHTS: dict[str, float] = {
    "explicit_correction": 0.90,
    "agent_escalation": 0.80,
    "csat": 0.70,
    "thumbs_down": 0.50,
    "session_abandon": 0.40,
    "follow_up_question": 0.30,
    "reformulation": 0.30,
    "copy": 0.0,
    "dwell": 0.0,
    "suggestion_accepted": 0.0,
    "suggestion_modified": 0.0,
    "suggestion_rejected": 0.0,
    "sensor": 0.0,
    "thumbs_up": 0.0,
}
KINDS = tuple(DEFAULT_WEIGHTS)
# Watched only, unless the project gives the kind a weight: then they raise the priority.
WATCHED = ("copy", "dwell", "suggestion_accepted", "suggestion_modified", "suggestion_rejected", "sensor")

RULE_ADVERSARIAL = stored("The user is on the list of adversarial users.")
RULE_DUPLICATE = stored("The same user sent the same feedback on this trace before.")
RULE_BREAKING = stored("Older than the last breaking product version.")
RULE_OLD = stored("Older than 45 days, and no product version is given.")
RULE_TYPO = stored("The correction is a typo's worth: an edit distance below 10.")
RULE_CORRECTION = stored("A correction with an edit distance of at least 10.")
RULE_ESCALATION = stored("The response is rejected; the human answer becomes the label.")
RULE_CSAT_LOW = stored("A rating of 1 or 2 rejects the response.")
RULE_CSAT_HIGH = stored("A rating above 2 is for dashboards.")
RULE_THUMBS_DOWN = stored("Rejects the response, together with another kind of signal.")
RULE_ABANDON = stored("A negative signal that never trains alone.")
RULE_CONFUSION = stored("Shows confusion, not quality: raises the priority only.")
RULE_WATCHED = stored("For dashboards only.")
RULE_WATCHED_WEIGHTED = stored("The project gives this kind a weight: raises the priority.")
RULE_THUMBS_UP = stored("Thumbs up never train: only the happy click.")


@dataclass(frozen=True)
class Version:
    """A release of the product."""

    name: str
    released_at: datetime
    is_breaking: bool


@dataclass(frozen=True)
class SignalFacts:
    """What the rules ask about a signal. `edit_distance` may be capped at `MIN_EDIT_DISTANCE`; 0 for other kinds."""

    kind: str
    occurred_at: datetime
    product_version: str = ""
    value: float | None = None
    edit_distance: int = 0
    is_adversarial: bool = False
    is_duplicate: bool = False


@dataclass(frozen=True)
class Judgement:
    """What becomes of a signal; `weight` in [0, 1]."""

    verdict: str
    rule: str
    weight: float


def weights_of(overrides: Mapping[str, float]) -> dict[str, float]:
    """The default weights with a project's own. Thumbs up stay at 0 whatever the project says."""
    known = {kind: min(max(float(weight), 0.0), 1.0) for kind, weight in overrides.items() if kind in DEFAULT_WEIGHTS}
    return DEFAULT_WEIGHTS | known | {"thumbs_up": 0.0}


def edit_distance_capped(response: str, correction: str) -> int:
    """Levenshtein distance, at most `MIN_EDIT_DISTANCE`: the cap keeps long texts linear."""
    return min(
        Levenshtein.distance(response, correction, score_cutoff=MIN_EDIT_DISTANCE - 1),
        MIN_EDIT_DISTANCE,
    )


def stale_rule(*, occurred_at: datetime, product_version: str, versions: Sequence[Version], now: datetime) -> str:
    """The rule by which feedback is too old to train on; empty when it is fresh.

    Feedback on a version released before the last breaking one is stale, and so is feedback without a known version
    from before that release. Without a known version, 45 days are the limit.
    """
    breaking = max((one.released_at for one in versions if one.is_breaking and one.released_at <= now), default=None)
    released_at = next((one.released_at for one in versions if one.name == product_version), None)
    if breaking is not None and (released_at or occurred_at) < breaking:
        return RULE_BREAKING
    return RULE_OLD if released_at is None and occurred_at < now - MAX_AGE else ""


def judge(facts: SignalFacts, *, weights: Mapping[str, float], versions: Sequence[Version], now: datetime) -> Judgement:
    """The verdict on a signal. Refusals come first, in the order adversarial, duplicate, typo, stale."""
    weight = weights[facts.kind]
    verdict, rule = _by_kind(facts, weight)
    if facts.is_adversarial:
        return Judgement(REFUSED, RULE_ADVERSARIAL, 0.0)
    if facts.is_duplicate:
        return Judgement(REFUSED, RULE_DUPLICATE, 0.0)
    if verdict in (CANDIDATE, NEGATIVE):
        stale = stale_rule(
            occurred_at=facts.occurred_at, product_version=facts.product_version, versions=versions, now=now
        )
        if stale:
            return Judgement(REFUSED, stale, 0.0)
    return Judgement(verdict, rule, 0.0 if verdict == REFUSED else weight)


_FIXED: dict[str, tuple[str, str]] = {
    "agent_escalation": (CANDIDATE, RULE_ESCALATION),
    "thumbs_down": (CANDIDATE, RULE_THUMBS_DOWN),
    "session_abandon": (NEGATIVE, RULE_ABANDON),
    "follow_up_question": (PRIORITY, RULE_CONFUSION),
    "reformulation": (PRIORITY, RULE_CONFUSION),
    "thumbs_up": (MONITORING, RULE_THUMBS_UP),
}


def _by_kind(facts: SignalFacts, weight: float) -> tuple[str, str]:
    if facts.kind == "explicit_correction":
        enough = facts.edit_distance >= MIN_EDIT_DISTANCE
        return (CANDIDATE, RULE_CORRECTION) if enough else (REFUSED, RULE_TYPO)
    if facts.kind == "csat":
        low = facts.value is not None and facts.value <= CSAT_REJECTS_UP_TO
        return (CANDIDATE, RULE_CSAT_LOW) if low else (MONITORING, RULE_CSAT_HIGH)
    if facts.kind in WATCHED:
        return (PRIORITY, RULE_WATCHED_WEIGHTED) if weight > 0 else (MONITORING, RULE_WATCHED)
    return _FIXED[facts.kind]
