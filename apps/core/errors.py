"""The root of all domain errors. Doors turn them into HTTP; nothing here knows of HTTP."""

from collections.abc import Sequence
from dataclasses import dataclass


class TouchstoneError(Exception):
    """A refusal with words for the person and, where one is to blame, the field.

    Args:
        message: what happened, what was kept, and what to do; a plain sentence.
        field: the input field at fault, dotted for nested ones; empty when none is.
    """

    code = "refused"

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class InvalidInput(TouchstoneError):
    """A value does not fit; doors answer 422."""

    code = "invalid"


class Conflict(TouchstoneError):
    """The state of things forbids it now; doors answer 409."""

    code = "conflict"


class NotAllowed(TouchstoneError):
    """The person lacks the right; doors answer 403."""

    code = "not_allowed"


@dataclass(frozen=True)
class FieldProblem:
    """What is wrong with one field of the input; `field` is dotted for nested ones."""

    field: str
    message: str


class InvalidFields(InvalidInput):
    """Several fields may be at fault; `problems` names each. The message and field are the first one's."""

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        super().__init__(problems[0].message, field=problems[0].field)
        self.problems = tuple(problems)
