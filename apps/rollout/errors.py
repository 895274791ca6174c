"""What a rollout refuses."""

from apps.core.errors import Conflict, InvalidInput, NotAllowed


class GateNotPassed(Conflict):
    """Promotion needs a passed gate, or an override by two people."""

    code = "gate_not_passed"


class GateStale(Conflict):
    """The champion is another one since the evaluation, so the comparison says nothing about today."""

    code = "gate_stale"


class OverrideNotNeeded(Conflict):
    """The gate passed; the model can simply be promoted."""

    code = "override_not_needed"


class OverrideWaiting(Conflict):
    """Somebody has asked already."""

    code = "override_waiting"


class OverrideDecided(Conflict):
    """The override was confirmed or refused before."""

    code = "override_decided"


class ReasonTooShort(InvalidInput):
    """Those who read the reason later must be able to understand it."""

    code = "reason_too_short"


class SecondPersonNeeded(NotAllowed):
    """Nobody confirms what he asked for himself."""

    code = "second_person_needed"


class NothingBefore(Conflict):
    """There is no earlier champion to go back to."""

    code = "nothing_before"
