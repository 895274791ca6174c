"""Choices: one label, or any number of them; flat, or inside each other (allowNested)."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.labeling.widgets.base import Context, Region, ValueWidget, refuse
from apps.labeling.widgets.keys import LONG, compact_key
from apps.labeling.widgets.markup import choice_html
from apps.labeling.widgets.question import Option, keys_for
from apps.labeling.widgets.trees import Path, Tree, path_named, path_of, path_value, path_words, paths_in, rows_of
from apps.projects.labelling import Control

# A tree of more labels than this can be searched.
FIND_ROWS = 9


class ChoicesWidget(ValueWidget):
    """`{"choices": ["Refund"]}`; a choice with an alias stands there by its alias, a nested one by its whole path.

    label-studio-sdk takes a nested one without those above it, too, so it is read as well.
    """

    value_field = "choices"
    template = "widgets/choices.html"
    is_same_for_all = True
    takes_press = True

    def read(self, control: Control, posted: Sequence[str]) -> list[Any] | None:
        """In the config's order; what is not in it stays, for `check` to name."""
        if is_nested(control):
            paths = paths_in(posted, control)
            is_one = not is_multiple(control) and len(paths) < 2
            return [list(path) for path in (paths if is_one else with_groups(control, paths))] or None
        order = {label.value: index for index, label in enumerate(control.labels)}
        return sorted(dict.fromkeys(posted), key=lambda value: order.get(value, len(order))) or None

    def check_value(self, control: Control, value: Any) -> None:
        paths = _paths(control, value)
        if not paths:
            raise refuse(control, "empty", _('"%(control)s" holds no label.') % {"control": control.name})
        known = {label.path for label in control.labels}
        unknown = next((path for path in paths if path not in known and not control.labels_open), None)
        if unknown is not None:
            raise refuse(
                control,
                "unknown_label",
                _('"%(label)s" is no label of "%(control)s".')
                % {"label": " / ".join(unknown)[:80], "control": control.name},
            )
        if len(set(paths)) != len(paths):
            raise refuse(control, "duplicate", _('"%(control)s" holds a label twice.') % {"control": control.name})
        if not is_multiple(control) and not _is_one(paths):
            raise refuse(
                control,
                "one_choice",
                _('"%(control)s" takes one label, not %(n)s.') % {"control": control.name, "n": len(paths)},
            )

    def fields(self, control: Control, value: Any) -> tuple[str, ...]:
        if is_nested(control):
            return tuple(path_value(path) for path in _opened(control, [path_named(each, control) for each in value]))
        return tuple(value)

    def completed(self, control: Control, regions: Sequence[Region], context: Context) -> list[Region]:
        """A group that stands alone is all that is inside it, as in Label Studio, where a press on it chooses that."""
        if not is_nested(control):
            return list(regions)
        return [{**each, "value": {**each["value"], "choices": self._whole(control, each)}} for each in regions]

    def _whole(self, control: Control, region: Region) -> list[list[str]]:
        paths = [path_named(each, control) for each in region["value"][self.value_field]]
        return [list(path) for path in _opened(control, paths)]

    def key_of(self, control: Control, value: Any) -> str:
        if not is_multiple(control) and not is_nested(control):
            return compact_key(str(value[0]))
        chosen = [list(path_named(choice, control)) for choice in value] if is_nested(control) else value
        return compact_key(json.dumps(sorted(chosen), ensure_ascii=False))

    def empty_key(self, control: Control) -> str | None:
        """None of the labels is an answer of its own where several may be chosen."""
        return "[]" if is_multiple(control) else None

    def words_of(self, control: Control, value: Any) -> str:
        if is_nested(control):
            shown = _deepest([path_named(choice, control) for choice in value])
            return ", ".join(path_words(path, control) for path in shown)
        texts = {label.value: label.text for label in control.labels}
        return ", ".join(texts.get(choice, choice) for choice in value)

    def key_words(self, control: Control, key: str) -> str:
        if key.startswith(LONG):
            return _("many labels")
        if not is_multiple(control) and not is_nested(control):
            return self.words_of(control, [key])
        chosen = json.loads(key)
        return self.words_of(control, chosen) if chosen else _("none")

    def as_sdk(self, control: Control, region: Region) -> Region:
        """label-studio-sdk knows no paths, although the editor writes them: it gets every step as a label."""
        value = region["value"]
        if not is_nested(control) or not isinstance(value.get("choices"), list):
            return region
        rows = ([row] if isinstance(row, str) else row for row in value["choices"])
        steps = dict.fromkeys(step for row in rows for step in row)
        return {**region, "value": {**value, "choices": list(steps)}}

    def options(self, control: Control, chosen: tuple[str, ...], titles: Mapping[str, str]) -> tuple[Option, ...]:
        if is_nested(control):
            return ()
        keys = keys_for([label.hotkey for label in control.labels])
        return tuple(
            Option(
                value=label.value,
                text=label.text,
                key=key,
                hint=label.hint,
                checked=label.value in chosen,
                html=choice_html(label.html),
                hotkey=label.hotkey,
            )
            for label, key in zip(control.labels, keys, strict=True)
        )

    def extras(self, control: Control, posted: tuple[str, ...], context: Context) -> Mapping[str, Any]:
        if not is_nested(control):
            return {}
        chosen = {path_of(value) for value in posted}
        tree = Tree(
            rows=rows_of(control, chosen, leaves_only=not is_multiple(control), cascades=is_multiple(control)),
            # A group that Label Studio chose with all that is inside it stays so until somebody chooses anew.
            type="checkbox" if is_multiple(control) or len(chosen) > 1 else "radio",
            cascades=is_multiple(control),
            has_find=len(control.labels) > FIND_ROWS,
        )
        return {"tree": tree}

    def initial(self, control: Control) -> tuple[str, ...]:
        """What the config or the item chose beforehand."""
        chosen = [label for label in control.labels if label.selected]
        kept = chosen if is_multiple(control) else chosen[:1]
        return tuple(path_value(label.path) if is_nested(control) else label.value for label in kept)


