"""Conditions as the page's script reads them (static/js/widget-when.js)."""

import json
from collections.abc import Sequence
from typing import Any

from apps.labeling.widgets.answers import field_name
from apps.labeling.widgets.base import WHOLE, Place
from apps.projects.labelling import LabellingConfig
from apps.projects.labelling.conditions import wanted_values
from apps.projects.labelling.model import Condition


def conditions_json(
    config: LabellingConfig, conditions: Sequence[Condition], *, name: str = "", place: Place = WHOLE
) -> str:
    """Each condition with the fields that it looks at, and its values as those send them; empty where there is none.

    Args:
        name: the control that they belong to, which never looks at itself; empty for something to look at.
        place: what its question is about.
    """
    rows = [_row(config, each, name, place) for each in conditions]
    return json.dumps(rows) if rows else ""


def _row(config: LabellingConfig, condition: Condition, name: str, place: Place) -> dict[str, Any]:
    row: dict[str, Any] = {"when": condition.when, "tag": condition.tag, "role": condition.role}
    if not condition.when.startswith("choice"):
        return {**row, "values": condition.values}
    asked = [each for each in config.controls if each.name != name and condition.tag in ("", each.name)]
    fields = [field_name(each, place if each.per_region else WHOLE) for each in asked]
    return {**row, "fields": fields, "values": sorted(set().union(*(wanted_values(each, condition) for each in asked)))}
