"""Whether a result, in Label Studio's format, is an answer to a labelling config. Says the rule that it breaks."""

import math
from typing import Any

from apps.labeling.errors import AnswerInvalid
from apps.labeling.widgets.registry import widget_of
from apps.projects.labelling import Control, LabellingConfig, region_target
from apps.projects.labelling.sdk import sdk_accepts_result

_NEEDED = ("from_name", "to_name", "type", "value")
# What Label Studio's own exports carry besides; without a meaning here, kept as it is.
_ALLOWED = frozenset({*_NEEDED, "id", "origin", "score", "readonly", "hidden"})


def check_result(config: LabellingConfig, result: Any) -> None:
    """Refuse what is not a whole answer to the config.

    Our own rules come first, as they name what is wrong; label-studio-sdk has the last word, so that whatever is
    stored can be read by Label Studio.

    Raises:
        AnswerInvalid: names control and rule.
    """
    if not isinstance(result, list):
        raise AnswerInvalid("A result is a list of regions.", rule="type")
    if len(result) > len(config.controls):
        raise AnswerInvalid("The result has more regions than the config has controls.", rule="repeated_control")
    seen: set[str] = set()
    for region in result:
        control = _check_region(config, region)
        if control.name in seen:
            raise _refused(control, "repeated_control", f'"{control.name}" is answered twice.')
        seen.add(control.name)
    _check_whole(config, seen)
    if not sdk_accepts_result(config.plain, [_as_sdk(config, region) for region in result]):
        raise AnswerInvalid("Label Studio's own check refuses the result.", rule="label_studio")


def _check_region(config: LabellingConfig, region: Any) -> Control:
    if not isinstance(region, dict):
        raise AnswerInvalid("Each region of a result is an object.", rule="type")
    if missing := next((key for key in _NEEDED if key not in region), ""):
        raise AnswerInvalid(f'A region has no "{missing}".', rule="missing_field")
    if extra := next((key for key in region if key not in _ALLOWED), ""):
        raise AnswerInvalid(f'A region has the unknown field "{str(extra)[:80]}".', rule="unknown_field")
    name = region["from_name"]
    control = config.control(name) if isinstance(name, str) else None
    if control is None:
        raise AnswerInvalid(f'The config has no control named "{str(name)[:80]}".', rule="unknown_control")
    _check_frame(control, region)
    return control


def _check_frame(control: Control, region: dict[str, Any]) -> None:
    """What every region of the control has, around the value that its widget checks."""
    if region["to_name"] not in (region_target(control), *control.to_name):
        raise _refused(control, "wrong_target", f'"{control.name}" is not about "{str(region["to_name"])[:80]}".')
    if region["type"] != control.type:
        raise _refused(control, "wrong_type", f'"{control.name}" gives regions of type "{control.type}".')
    if not isinstance(region.get("id", ""), str) or len(region.get("id", "")) > 100:
        raise _refused(control, "type", "A region's id is a text of at most 100 characters.")
    if not _storable(region):
        raise _refused(control, "characters", f'"{control.name}" holds a character that cannot be stored.')
    widget, value = widget_of(control), region["value"]
    if not isinstance(value, dict) or set(value) != {widget.value_field}:
        raise _refused(control, "type", f'The value of "{control.name}" must hold "{widget.value_field}" only.')
    widget.check(control, value[widget.value_field])


def _check_whole(config: LabellingConfig, answered: set[str]) -> None:
    for control in config.controls:
        if control.required and control.name not in answered:
            message = str(control.attrs["requiredMessage"]) or f'"{control.name}" must be answered.'
            raise _refused(control, "required", message)
    if not answered:
        raise AnswerInvalid("Nothing is answered.", control=config.controls[0].name, rule="empty")


def _storable(value: Any) -> bool:
    """Whether Postgres keeps it: no NUL, no half of a surrogate pair, no infinity, not too deep."""
    stack = [(value, 0)]
    while stack:
        node, depth = stack.pop()
        if isinstance(node, str):
            if "\x00" in node or any("\ud800" <= char <= "\udfff" for char in node):
                return False
        elif isinstance(node, dict | list):
            if depth > 5:
                return False
            inside = [*node.keys(), *node.values()] if isinstance(node, dict) else node
            stack += [(child, depth + 1) for child in inside]
        elif isinstance(node, float) and not math.isfinite(node):
            return False
    return True


def _as_sdk(config: LabellingConfig, region: dict[str, Any]) -> dict[str, Any]:
    """The SDK looks `to_name` up among the objects, while Label Studio's Pairwise names itself there."""
    control = config.control(region["from_name"])
    return region if control is None else {**region, "to_name": control.to_name[0]}


def _refused(control: Control, rule: str, message: str) -> AnswerInvalid:
    return AnswerInvalid(message, control=control.name, rule=rule)
