"""Between forms, results in Label Studio's format, canonical values and words."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import QueryDict

from apps.labeling.widgets.base import FIELD, FormState
from apps.labeling.widgets.check import check_result
from apps.labeling.widgets.registry import widget_of
from apps.projects.labelling import Control, LabellingConfig, region_target

Result = list[dict[str, Any]]
Posted = QueryDict | Mapping[str, Sequence[str]]


def field_name(control: Control) -> str:
    """The name of a control's fields in a form."""
    return f"{FIELD}{control.name}"


def parse_answer(config: LabellingConfig, post: Posted) -> Result:
    """A form as posted, as a checked result.

    Raises:
        AnswerInvalid: names control and rule.
    """
    result = parse_draft(config, post)
    check_result(config, result)
    return result


def parse_draft(config: LabellingConfig, post: Posted) -> Result:
    """The same without the check: what is answered so far."""
    posted = _values(config, post)
    pairs = ((control, widget_of(control).parse(control, posted[control.name])) for control in config.controls)
    return [region(control, value) for control, value in pairs if value is not None]


def region(control: Control, value: Any) -> dict[str, Any]:
    """One region in Label Studio's format. Its id follows from the control, so that equal answers are equal."""
    return {
        "id": hashlib.sha256(control.name.encode()).hexdigest()[:10],
        "from_name": control.name,
        "to_name": region_target(control),
        "type": control.type,
        "value": {widget_of(control).value_field: value},
    }


def state_from_post(config: LabellingConfig, post: Posted, errors: Mapping[str, str] | None = None) -> FormState:
    """What was posted (or kept as a draft), to be shown again, with what is wrong by control name."""
    return FormState(values=_values(config, post), errors=errors or {})


def state_from_result(config: LabellingConfig, result: Result) -> FormState:
    """A stored answer, to be shown in its form again."""
    found = answers_of(config, result)
    values = {control.name: widget_of(control).show(control, value) for control, value in found}
    return FormState(values=values)


def answers_of(config: LabellingConfig, result: Result) -> list[tuple[Control, Any]]:
    """(control, value) of a checked result, in the config's order."""
    by_name = {each["from_name"]: each["value"] for each in result}
    return [
        (control, by_name[control.name][widget_of(control).value_field])
        for control in config.controls
        if control.name in by_name
    ]


def answer_label(config: LabellingConfig, result: Result) -> str | None:
    """The canonical value that consensus is sought on: that of the config's primary control.

    One label as it is; several as a sorted JSON list; a rating as its digits; "left" or "right". None where the
    config is free text only, or the primary control is optional and unanswered.
    """
    primary = config.primary
    if primary.kind == "text":
        return None
    value = {control.name: value for control, value in answers_of(config, result)}.get(primary.name)
    widget = widget_of(primary)
    return widget.empty_key(primary) if value is None else widget.value_key(primary, value)


def label_words(config: LabellingConfig, label: str) -> str:
    """A canonical value of the primary control, in words."""
    primary = config.primary
    if primary.kind == "multilabel":
        chosen = json.loads(label)
        return widget_of(primary).words(primary, chosen) if chosen else "none"
    return widget_of(primary).words(primary, [label] if primary.kind == "categorical" else label)


def answer_words(config: LabellingConfig, result: Result) -> str:
    """The whole answer as a person reads it, one part for each control."""
    return " · ".join(widget_of(control).words(control, value) for control, value in answers_of(config, result))


def _values(config: LabellingConfig, post: Posted) -> dict[str, tuple[str, ...]]:
    return {control.name: _posted(post, field_name(control)) for control in config.controls}


def _posted(post: Posted, name: str) -> tuple[str, ...]:
    values = post.getlist(name) if isinstance(post, QueryDict) else post.get(name, ())
    return tuple(value for value in values if value != "")
