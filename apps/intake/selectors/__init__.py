"""Reads of the intake floor."""

from apps.intake.selectors.lookups import (
    escalation_by_id,
    escalations_of,
    reason_by_code,
    signals_of,
    trace_by_client_id,
    traces_of,
    versions_of,
)
from apps.intake.selectors.overview import (
    DayCount,
    LoopWarning,
    SignalGroup,
    escalation_counts,
    loop_warnings,
    signal_groups,
    traces_by_day,
)
from apps.intake.selectors.training import training_triples

__all__ = [
    "DayCount",
    "LoopWarning",
    "SignalGroup",
    "escalation_by_id",
    "escalation_counts",
    "escalations_of",
    "loop_warnings",
    "reason_by_code",
    "signal_groups",
    "signals_of",
    "trace_by_client_id",
    "traces_by_day",
    "traces_of",
    "training_triples",
    "versions_of",
]
