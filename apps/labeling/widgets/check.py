"""Whether a result, in Label Studio's format, is an answer to a labelling config. Says the rule that it breaks."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NewType

from django.utils.translation import gettext as _

from apps.core import figures
from apps.core.strict_json import json_problems
from apps.labeling.errors import AnswerInvalid
from apps.labeling.widgets.base import Context, Region, refuse
from apps.labeling.widgets.registry import control_of, widget_of
from apps.projects.labelling import Control, Given, LabellingConfig, config_for, is_asked, region_target
from apps.projects.labelling.sdk import sdk_result_findings

MAX_REGIONS = 20_000
MAX_ID = 200
# A result that `check_result` has found to be an answer to its config; nothing else makes one.
Checked = NewType("Checked", list[Region])
_NEEDED = ("from_name", "to_name", "type", "value")


def check_result(
    config: LabellingConfig, result: Any, *, data: Mapping[str, Any] | None = None, is_whole: bool = True
) -> Checked:
    """The result itself; refuses what is not an answer to the config. Fields without a meaning here are kept.

    Our own rules come first, as they name what is wrong; label-studio-sdk has the last word, so that whatever is
    stored can be read by Label Studio.

    Args:
        data: what the item shows; without it the rules that need it are left out.
        is_whole: whether required controls must be answered; a prediction or a draft need not be whole.
    Raises:
        AnswerInvalid: names control and rule.
    """
    config = config_for(config, data)
    _check_shape(config, result)
    context = Context(config, data, result)
    answered = _by_control(config, result)
    _check_ids(config, result)
    for name, regions in answered.items():
        if control := config.control(name):
            widget_of(control).check(control, regions, context)
    _check_conditions(config, result)
    if is_whole:
        _check_whole(config, result, answered)
        for control in config.controls:
            if control.name not in answered:
                widget_of(control).check_missing(control, context)
    if finding := sdk_result_findings(config.plain, [_as_sdk(config, region) for region in result]):
        raise AnswerInvalid(
            _("Label Studio's own check refuses the result: %(finding)s") % {"finding": finding}, rule="label_studio"
        )
    return Checked(result)


def _check_shape(config: LabellingConfig, result: Any) -> None:
    if not isinstance(result, list) or not all(isinstance(region, dict) for region in result):
        raise AnswerInvalid(_("A result is a list of regions, each an object."), rule="type")
    if len(result) > MAX_REGIONS:
        raise AnswerInvalid(
            _("The result has %(n)s regions; at most %(max_regions)s are kept.")
            % {"n": figures.number(len(result), 0), "max_regions": figures.number(MAX_REGIONS, 0)},
            rule="too_many",
        )
    for index, region in enumerate(result):
        if problems := json_problems(region, field=f"result[{index}]", limit=1):
            control = control_of(config, region)
            message = f"{problems[0].field}: {problems[0].message}"
            raise AnswerInvalid(message, control=control.name if control else "", rule="characters")


def _by_control(config: LabellingConfig, result: list[Region]) -> dict[str, list[Region]]:
    found: dict[str, list[Region]] = {}
    for region in result:
        control = _control(config, region)
        if control.kind != "relations":
            _check_frame(control, region)
        found.setdefault(control.name, []).append(region)
    return found


def _control(config: LabellingConfig, region: Region) -> Control:
    if control := control_of(config, region):
        return control
    if region.get("type") == "relation":
        raise AnswerInvalid(_("The config has nothing that could be related."), rule="unknown_control")
    if missing := next((key for key in _NEEDED if key not in region), ""):
        raise AnswerInvalid(_('A region has no "%(missing)s".') % {"missing": missing}, rule="missing_field")
    name = str(region["from_name"])[:80]
    raise AnswerInvalid(_('The config has no control named "%(name)s".') % {"name": name}, rule="unknown_control")


def _check_frame(control: Control, region: Region) -> None:
    """What every region of the control has, around the value that its widget checks."""
    if missing := next((key for key in _NEEDED if key not in region), ""):
        raise AnswerInvalid(_('A region has no "%(missing)s".') % {"missing": missing}, rule="missing_field")
    # Label Studio's Pairwise names itself; several objects may stand there as the config writes them.
    targets = (*control.to_name, region_target(control), control.name, ",".join(control.to_name))
    if region["to_name"] not in targets:
        raise refuse(
            control,
            "wrong_target",
            _('"%(control)s" is not about "%(region)s".')
            % {"control": control.name, "region": str(region["to_name"])[:80]},
        )
    if region["type"] != control.type:
        raise refuse(
            control,
            "wrong_type",
            _('"%(control)s" gives regions of type "%(type)s".') % {"control": control.name, "type": control.type},
        )
    if not isinstance(region["value"], dict):
        raise refuse(control, "type", _('The value of "%(control)s" must be an object.') % {"control": control.name})
    index = region.get("item_index")
    if index is not None and (isinstance(index, bool) or not isinstance(index, int) or index < 0):
        raise refuse(
            control,
            "type",
            _('The item_index of "%(control)s" must be a whole number from 0.') % {"control": control.name},
        )


def _check_ids(config: LabellingConfig, result: list[Region]) -> None:
    """An id stands once for each control: a span and what is said about it share theirs."""
    seen: set[tuple[str, str]] = set()
    owners = {region.get("id") for region in result if _owns(config, region) and isinstance(region.get("id"), str)}
    for region in result:
        control = control_of(config, region)
        if control is None or control.kind == "relations":
            continue
        given = region.get("id", "")
        if not isinstance(given, str) or len(given) > MAX_ID:
            raise refuse(
                control, "type", _("A region's id is a text of at most %(max_id)s characters.") % {"max_id": MAX_ID}
            )
        if control.per_region and given not in owners:
            raise refuse(
                control,
                "unknown_region",
                _('"%(control)s" is about the region "%(given)s", which is not there.')
                % {"control": control.name, "given": given},
            )
        if control.owns_regions and not given:
            raise refuse(
                control, "missing_field", _('A region of "%(control)s" has no id.') % {"control": control.name}
            )
        if given and (given, control.name) in seen and control.owns_regions:
            raise refuse(
                control,
                "repeated_id",
                _('Two regions of "%(control)s" have the id "%(given)s".') % {"control": control.name, "given": given},
            )
        seen.add((given, control.name))


def _check_conditions(config: LabellingConfig, result: list[Region]) -> None:
    """What is not asked must not be answered."""
    if not any(control.conditions for control in config.controls):
        return
    given = Given(result)
    by_id = {region.get("id"): region for region in result if _owns(config, region)}
    for region in result:
        control = control_of(config, region)
        if control is None or not control.conditions:
            continue
        owner = by_id.get(region.get("id")) if control.per_region else None
        if not is_asked(config, control, given, owner=owner):
            message = _('"%(control)s" is answered but not asked: what it depends on is answered otherwise.') % {
                "control": control.name
            }
            raise refuse(control, "not_asked", message)


def _owns(config: LabellingConfig, region: Region) -> bool:
    control = control_of(config, region)
    return control is not None and control.owns_regions


def _check_whole(config: LabellingConfig, result: list[Region], answered: Mapping[str, Sequence[Region]]) -> None:
    for control in config.controls:
        if (
            control.required
            and not control.repeated
            and any(_missing(config, control, result, answered.get(control.name, ())))
        ):
            raise refuse(control, "required", str(control.attrs["requiredMessage"]) or _must(control))
    asked = [control for control in config.controls if control.kind != "relations"]
    if not result and asked and not any(widget_of(control).allows_empty for control in asked):
        raise AnswerInvalid(_("Nothing is answered."), control=asked[0].name, rule="empty")


def _missing(
    config: LabellingConfig, control: Control, result: list[Region], given: Sequence[Region]
) -> Iterator[bool]:
    """For each place where the control is asked, whether it is unanswered there."""
    if not control.per_region:
        yield not given and is_asked(config, control, result)
        return
    answered = {region.get("id") for region in given}
    choices = Given(result)
    for owner in result:
        if _owns(config, owner) and owner.get("to_name") in control.to_name:
            yield owner.get("id") not in answered and is_asked(config, control, choices, owner=owner)


def _must(control: Control) -> str:
    if control.per_region:
        return _('"%(control)s" must be answered for each region.') % {"control": control.name}
    return _('"%(control)s" must be answered.') % {"control": control.name}


def _as_sdk(config: LabellingConfig, region: Region) -> Region:
    """The SDK looks `to_name` up among the objects, and knows only one at a time."""
    control = control_of(config, region)
    if control is None or control.kind == "relations":
        return region
    target = region["to_name"] if region["to_name"] in control.to_name else region_target(control)
    return widget_of(control).as_sdk(control, {**region, "to_name": target})
