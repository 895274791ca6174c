"""What golden sets refuse."""

from apps.core.errors import Conflict, InvalidInput


class SetInvalid(InvalidInput):
    """A golden set cannot be made like this; names the field."""

    code = "golden_set_invalid"


class NothingToFreeze(Conflict):
    """A version without items would say nothing."""

    code = "nothing_to_freeze"


class NothingChanged(Conflict):
    """The next version would be the last one again."""

    code = "nothing_changed"
