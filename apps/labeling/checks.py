"""The check of an answer, as services and doors call it. Its rules stand beside the widgets that they ask."""

from apps.labeling.errors import AnswerInvalid
from apps.labeling.widgets.check import check_result

__all__ = ["AnswerInvalid", "check_result"]
