"""Between forms, results in Label Studio's format, canonical values and words."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.http import QueryDict

from apps.labeling.widgets.base import FIELD, WHOLE, Context, FormState, Place, Region, field_key, new_region
from apps.labeling.widgets.check import Checked, check_result
from apps.labeling.widgets.registry import control_of, widget_of
from apps.projects.labelling import Control, Given, LabellingConfig, config_for, is_asked, resolve

Result = list[Region]
Posted = QueryDict | Mapping[str, Sequence[str]]


def field_name(control: Control, place: Place = WHOLE) -> str:
    """The name of a control's fields in a form."""
    return FIELD + field_key(control, place)


def parse_answer(config: LabellingConfig, post: Posted, *, data: Mapping[str, Any] | None = None) -> Checked:
    """A form as posted, as a checked result. `data`: what the item shows, for the rules that need it.

    Raises:
        AnswerInvalid: names control and rule.
    """
    return check_result(config, parse_draft(config, post, data=data), data=data)


def parse_draft(config: LabellingConfig, post: Posted, *, data: Mapping[str, Any] | None = None) -> Result:
    """The same without the check: what is answered so far. What is not asked is left out.

    Raises:
        AnswerInvalid: a field that only a broken page sends.
    """
    config = config_for(config, data)
    context = Context(config, data)
    result: Result = []
    # Those about regions come last, as they need the regions.
    for control in sorted(config.controls, key=lambda each: each.per_region):
        for place in list(places_of(control, result, context)):
            posted = _posted(post, field_name(control, place))
            result += widget_of(control).parse(control, posted, place, Context(config, data, result))
    return _asked(config, result)


def _asked(config: LabellingConfig, result: Result) -> Result:
    """Without what is not asked; again, as long as what goes takes with it what depends on it."""
    if not any(control.conditions for control in config.controls):
        return result
    owners = owners_in(config, result)
    given = Given(result)
    kept = [each for each in result if _stays(config, each, given, owners)]
    return result if len(kept) == len(result) else _asked(config, kept)


def _stays(config: LabellingConfig, region: Region, given: Given, owners: Mapping[Any, Region]) -> bool:
    control = control_of(config, region)
    if control is None or not control.conditions:
        return True
    return is_asked(config, control, given, owner=owners.get(region.get("id")) if control.per_region else None)


def places_of(control: Control, result: Sequence[Region], context: Context) -> Iterator[Place]:
    """Everything that a control is asked about: the whole item, each region of its objects, or each image."""
    if control.per_region:
        seen: set[Any] = set()
        for region in result:
            owner = control_of(context.config, region)
            if owner is None or not owner.owns_regions or region.get("to_name") not in control.to_name:
                continue
            if region.get("id") not in seen:
                seen.add(region.get("id"))
                yield Place(owner=region)
    elif control.per_item:
        images = context.value_of(control.to_name[0])
        for index in range(len(images) if isinstance(images, list) else 1):
            yield Place(item_index=index)
    else:
        yield WHOLE


def owners_in(config: LabellingConfig, result: Sequence[Region]) -> dict[Any, Region]:
    """The regions that are things of their own, by their id: what is asked about one shares it."""
    found: dict[Any, Region] = {}
    for each in result:
        control = control_of(config, each)
        if control is not None and control.owns_regions:
            found.setdefault(each.get("id"), each)
    return found


def with_ids(config: LabellingConfig, result: Any) -> Any:
    """A result as the editor reads it: an id is a text, and what others can be about has one, made up where it lacks.

    Predictions of people's own scripts number their regions, leave ids out or write null.
    """
    if not isinstance(result, list):
        return result
    return [_with_id(config, each, place) for place, each in enumerate(result)]


