"""What a new config means for answers that were given under the old one."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from apps.projects.labelling.errors import SchemaChangeRefused
from apps.projects.labelling.model import Control, LabellingConfig

_STEP = " / "  # between the steps of a path
# An answer of the first kind can be read as one of the second.
_READABLE_AS = {("categorical", "multilabel")}


@dataclass(frozen=True, slots=True)
class LabelMap:
    """How old answers read under the new config.

    Args:
        labels: for each control, old value to new value; every old value is in it.
        targets: for each control, the `to_name` that its regions get.
        added: (control, value) that only the new config has.
    """

    labels: Mapping[str, Mapping[str, str]]
    targets: Mapping[str, str]
    added: tuple[tuple[str, str], ...] = ()

    @property
    def changed(self) -> dict[str, dict[str, str]]:
        """Only what is renamed or merged."""
        pairs = {name: {old: new for old, new in labels.items() if old != new} for name, labels in self.labels.items()}
        return {name: labels for name, labels in pairs.items() if labels}


def schema_diff(old: LabellingConfig, new: LabellingConfig, mapping: Mapping[str, str]) -> LabelMap:
    """How answers carry over. Adding labels or controls is free; what goes needs a new label in `mapping`.

    Args:
        mapping: old label value to new label value, for renamed and merged ones, across all controls.
    Raises:
        SchemaChangeRefused: names the labels left without a meaning, or the control that is gone or of another kind.
    """
    labels = {control.name: _control_map(control, _successor(control, new), mapping) for control in old.controls}
    _refuse_missing(labels)
    _refuse_unknown(old, new, mapping)
    return LabelMap(
        labels=labels,
        targets={control.name: region_target(_successor(control, new)) for control in old.controls},
        added=_added(old, new),
    )


def map_result(result: list[dict[str, Any]], label_map: LabelMap) -> list[dict[str, Any]]:
    """An old answer, read under the new config. The input is not changed."""
    return [_map_region(deepcopy(region), label_map) for region in result]


def region_target(control: Control) -> str:
    """The `to_name` of a control's regions: the first object that it is about, as label-studio-sdk wants it."""
    return control.to_name[0] if control.to_name else ""


def _values(control: Control) -> tuple[str, ...]:
    """All that an answer can name, of open kinds (multilabel) too; a node of a tree by its path."""
    return tuple(_STEP.join(label.path) for label in control.labels) or control.classes


def _successor(control: Control, new: LabellingConfig) -> Control:
    found = new.control(control.name)
    if found is None:
        message = _('The new config has no <%(tag)s> named "%(control)s": its answers would be lost.') % {
            "tag": control.tag,
            "control": control.name,
        }
        raise SchemaChangeRefused(message)
    if found.kind != control.kind and (control.kind, found.kind) not in _READABLE_AS:
        message = _('"%(control)s" was %(kind)s and would become %(kind2)s: old answers do not fit.') % {
            "control": control.name,
            "kind": control.kind,
            "kind2": found.kind,
        }
        raise SchemaChangeRefused(message)
    if found.owns_regions and found.tag != control.tag:
        raise SchemaChangeRefused(
            _('"%(control)s" was <%(tag)s> and would become <%(tag2)s>.')
            % {"control": control.name, "tag": control.tag, "tag2": found.tag}
        )
    return found


def _control_map(old: Control, new: Control, mapping: Mapping[str, str]) -> dict[str, str]:
    """Old value to new value; an empty new value where nothing takes the answers."""
    after = set(_values(new))

    def successor(value: str) -> str:
        # Another control may hold the same word; where its new word is unknown here, the old one stays if it can.
        return next((word for word in (mapping.get(value, value), value) if word in after), "")

    return {value: successor(value) for value in _values(old)}


def _refuse_missing(labels: Mapping[str, Mapping[str, str]]) -> None:
    missing = tuple((name, old) for name, pairs in labels.items() for old, new in pairs.items() if not new)
    if missing:
        names = ", ".join(f'"{old}" ({name})' for name, old in missing)
        raise SchemaChangeRefused(
            _("Say which new label takes the answers of %(names)s.") % {"names": names}, missing=missing
        )


def _refuse_unknown(old: LabellingConfig, new: LabellingConfig, mapping: Mapping[str, str]) -> None:
    before = {value for control in old.controls for value in _values(control)}
    after = {value for control in new.controls for value in _values(control)}
    for source, target in mapping.items():
        if source not in before:
            raise SchemaChangeRefused(
                _('The map names "%(source)s", which is no label of the old config.') % {"source": source}
            )
        if target not in after:
            raise SchemaChangeRefused(
                _('The map sends "%(source)s" to "%(target)s", which is no label of the new config.')
                % {"source": source, "target": target}
            )


def _added(old: LabellingConfig, new: LabellingConfig) -> tuple[tuple[str, str], ...]:
    before = {(control.name, value) for control in old.controls for value in _values(control)}
    after = ((control.name, value) for control in new.controls for value in _values(control))
    return tuple(pair for pair in after if pair not in before)


def _map_region(region: dict[str, Any], label_map: LabelMap) -> dict[str, Any]:
    name = region.get("from_name")
    if name is None:  # a relation: it names regions, and its labels are those of the config's <Relations>
        labels = {old: new for pairs in label_map.labels.values() for old, new in pairs.items()}
        region["labels"] = _mapped(region.get("labels"), labels)
        return region
    names = label_map.labels.get(name, {})  # of a copy out of a Repeater: its labels keep their names
    region["to_name"] = label_map.targets.get(name, region["to_name"])
    value = region["value"]
    for key in value:
        if key in ("choices", "taxonomy") or key.endswith("labels"):
            value[key] = _mapped(value[key], names)
        elif key == "rating":
            value[key] = int(names.get(str(int(value[key])), value[key]))  # 0 is no answer, and has no name
    return region


def _mapped(held: Any, labels: Mapping[str, str]) -> Any:
    """The labels of one answer renamed. Two merged ones become one; what an item's data brought keeps its name."""
    if not isinstance(held, list):
        return held
    renamed = [_renamed(word, labels) for word in held]
    return [word for index, word in enumerate(renamed) if word not in renamed[:index]]


def _renamed(word: Any, labels: Mapping[str, str]) -> Any:
    if isinstance(word, list):
        path = _STEP.join(word)
        return labels[path].split(_STEP) if labels.get(path, path) != path else word
    if word in labels:
        return labels[word]
    # A nested label may stand without the labels above it.
    return next((new.split(_STEP)[-1] for old, new in labels.items() if old.split(_STEP)[-1] == word), word)