def is_multiple(control: Control) -> bool:
    return control.attrs["choice"] == "multiple"


def is_nested(control: Control) -> bool:
    return bool(control.attrs["allowNested"])


def with_groups(control: Control, paths: Sequence[Path]) -> list[Path]:
    """Chosen leaves, and every group that is chosen as a whole, in the config's order, as the editor writes them."""
    chosen = set(paths)
    inside: Counter[Path] = Counter()
    missing: Counter[Path] = Counter()
    for label in control.labels:
        if label.is_leaf:
            above = [label.path[:n] for n in range(1, len(label.path))]
            inside.update(above)
            missing.update(above if label.path not in chosen else ())
    whole = {path for path in inside if not missing[path]}
    known = {label.path: label.is_leaf for label in control.labels}
    kept = [path for path, is_leaf in known.items() if path in whole or (is_leaf and path in chosen)]
    return [*kept, *(path for path in paths if path not in known)]


def _paths(control: Control, value: Any) -> list[Path]:
    """The value as paths: of a flat control each of one step."""
    if is_nested(control):
        rows = value if isinstance(value, list) else [None]
        if not all(_is_path(row) for row in rows):
            raise refuse(
                control,
                "type",
                _('"%(control)s" must hold a list of paths, each a list of labels.') % {"control": control.name},
            )
        return [path_named(row, control) for row in rows if row is not None]
    if not isinstance(value, list) or not all(isinstance(choice, str) for choice in value):
        raise refuse(control, "type", _('"%(control)s" must hold a list of labels.') % {"control": control.name})
    return [(choice,) for choice in value]


def _opened(control: Control, paths: Sequence[Path]) -> list[Path]:
    """The paths, after each group of which nothing inside is chosen all that is inside it."""
    above = {path[:n] for path in paths for n in range(1, len(path))}
    leaves = [label.path for label in control.labels if label.is_leaf]
    return [
        each
        for path in paths
        for each in (path, *(leaf for leaf in leaves if path not in above and leaf[: len(path)] == path != leaf))
    ]


def _is_path(row: Any) -> bool:
    return isinstance(row, str) or (isinstance(row, list) and bool(row) and all(isinstance(step, str) for step in row))


def _is_one(paths: Sequence[Path]) -> bool:
    """One choice: alone, or a group with what Label Studio's editor chose with it, below or around it."""
    top = min(paths, key=len)
    return len(paths) == 1 or (len(top) > 0 and all(path[: len(top)] == top for path in paths))


def _deepest(paths: Sequence[Path]) -> list[Path]:
    """Without the groups that stand there only because all inside them is chosen."""
    above = {path[:n] for path in paths for n in range(1, len(path))}
    return [path for path in paths if path not in above]
