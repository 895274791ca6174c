"""What can go wrong in a training process in a way that a person can act on."""


class TrainerError(Exception):
    """A failure with a stable `kind` for programs and a message for people."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
