"""What training refuses or fails at, in words for the person."""

from apps.core.errors import Conflict, InvalidInput, TouchstoneError


class TrainingRefused(InvalidInput):
    """The run cannot be made as asked: names the field."""

    code = "training_refused"


class TrainerFailed(TouchstoneError):
    """The training process ended without results. `kind` is its own word for why."""

    code = "trainer_failed"

    def __init__(self, message: str, *, kind: str) -> None:
        super().__init__(message)
        self.kind = kind


class ModelDamaged(Conflict):
    """The files of a registered model are not those that were registered."""

    code = "model_damaged"
