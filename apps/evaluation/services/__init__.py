"""Writes of the evaluation floor: ask for a run, do it, end it."""

from apps.evaluation.services.execution import evaluation_run_execute
from apps.evaluation.services.runs import evaluation_run_cancel, evaluation_run_create, evaluation_runs_reap

__all__ = [
    "evaluation_run_cancel",
    "evaluation_run_create",
    "evaluation_run_execute",
    "evaluation_runs_reap",
]
