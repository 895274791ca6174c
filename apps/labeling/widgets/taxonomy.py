"""Taxonomy: any number of paths through a tree of labels."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.labeling.widgets.base import Context, ValueWidget, refuse
from apps.labeling.widgets.keys import LONG, compact_key
from apps.labeling.widgets.trees import FIND_ROWS, Tree, added_rows, path_of, path_value, path_words, paths_in, rows_of
from apps.projects.labelling import Control


class TaxonomyWidget(ValueWidget):
    """`{"taxonomy": [["Eukarya", "Human"]]}`: each path from the root down to what was chosen."""

    value_field = "taxonomy"
    template = "widgets/taxonomy.html"
    is_same_for_all = True

    def read(self, control: Control, posted: Sequence[str]) -> list[list[str]] | None:
        return [list(path) for path in paths_in(posted, control)] or None

    def check_value(self, control: Control, value: Any) -> None:
        paths = _paths(control, value)
        if not paths:
            raise refuse(control, "empty", _('"%(control)s" holds no path.') % {"control": control.name})
        if len(set(paths)) != len(paths):
            raise refuse(control, "duplicate", _('"%(control)s" holds a path twice.') % {"control": control.name})
        most = int(control.attrs["maxUsages"])
        if most and len(paths) > most:
            raise refuse(
                control,
                "max_usages",
                _('"%(control)s" takes at most %(most)s choices, not %(n)s.')
                % {"control": control.name, "most": most, "n": len(paths)},
            )
        if not control.labels_open:
            _check_known(control, paths)

    def fields(self, control: Control, value: Any) -> tuple[str, ...]:
        return tuple(path_value(path) for path in value)

    def key_of(self, control: Control, value: Any) -> str:
        return compact_key(json.dumps(sorted(value), ensure_ascii=False))

    def empty_key(self, control: Control) -> str | None:
        return "[]"

    def words_of(self, control: Control, value: Any) -> str:
        separator = str(control.attrs["pathSeparator"])
        return ", ".join(path_words(path, control, separator) for path in value)

    def key_words(self, control: Control, key: str) -> str:
        if key.startswith(LONG):
            return _("many labels")
        return self.words_of(control, json.loads(key)) or _("none")

    def extras(self, control: Control, posted: tuple[str, ...], context: Context) -> Mapping[str, Any]:
        leaves_only, separator = bool(control.attrs["leafsOnly"]), str(control.attrs["pathSeparator"])
        chosen = dict.fromkeys(map(path_of, posted))
        tree = Tree(
            rows=rows_of(control, chosen, leaves_only=leaves_only) + added_rows(control, chosen, separator),
            type="checkbox",
            most=int(control.attrs["maxUsages"]),
            separator=separator,
            shows_path=bool(control.attrs["showFullPath"]),
            has_find=len(control.labels) > FIND_ROWS,
            placeholder=str(control.attrs["placeholder"]),
        )
        return {"tree": tree}


def takes_additions(control: Control) -> bool:
    """Whether Label Studio lets people add items of their own to the tree, which then stand in results only."""
    return bool(control.attrs["allowAddLabels"] or control.attrs["legacy"])


def _paths(control: Control, value: Any) -> list[tuple[str, ...]]:
    """The value's paths, where it is made of paths."""
    rows = value if isinstance(value, list) else [None]
    if not all(isinstance(row, list) and row and all(isinstance(step, str) for step in row) for row in rows):
        raise refuse(
            control,
            "type",
            _('"%(control)s" must hold a list of paths, each a list of labels.') % {"control": control.name},
        )
    return [tuple(row) for row in rows if row]


def _check_known(control: Control, paths: Sequence[tuple[str, ...]]) -> None:
    known = {label.path: label for label in control.labels}
    for path in paths:
        if path not in known and takes_additions(control):
            continue
        if path not in known:
            message = _(
                '"%(path)s" is no path of "%(control)s". Was it added by people, allowAddLabels="true" takes it.'
            )
            raise refuse(control, "unknown_label", message % {"path": " / ".join(path)[:80], "control": control.name})
        if control.attrs["leafsOnly"] and not known[path].is_leaf:
            words = path_words(path, control)[:80]
            raise refuse(
                control,
                "leaves_only",
                _('"%(words)s" is a group; "%(control)s" takes what is inside it.')
                % {"words": words, "control": control.name},
            )
