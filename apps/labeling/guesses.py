"""A model's guess as a Label Studio result: what of it answers the config, and what would answer it wrongly."""

import json
from collections.abc import Mapping
from typing import Any

from apps.labeling.errors import AnswerInvalid
from apps.labeling.widgets import Context, Result, check_result, widget_of, with_ids
from apps.labeling.widgets.base import WHOLE
from apps.labeling.widgets.trees import path_of, path_value
from apps.projects.labelling import Control, Label, LabellingConfig, config_for


def guess_result(config: LabellingConfig, guess: Any, *, data: Mapping[str, Any]) -> Result | None:
    """The guess as an answer to the config, not necessarily a whole one; None where it is none.

    Args:
        guess: a canonical value of the primary control (see `answer_label`), one of its labels as it is read, words
            for a text, or a whole result in Label Studio's format.
    """
    if isinstance(guess, list) and guess and all(isinstance(each, dict) for each in guess):
        return _checked(config, with_ids(config, guess), data)
    control = config_for(config, data).primary
    if control.start or isinstance(guess, bool) or not isinstance(guess, str | int | float):
        return None  # a correction starts from its own text
    try:
        context = Context(config_for(config, data), data)
        regions = widget_of(control).parse(control, _fields(control, str(guess)), WHOLE, context)
    except (AnswerInvalid, KeyError):
        return None
    return _checked(config, regions, data) if regions else None


def wrong_result(config: LabellingConfig, right: Result, *, data: Mapping[str, Any], draw: float) -> Result | None:
    """Another answer in the place of a guess, chosen by `draw` in [0, 1); None where the labels cannot be told."""
    control = config_for(config, data).primary
    if len(right) != 1 or right[0].get("from_name") != control.name:
        return None
    shown = set(widget_of(control).show(control, right))
    others = [value for value in _values(control) if value not in shown]
    if not others:
        return None
    context = Context(config_for(config, data), data)
    regions = widget_of(control).parse(control, [others[int(draw * len(others))]], WHOLE, context)
    return _checked(config, regions, data)


def holds(result: Result, guess: Result) -> bool:
    """Whether the answer says all that the guess said, and nothing else for the same controls. Ids do not matter."""
    names = {each.get("from_name") for each in guess}
    return _said(each for each in result if each.get("from_name") in names) == _said(guess)


def _said(regions: Any) -> list[str]:
    told = ({key: each.get(key) for key in ("from_name", "to_name", "type", "value")} for each in regions)
    return sorted(json.dumps(each, sort_keys=True) for each in told)


def _checked(config: LabellingConfig, result: Result, data: Mapping[str, Any]) -> Result | None:
    try:
        check_result(config, result, data=data, is_whole=False)
    except AnswerInvalid:
        return None
    return result


def _fields(control: Control, guess: str) -> list[str]:
    """The guess as the control's form would post it."""
    if control.kind == "taxonomy" or control.attrs.get("allowNested"):
        return [_path(control, step) for step in _listed(guess)]
    if control.kind == "multilabel":
        return [_label(control, str(step)) for step in _listed(guess)]
    return [_label(control, guess)] if control.kind == "categorical" else [guess]


def _listed(guess: str) -> list[Any]:
    """The elements of a sorted JSON list, as several labels are written; a plain label is a list of one."""
    try:
        found = json.loads(guess) if guess.startswith("[") else None
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, list) else [guess]


def _label(control: Control, guess: str) -> str:
    """The label that stands in a result, also where the guess names it as people read it."""
    if any(label.value == guess for label in control.labels):
        return guess
    return next((label.value for label in control.labels if label.text == guess), guess)


def _path(control: Control, guess: Any) -> str:
    if isinstance(guess, list):
        return path_value([str(step) for step in guess])
    named: list[Label] = [label for label in control.labels if guess in (label.value, label.text, label.path[-1])]
    leaves = [label for label in named if label.is_leaf] or named
    return path_value(leaves[0].path) if leaves else path_value(path_of(str(guess)))


def _values(control: Control) -> list[str]:
    """What a form can post for the control, where that is a closed set."""
    if control.kind == "taxonomy" or control.attrs.get("allowNested"):
        return [path_value(label.path) for label in control.labels if label.is_leaf]
    if control.kind in ("categorical", "multilabel"):
        return [label.value for label in control.labels]
    return list(control.classes) if control.kind in ("ordinal", "pairwise") else []
