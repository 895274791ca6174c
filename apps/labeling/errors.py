"""Why an answer is refused."""

from apps.core.errors import InvalidInput


class AnswerInvalid(InvalidInput):
    """An answer does not fit its labelling config. Names the control (empty: none is to blame) and the rule."""

    code = "answer_invalid"

    def __init__(self, message: str, *, control: str = "", rule: str) -> None:
        super().__init__(message, field=f"result.{control}" if control else "result")
        self.control = control
        self.rule = rule


class Unmappable(Exception):
    """An old answer cannot be read under the current schema; the manifest tells why. Never leaves this floor."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
