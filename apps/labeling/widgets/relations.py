"""Relations: links between two regions, with a direction and, where the config has them, labels."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.core import figures
from apps.labeling.widgets.base import Context, Place, Region, Widget, json_field, refuse
from apps.projects.labelling import Control

MAX_LINKS = 5_000
ARROWS = {"right": "→", "left": "←", "bi": "↔"}


class RelationsWidget(Widget):
    """`{"type": "relation", "from_id": …, "to_id": …, "direction": "right", "labels": […]}`, as one field of JSON."""

    template = "widgets/relations.html"
    allows_empty = True

    def parse(self, control: Control, posted: Sequence[str], place: Place, context: Context) -> list[Region]:
        rows = json_field(control, posted)
        if not all(isinstance(row, dict) for row in rows):
            raise refuse(control, "type", _("A link must be an object."))
        return [{**row, "type": "relation"} for row in rows]

    def check(self, control: Control, regions: Sequence[Region], context: Context) -> None:
        if len(regions) > MAX_LINKS:
            raise refuse(
                control,
                "too_many",
                _("There are %(n)s links; at most %(max_links)s are kept.")
                % {"n": figures.number(len(regions), 0), "max_links": figures.number(MAX_LINKS, 0)},
            )
        known = {region.get("id") for region in context.result if region.get("type") != "relation"}
        for number, region in enumerate(regions, 1):
            _check_ends(control, region, number, known)
            _check_labels(control, region, number)

    def show(self, control: Control, regions: Sequence[Region]) -> tuple[str, ...]:
        return (json.dumps(list(regions), ensure_ascii=False),)

    def value_key(self, control: Control, regions: Sequence[Region]) -> str | None:
        return None

    def words(self, control: Control, regions: Sequence[Region]) -> str:
        parts = (
            f"{ARROWS.get(str(each.get('direction')), '→')} {', '.join(_labels(each))}".strip() for each in regions
        )
        return ", ".join(parts)

    def extras(self, control: Control, posted: tuple[str, ...], context: Context) -> Mapping[str, Any]:
        """Labels are pressed in the list of links, so they have no keys and are no options of the form."""
        return {"labels": control.labels}


def _labels(region: Region) -> list[str]:
    held: Any = region.get("labels")
    return [str(label) for label in held] if isinstance(held, list) else []


def _check_ends(control: Control, region: Region, number: int, known: set[Any]) -> None:
    for end in ("from_id", "to_id"):
        given = region.get(end)
        if not isinstance(given, str) or given not in known:
            raise refuse(
                control,
                "unknown_region",
                _('Link %(number)s: its %(end)s "%(given)s" is no region.')
                % {"number": number, "end": end, "given": str(given)[:80]},
            )
    if region["from_id"] == region["to_id"]:
        raise refuse(control, "link_to_itself", _("Link %(number)s joins a region with itself.") % {"number": number})
    if region.get("direction") not in list(ARROWS):
        raise refuse(
            control,
            "direction",
            _('Link %(number)s: its direction must be "right", "left" or "bi".') % {"number": number},
        )


def _check_labels(control: Control, region: Region, number: int) -> None:
    given = region.get("labels")
    if given is None:
        return
    if not isinstance(given, list) or not all(isinstance(label, str) for label in given):
        raise refuse(control, "type", _("Link %(number)s: its labels must be a list of texts.") % {"number": number})
    known = {label.value for label in control.labels}
    unknown = next((label for label in given if label not in known), None)
    if unknown is not None:
        raise refuse(
            control,
            "unknown_label",
            _('Link %(number)s: "%(unknown)s" is no relation of this config.')
            % {"number": number, "unknown": unknown[:80]},
        )
    if len(given) > 1 and control.attrs.get("choice") != "multiple":
        raise refuse(
            control,
            "one_choice",
            _("Link %(number)s takes one label, not %(n)s.") % {"number": number, "n": len(given)},
        )
