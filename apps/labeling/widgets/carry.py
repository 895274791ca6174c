"""What came with an answer stays with it when the answer is opened in its form and sent again."""

from collections.abc import Iterator, Mapping
from typing import Any

from apps.labeling.widgets.answers import Posted, Result, parse_draft, state_from_result
from apps.labeling.widgets.base import FIELD, Region
from apps.labeling.widgets.check import Checked, check_result
from apps.labeling.widgets.registry import control_of
from apps.projects.labelling import LabellingConfig, config_for


def parse_revision(
    config: LabellingConfig, post: Posted, *, before: Result, data: Mapping[str, Any] | None = None
) -> Checked:
    """A form as posted that was opened with an earlier answer in it, as a checked result.

    What was not touched stays as it was, with all that came with it and in its order: ids, scores, meta, fields that
    mean nothing here. Of what was changed, the value is new and the rest stays.

    Raises:
        AnswerInvalid: names control and rule.
    """
    result = carried(config, parse_draft(config, post, data=data), before=before, data=data)
    return check_result(config, result, data=data)


def carried(
    config: LabellingConfig, result: Result, *, before: Result, data: Mapping[str, Any] | None = None
) -> Result:
    """A parsed form joined with the answer that it was opened with."""
    config = config_for(config, data)
    left = {_name(config, each): each for each in result}
    places = {_place(config, each): _name(config, each) for each in result}
    kept: Result = []
    for old, shown in _pairs(config, before, data):
        new = left.pop(_name(config, shown) if shown else places.get(_place(config, old), ()), None)
        if new == shown:  # also where its form sends nothing, and nothing was sent
            kept.append(old)
        elif new is not None:
            kept.append(_changed(old, new))
    return kept + [each for each in result if _name(config, each) in left]


def _pairs(
    config: LabellingConfig, before: Result, data: Mapping[str, Any] | None
) -> Iterator[tuple[Region, Region | None]]:
    """Each region of the earlier answer, and what its untouched form would send; None where it would send nothing."""
    state = state_from_result(config, before, data=data)
    again = parse_draft(config, {FIELD + name: values for name, values in state.values.items()}, data=data)
    by_name = {_name(config, each): each for each in again}
    by_place = {_place(config, each): each for each in again}
    for old in before:
        yield old, by_name.get(_name(config, old)) or by_place.get(_place(config, old))


def _name(config: LabellingConfig, region: Region) -> tuple[Any, ...]:
    return (*_place(config, region), region.get("id"))


def _place(config: LabellingConfig, region: Region) -> tuple[Any, ...]:
    """What a region is about, apart from its id, which the form of a control about the whole item makes anew."""
    control = control_of(config, region)
    # One of several images; elsewhere it is a field without a meaning.
    index = region.get("item_index") if control is not None and control.per_item else None
    return (region.get("from_name"), region.get("from_id"), region.get("to_id"), index)


def _changed(old: Region, new: Region) -> Region:
    origin = {"origin": "prediction-changed"} if old.get("origin") == "prediction" else {}
    return {**old, **{key: value for key, value in new.items() if key != "id"}, **origin}
