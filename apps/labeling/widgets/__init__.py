"""What a labelling config means on screen and in answers: one widget for each control tag."""

from apps.labeling.errors import AnswerInvalid
from apps.labeling.widgets.answers import (
    Result,
    answer_label,
    answer_words,
    answers_of,
    field_name,
    label_words,
    parse_answer,
    parse_draft,
    region,
    state_from_post,
    state_from_result,
    with_ids,
)
from apps.labeling.widgets.base import Context, FormState, Place, Region, ValueWidget, Widget
from apps.labeling.widgets.check import Checked, check_result
from apps.labeling.widgets.question import Group, Option, Question
from apps.labeling.widgets.registry import WIDGETS, widget_of
from apps.labeling.widgets.render import (
    RenderedReview,
    initial_state,
    layout_of,
    one_press,
    render_diff,
    render_form,
    render_item,
    render_review,
)

__all__ = [
    "WIDGETS",
    "AnswerInvalid",
    "Checked",
    "Context",
    "FormState",
    "Group",
    "Option",
    "Place",
    "Question",
    "Region",
    "RenderedReview",
    "Result",
    "ValueWidget",
    "Widget",
    "answer_label",
    "answer_words",
    "answers_of",
    "check_result",
    "field_name",
    "initial_state",
    "label_words",
    "layout_of",
    "one_press",
    "parse_answer",
    "parse_draft",
    "region",
    "render_diff",
    "render_form",
    "render_item",
    "render_review",
    "state_from_post",
    "state_from_result",
    "widget_of",
    "with_ids",
]
