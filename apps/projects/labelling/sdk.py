"""The one place that touches label-studio-sdk: its opinion on a config, and its check of a result."""

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
    label_interface = interface(plain_xml)
    by_id = {region.get("id"): region for region in result if region.get("type") != "relation"}
    for region in result:
        if region.get("type") == "relation":
            ends = [by_id[end] for end in (region.get("from_id"), region.get("to_id")) if end in by_id]
            found = label_interface.validate_relation(region, ends, return_errors=True)  # type: ignore[no-untyped-call]
        else:
            found = label_interface.validate_region(region, return_errors=True)  # type: ignore[no-untyped-call]
        if found:
            return " ".join(str(found[0] if isinstance(found, list) else found).split())[:500]
    return ""
