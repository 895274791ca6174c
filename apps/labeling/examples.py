"""A valid answer to any config, made up: for trying a config out, and for tests that walk many of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from apps.labeling.algorithms.spans import Span
from apps.labeling.widgets import Context, Place, Region, Result
from apps.labeling.widgets.answers import owners_in, places_of
from apps.labeling.widgets.base import new_region
from apps.labeling.widgets.chat import given_messages, limit_of
from apps.labeling.widgets.datetime import DateTimeWidget, field_type, limits
from apps.labeling.widgets.panels import entries_of
from apps.labeling.widgets.ranker import columns_of
from apps.labeling.widgets.registry import control_of
from apps.labeling.widgets.spans_texts import texts_of
from apps.projects.labelling import Control, LabellingConfig, config_for, is_asked

# What a browser's field sends, by its type.
_MOMENT = {
    "datetime-local": "2024-02-29T13:45",
    "date": "2024-02-29",
    "month": "2024-02",
    "number": "2024",
    "time": "13:45",
}


def example_answer(config: LabellingConfig, data: Mapping[str, Any]) -> Result:
    """An answer to everything that is asked, once what is asked for by other answers is known."""
    config = config_for(config, data)
    result: Result = []
    for control in sorted(config.controls, key=lambda each: each.per_region):
        for place in list(places_of(control, result, Context(config, data, result))):
            if is_asked(config, control, result, owner=place.owner):
                result += _regions(config, control, place, data, result)
    return _still_asked(config, result)


def _still_asked(config: LabellingConfig, result: Result) -> Result:
    """Without answers that later ones have made void, and without those that hung on them."""
    owners = owners_in(config, result)
    kept = [each for each in result if _is_asked(config, each, result, owners)]
    return kept if len(kept) == len(result) else _still_asked(config, kept)


def _is_asked(config: LabellingConfig, region: Region, result: Result, owners: Mapping[Any, Region]) -> bool:
    control = control_of(config, region)
    owner = owners.get(region.get("id")) if control is not None and control.per_region else None
    return control is None or is_asked(config, control, result, owner=owner)


def _regions(
    config: LabellingConfig, control: Control, place: Place, data: Mapping[str, Any], result: Sequence[Region]
) -> Result:
    if control.kind == "relations":
        return _relation(control, result)
    if control.kind == "chat":
        return _messages(control, Context(config, data, result))
    value = _value(config, control, data)
    return [] if value is None else [new_region(control, value, place)]


def _value(config: LabellingConfig, control: Control, data: Mapping[str, Any]) -> dict[str, Any] | None:
    """The `value` of a region; None where the item leaves nothing to answer with."""
    match control.kind:
        case "categorical":
            return {"choices": [control.labels[0].value]} if control.labels else None
        case "multilabel":
            return {"choices": [label.value for label in control.labels[:2]]} if control.labels else None
        case "taxonomy":
            return _path(control)
        case "ordinal":
            return {"rating": int(control.attrs["maxRating"])}
        case "pairwise":
            return {"selected": "left"}
        case "number":
            return {"number": _number(control)}
        case "datetime":
            return {"datetime": _moment(control)}
        case "spans":
            return _span(config, control, data)
        case "ranking":
            return _ranking(config, control, data)
        case _:
            return {"text": ["Some words of my own."]}


def _path(control: Control) -> dict[str, Any] | None:
    path = next((list(label.path) for label in control.labels if label.is_leaf), None)
    return {"taxonomy" if control.tag == "Taxonomy" else "choices": [path]} if path else None


def _number(control: Control) -> Any:
    low, high = control.attrs.get("min", ""), control.attrs.get("max", "")
    return low if low != "" else high if high != "" else 1


def _moment(control: Control) -> str | None:
    """In the config's format; the first moment that it allows, or the last, where it names one."""
    low, high = limits(control)
    return DateTimeWidget().read(control, [low or high or _MOMENT[field_type(control)]])


def _span(config: LabellingConfig, control: Control, data: Mapping[str, Any]) -> dict[str, Any] | None:
    """The first label over the first few characters of the first text that has any."""
    for text in texts_of(config, control, data).values():
        end = len(text.text.split("\n")[0].rstrip()[:12]) if text.text else 0
        if end and control.labels:
            return {**text.value_of(Span(0, end)), control.type: [control.labels[0].value]}
    return None


def _ranking(config: LabellingConfig, control: Control, data: Mapping[str, Any]) -> dict[str, Any] | None:
    """Everything in the last column, in the order of the list."""
    entries = entries_of(Context(config, data).value_of(control.to_name[0])) or ()
    columns = [column.name for column in columns_of(control)]
    return {"ranker": {name: [entry.id for entry in entries] if name == columns[-1] else [] for name in columns}}


def _relation(control: Control, result: Sequence[Region]) -> Result:
    """From the first span to the last."""
    ids = [region["id"] for region in result if region["type"].endswith("labels")]
    if len(ids) < 2:
        return []
    link: Region = {"type": "relation", "from_id": ids[0], "to_id": ids[-1], "direction": "right"}
    return [{**link, "labels": [control.labels[0].value]} if control.labels else link]


def _messages(control: Control, context: Context) -> Result:
    """As many as the conversation lacks; one where it lacks none and has room."""
    given = len(given_messages(control, context))
    least, most = (limit_of(control, name, context) for name in ("minMessages", "maxMessages"))
    wanted = max(least - given, 1 if not most or given < most else 0)
    value = {"chatmessage": {"role": "user", "content": "And when will it be here?"}}
    return [{**new_region(control, value), "id": f"message-{number}"} for number in range(wanted)]
