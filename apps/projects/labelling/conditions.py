"""When a part of a config is shown: `visibleWhen` and what narrows it, and whether it holds for an answer."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from django.utils.translation import gettext as _

from apps.projects.labelling.attrs import fail
from apps.projects.labelling.model import Condition, Control, LabellingConfig, Node, When

_WHEN = ("region-selected", "no-region-selected", "choice-selected", "choice-unselected")
Region = Mapping[str, Any]


def read_condition(node: Node) -> Condition | None:
    """The condition of one tag; None where it has none. A comma divides several labels, choices or places."""
    when, tag = node.get("visibleWhen"), node.get("whenTagName")
    labels, choices, places = (node.get(attr) for attr in ("whenLabelValue", "whenChoiceValue", "whenChoiceIndex"))
    if not any((when, tag, labels, choices, places, node.get("whenRole"))):
        return None
    if when and when not in _WHEN:
        raise fail(
            node,
            _('visibleWhen="%(when)s" is not known; use %(known)s.') % {"when": when, "known": _(" or ").join(_WHEN)},
        )
    # Without visibleWhen, a question about regions is narrowed to regions of that label or control.
    found = when or ("choice-selected" if choices or places else "region-selected")
    values = choices if found.startswith("choice") else labels
    return Condition(
        when=cast(When, found),
        tag=tag,
        values=tuple(word.strip() for word in values.split(",") if word.strip()),
        indexes=_places(node, places),
        role=node.get("whenRole"),
    )


def _places(node: Node, text: str) -> tuple[int, ...]:
    words = [word.strip() for word in text.split(",") if word.strip()]
    if any(not word.isdecimal() or len(word) > 5 for word in words):
        raise fail(node, _('whenChoiceIndex="%(text)s" must hold whole numbers from 0.') % {"text": text})
    return tuple(int(word) for word in words)


class Given:
    """The choices in an answer, to be found by control and region: made once where many controls are asked about."""

    def __init__(self, result: Iterable[Region]) -> None:
        self._chosen: dict[str, dict[Any, set[str]]] = {}
        for region in result:
            if words := _chosen(region):
                held = self._chosen.setdefault(str(region.get("from_name")), {})
                held.setdefault(region.get("id"), set()).update(words)

    @property
    def names(self) -> Iterable[str]:
        return self._chosen.keys()

    def of(self, name: str, owner: Region | None = None) -> set[str]:
        """What is chosen in one control: about one region, or anywhere."""
        held = self._chosen.get(name, {})
        return set().union(*held.values()) if owner is None else held.get(owner.get("id"), set())


def is_asked(
    config: LabellingConfig, control: Control, result: Sequence[Region] | Given, *, owner: Region | None = None
) -> bool:
    """Whether a control is shown beside the rest of an answer.

    Args:
        result: the whole answer.
        owner: the region that it would be about, of a control that asks about regions; it decides `region-selected`.
    """
    if not control.conditions:
        return True
    given = result if isinstance(result, Given) else Given(result)
    return all(_holds(config, condition, control, given, owner) for condition in control.conditions)


def _holds(config: LabellingConfig, condition: Condition, control: Control, given: Given, owner: Region | None) -> bool:
    if condition.when.startswith("choice"):
        return _is_chosen(config, condition, control, given, owner) == (condition.when == "choice-selected")
    if not control.per_region:
        # A question about the whole item does not come and go with what is marked at the moment.
        return True
    return condition.when == "region-selected" and owner is not None and _fits(condition, owner)


def _fits(condition: Condition, owner: Region) -> bool:
    value = owner.get("value")
    held = value if isinstance(value, Mapping) else {}
    # Label Studio takes the object's name here; people also write that of the labels.
    if condition.tag and condition.tag not in (owner.get("from_name"), owner.get("to_name")):
        return False
    message = held.get("chatmessage")
    if condition.role and not (isinstance(message, Mapping) and message.get("role") == condition.role):
        return False
    return not condition.values or bool(set(condition.values) & set(_labels_of(held)))


def _labels_of(value: Mapping[str, Any]) -> list[str]:
    return [
        word for key, words in value.items() if key.endswith("labels") and isinstance(words, list) for word in words
    ]


def _is_chosen(
    config: LabellingConfig, condition: Condition, control: Control, given: Given, owner: Region | None
) -> bool:
    """Whether one of the choices is in the answer: to the same region, of a control that asks about regions."""
    for name in [condition.tag] if condition.tag else list(given.names):
        asked = config.control(name)
        if asked is None or asked.name == control.name:
            continue
        if _has_choice(asked, condition, given.of(name, owner if asked.per_region else None)):
            return True
    return False


def _chosen(region: Region) -> list[str]:
    """The choices of a region; of a path its last step, as Label Studio compares them."""
    value = region.get("value")
    held = value.get("choices", value.get("taxonomy")) if isinstance(value, Mapping) else None
    rows = held if isinstance(held, list) else []
    return [str(row[-1]) if isinstance(row, list) and row else str(row) for row in rows]


def _has_choice(asked: Control, condition: Condition, chosen: set[str]) -> bool:
    if not condition.values and not condition.indexes:
        return bool(chosen)
    return bool(chosen & wanted_values(asked, condition))


def wanted_values(asked: Control, condition: Condition) -> set[str]:
    """The choices that a condition names, as results hold them: by what is read, by the alias, or by their place."""
    wanted = set(condition.values)
    wanted |= {label.value for label in asked.labels if label.text in wanted}
    return wanted | {asked.labels[place].value for place in condition.indexes if place < len(asked.labels)}
