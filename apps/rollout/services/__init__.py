"""Writes of the rollout floor: promote, override by two people, roll back, re-score."""

from apps.rollout.services.cold_start import starting_probes_ask
from apps.rollout.services.deploying import deployment_rollback, model_promote
from apps.rollout.services.overrides import override_confirm, override_refuse, override_request
from apps.rollout.services.rescoring import rescoring_arrivals, rescoring_run_execute, rescoring_runs_reap

__all__ = [
    "deployment_rollback",
    "model_promote",
    "override_confirm",
    "override_refuse",
    "override_request",
    "rescoring_arrivals",
    "rescoring_run_execute",
    "rescoring_runs_reap",
    "starting_probes_ask",
]
