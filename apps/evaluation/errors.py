"""What evaluation refuses."""

from apps.core.errors import Conflict, InvalidInput


class SetUnusable(InvalidInput):
    """The set has no items to evaluate on, or its file is not the one that was named."""

    code = "evaluation_set_unusable"


class AlreadyChampion(Conflict):
    """A model is not held against itself."""

    code = "already_champion"


class RunOver(Conflict):
    """The run has ended; there is nothing to cancel."""

    code = "run_over"