def _with_id(config: LabellingConfig, each: Any, place: int) -> Any:
    if not isinstance(each, dict):
        return each
    ids = {key: str(each[key]) for key in ("id", "from_id", "to_id") if _is_number(each.get(key))}
    each = {key: value for key, value in each.items() if key != "id" or value is not None} | ids
    control = control_of(config, each)
    owns = "id" not in each and control is not None and control.owns_regions
    return {**each, "id": f"region-{place}"} if owns else each


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def region(control: Control, value: Any) -> Region:
    """The region of a control that has one value for the whole item."""
    return new_region(control, {widget_of(control).value_field: value})  # type: ignore[attr-defined]


def state_from_post(config: LabellingConfig, post: Posted, errors: Mapping[str, str] | None = None) -> FormState:
    """What was posted (or kept as a draft), to be shown again, with what is wrong by control name."""
    names = [name for name in post if name.startswith(FIELD)]
    values = {name.removeprefix(FIELD): _posted(post, name) for name in names}
    return FormState(values={name: given for name, given in values.items() if given}, errors=errors or {})


def state_from_result(config: LabellingConfig, result: Result, *, data: Mapping[str, Any] | None = None) -> FormState:
    """A stored answer, to be shown in its form again."""
    config = config_for(config, data)
    values: dict[str, tuple[str, ...]] = {}
    for control, regions in answers_of(config, result):
        for place, held in by_place(config, control, regions, result):
            values[field_key(control, place)] = widget_of(control).show(control, held)
    return FormState(values=values)


def by_place(
    config: LabellingConfig, control: Control, regions: Sequence[Region], result: Sequence[Region]
) -> list[tuple[Place, list[Region]]]:
    """The regions of one control, grouped by what they are about."""
    groups: dict[str, tuple[Place, list[Region]]] = {}
    owners = owners_in(config, result) if control.per_region else {}
    for each in regions:
        index = each.get("item_index") if control.per_item else None
        place = Place(owner=owners.get(each.get("id")), item_index=index)
        groups.setdefault(place.key, (place, []))[1].append(each)
    return list(groups.values())


def answers_of(config: LabellingConfig, result: Sequence[Region]) -> list[tuple[Control, list[Region]]]:
    """(control, its regions) of a result, in the config's order; only controls that are answered."""
    found: dict[str, list[Region]] = {}
    for each in result:
        control = control_of(config, each)
        if control is not None:
            found.setdefault(control.name, []).append(each)
    order = {control.name: index for index, control in enumerate(config.controls)}
    # A copy out of a Repeater that is not written out has no place of its own: those come last, in the answer's order.
    names = sorted(found, key=lambda name: order.get(name, len(order)))
    return [(control, found[name]) for name in names if (control := config.control(name))]


def answer_label(config: LabellingConfig, result: Result) -> str | None:
    """The canonical value that consensus is sought on: that of the config's primary control.

    One label as it is; several as a sorted JSON list; a rating as its digits; "left" or "right". None where answers are
    not compared (free text), or the primary control is optional and unanswered.
    """
    primary = config.primary
    if not primary.is_compared:
        return None
    widget = widget_of(primary)
    regions = next((held for control, held in answers_of(config, result) if control.name == primary.name), [])
    return widget.value_key(primary, regions) if regions else widget.empty_key(primary)


def label_words(config: LabellingConfig, label: str) -> str:
    """A canonical value of the primary control, in words."""
    primary = config.primary
    return widget_of(primary).key_words(primary, label) if primary.is_compared else label


def answer_words(config: LabellingConfig, result: Result) -> str:
    """The whole answer as a person reads it, one part for each control."""
    parts = (widget_of(control).words(control, regions) for control, regions in answers_of(config, result))
    return " · ".join(part for part in parts if part)


def start_text(control: Control, data: Mapping[str, Any]) -> Any:
    """What a text begins with; None where it begins empty."""
    return resolve(control.start, data) if control.start else None


def _posted(post: Posted, name: str) -> tuple[str, ...]:
    values = post.getlist(name) if isinstance(post, QueryDict) else post.get(name, ())
    return tuple(value for value in values if value != "")
