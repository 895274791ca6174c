"""The one place that touches label-studio-sdk: its opinion on a config, and its check of a result."""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from label_studio_sdk.label_interface.interface import LabelInterface


@lru_cache(maxsize=256)
def interface(plain_xml: str) -> LabelInterface:
    """Parsed once per config: parsing takes 0.4 ms, a check 0.02 ms.

    It would refuse labels that an item brings beside those of the config, and what people may add to a taxonomy, both
    of which the editor stores. With no list of labels it takes any; our own checks know which there are.
    """
    found = LabelInterface(plain_xml)
    for control in found.controls:
        if _is_open(control.attr, control.labels or ()):
            control.labels = []
    return found


def _is_open(attrs: Mapping[str, str], labels: Iterable[str]) -> bool:
    given = {name.lower(): value for name, value in attrs.items()}
    may_add = any(given.get(name, "").lower() == "true" for name in ("allowaddlabels", "legacy"))
    return may_add or given.get("value", "").startswith("$") or any("$" in label for label in labels)


def sdk_findings(plain_xml: str) -> str:
    """What Label Studio's own validation says against a config, in its words; empty when nothing.

    It accepts unknown tags, and reads names with regular expressions, so the config is given to it written plainly.
    """
    try:
        interface(plain_xml).validate()  # type: ignore[no-untyped-call]
    except Exception as exc:  # The SDK raises whatever its parts raise; each means that it cannot use the config.
        return " ".join(str(exc).split())[:500] or type(exc).__name__
    return ""


def sdk_result_findings(plain_xml: str, result: list[dict[str, Any]]) -> str:
    """What the SDK says against a result, in its words. It misses much; our own checks come first.

    Region by region: given the whole, the SDK looks at each pair, which takes seconds for 2,000 spans.
    """
    by_id = {region.get("id"): region for region in result if region.get("type") != "relation"}
    for region in result:
        if region.get("type") == "relation":
            ends = [by_id[end] for end in (region.get("from_id"), region.get("to_id")) if end in by_id]
            found = _first(interface(plain_xml).validate_relation(region, ends, return_errors=True))  # type: ignore[no-untyped-call]
        else:
            found = _region_finding(plain_xml, region)
        if found:
            return found
    return ""


def _region_finding(plain_xml: str, region: dict[str, Any]) -> str:
    # The SDK looks at these parts of a region alone.
    told = json.dumps({part: region[part] for part in ("from_name", "to_name", "type", "value") if part in region})
    return _finding(plain_xml, told) if len(told) <= _SHARED else _asked(plain_xml, region)


# A choice or a rating is given again and again; a long text is nobody else's.
_SHARED = 300  # characters


@lru_cache(maxsize=4096)
def _finding(plain_xml: str, told: str) -> str:
    return _asked(plain_xml, json.loads(told))


def _asked(plain_xml: str, region: dict[str, Any]) -> str:
    return _first(interface(plain_xml).validate_region(region, return_errors=True))  # type: ignore[no-untyped-call]


def _first(found: list[str] | str) -> str:
    return " ".join(str(found[0] if isinstance(found, list) else found).split())[:500] if found else ""
