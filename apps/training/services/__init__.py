"""Writes of training: runs, the registry, predictions of registered models."""

from apps.training.services.prediction import PredictionResult, model_predict, probe_ref
from apps.training.services.probing import StartingProbe, starting_probe_fit
from apps.training.services.registry import model_state_set, model_version_register
from apps.training.services.runs import (
    runs_reap,
    training_run_cancel,
    training_run_create,
    training_run_execute,
)

__all__ = [
    "PredictionResult",
    "StartingProbe",
    "model_predict",
    "model_state_set",
    "model_version_register",
    "probe_ref",
    "runs_reap",
    "starting_probe_fit",
    "training_run_cancel",
    "training_run_create",
    "training_run_execute",
]
