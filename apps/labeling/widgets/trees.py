"""Labels inside labels: a path as one form value, and the rows of the tree that people tick."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from apps.labeling.widgets.markup import choice_html
from apps.projects.labelling import Control, Label

Path = tuple[str, ...]
# Above so many rows a tree starts closed, and can be searched.
OPEN_ROWS = 24
FIND_ROWS = 9


@dataclass(frozen=True, slots=True)
class TreeRow:
    """One label of a tree. `closes`: one entry for each group that ends with it.

    Args:
        is_follower: a group that is ticked by ticking all that is inside it.
    """

    value: str
    text: str
    hint: str
    html: SafeString | None
    is_group: bool
    is_open: bool
    is_choosable: bool
    is_follower: bool
    is_checked: bool
    closes: range


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree as its template sees it. `most`: how many may be chosen; 0: any number."""

    rows: tuple[TreeRow, ...]
    type: str
    most: int = 0
    separator: str = " / "
    shows_path: bool = False
    cascades: bool = False
    has_find: bool = False
    placeholder: str = ""


def path_value(path: Sequence[str]) -> str:
    """A path as a form's value: as a browser writes JSON, so that scripts may compare it."""
    return json.dumps(list(path), ensure_ascii=False, separators=(",", ":"))


def path_of(value: str) -> Path:
    """A form's value as a path; what is none becomes a path of one step, for the check to name."""
    try:
        steps = json.loads(value)
    except (ValueError, RecursionError):
        return (value,)
    is_path = isinstance(steps, list) and steps and all(isinstance(step, str) for step in steps)
    return tuple(steps) if is_path else (value,)


def path_named(label: Any, control: Control) -> Path:
    """One entry of a result as a path. A label may stand there without those above it: the nearest one so named."""
    if isinstance(label, list):
        return tuple(label)
    named = [known.path for known in control.labels if known.value == label]
    return min(named, key=len, default=(label,))


def paths_in(posted: Sequence[str], control: Control) -> list[Path]:
    """Posted paths once each, in the order of the tree; unknown ones last."""
    order = {label.path: index for index, label in enumerate(control.labels)}
    return sorted(dict.fromkeys(map(path_of, posted)), key=lambda path: order.get(path, len(order)))


def path_words(path: Sequence[str], control: Control, separator: str = " / ") -> str:
    """A path as a person reads it."""
    texts = {label.path: label.text for label in control.labels}
    return separator.join(texts.get(tuple(path[: n + 1]), path[n]) for n in range(len(path)))


def added_rows(control: Control, chosen: Collection[Path], separator: str) -> tuple[TreeRow, ...]:
    """What is chosen and stands in no tree: people added it in Label Studio. It can be taken back, not chosen anew."""
    known = {label.path for label in control.labels}
    return tuple(
        TreeRow(
            value=path_value(path),
            text=path_words(path, control, separator),
            hint=_("This is not in the list; somebody added it."),
            html=None,
            is_group=False,
            is_open=False,
            is_choosable=True,
            is_follower=False,
            is_checked=True,
            closes=range(0),
        )
        for path in chosen
        if path not in known
    )


def rows_of(
    control: Control, chosen: Collection[Path], *, leaves_only: bool, cascades: bool = False
) -> tuple[TreeRow, ...]:
    """Every label in order. With `cascades`, groups follow what is inside them, else they are choices of their own."""
    above = {path[:n] for path in chosen for n in range(1, len(path))}
    is_small = len(control.labels) <= OPEN_ROWS
    following = [*(label.depth for label in control.labels[1:]), 0][: len(control.labels)]
    return tuple(
        _row(label, depth_after=depth, chosen=chosen, is_open=is_small or cascades or label.path in above,
             leaves_only=leaves_only, cascades=cascades)
        for label, depth in zip(control.labels, following, strict=True)
    )  # fmt: skip


def _row(
    label: Label, *, depth_after: int, chosen: Collection[Path], is_open: bool, leaves_only: bool, cascades: bool
) -> TreeRow:
    return TreeRow(
        value=path_value(label.path),
        text=label.text,
        hint=label.hint,
        html=choice_html(label.html),
        is_group=not label.is_leaf,
        is_open=is_open,
        is_choosable=label.is_leaf or not leaves_only or cascades,
        is_follower=cascades and not label.is_leaf,
        is_checked=label.path in chosen,
        closes=range(label.depth - depth_after),
    )
