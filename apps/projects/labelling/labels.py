"""The labels of a control: as written inside its tag, and as an item's data bring them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from apps.core import figures
from apps.core.stored import stored
from apps.projects.labelling.attrs import attr_bool, fail, whole
from apps.projects.labelling.model import Label, Node
from apps.projects.labelling.tags import ControlTag

MAX_LABELS = 20_000
MAX_LABEL_CHARS = 1_000
_ARRANGES = frozenset({"View", "Header", "Style", "Collapse", "Panel"})
_DECORATES = frozenset({"HyperText", "Text", "Image"})
_CAP = whole(0, low=0, high=100_000)

_TWICE = stored('The %(tag)s "%(value)s" of line %(line)s stands there twice; it is shown once.')
_KEY_TAKEN = stored('The hotkey "%(hotkey)s" of line %(line)s is already that of line %(other)s; it is left out.')
_NOTHING_TO_READ = stored("The <%(tag)s> of line %(line)s has no value; it is left out.")
_NOT_NESTED = stored('What stands inside <%(tag)s value="%(value)s"> is not asked without allowNested.')
_NOT_SHOWN = stored("The <%(tag)s> between the labels of line %(line)s is not shown.")


def read_labels(node: Node, tag: ControlTag, *, notes: list[str]) -> tuple[Label, ...]:
    """The labels in a tag, in order, parents before their children; Views between them only arrange.

    A value that stands twice under the same parent is one label: an answer could not tell the two apart.
    """
    nests = tag.nests and (node.tag != "Choices" or attr_bool(node, "allowNested"))
    found: dict[tuple[str, ...], Label] = {}
    hotkeys: dict[str, int] = {}
    for child, label in _labels(node, tag, (), nests, notes):
        if (twin := found.get(label.path)) and twin.text != label.text:
            raise fail(
                child,
                _('The value "%(label)s" is already that of "%(text)s".') % {"label": label.value, "text": twin.text},
            )
        if twin:
            notes.append(_TWICE % {"tag": child.tag, "value": label.value, "line": child.line})
            continue
        if label.hotkey in hotkeys:
            notes.append(_KEY_TAKEN % {"hotkey": label.hotkey, "line": child.line, "other": hotkeys[label.hotkey]})
            label = replace(label, hotkey="")
        elif label.hotkey:
            hotkeys[label.hotkey] = child.line
        found[label.path] = label
        if len(found) > MAX_LABELS:
            raise fail(
                node, _("It has more than %(max_labels)s labels.") % {"max_labels": figures.number(MAX_LABELS, 0)}
            )
    return tuple(found.values())


def _labels(
    node: Node, tag: ControlTag, above: tuple[str, ...], nests: bool, notes: list[str]
) -> Iterator[tuple[Node, Label]]:
    for child in node.children:
        if child.tag == "Label" and "value" in child.attrs and not _is_named(child):
            notes.append(_NOTHING_TO_READ % {"tag": child.tag, "line": child.line})
        elif child.tag == tag.labels:
            label = _label(child, above, nests)
            yield child, label
            if nests:
                yield from _labels(child, tag, label.path, nests, notes)
            elif any(below.tag == tag.labels for below in child.children):
                notes.append(_NOT_NESTED % {"tag": child.tag, "value": label.text})
        elif child.tag in _ARRANGES:
            yield from _labels(child, tag, above, nests, notes)
        elif child.tag in _DECORATES:
            notes.append(_NOT_SHOWN % {"tag": child.tag, "line": node.line})
        elif child.tag not in tag.parts:
            raise fail(child, _("It cannot stand inside <%(tag)s>.") % {"tag": node.tag})


def _is_named(node: Node) -> bool:
    return bool(node.get("value").strip() or node.get("alias").strip())


def _label(node: Node, above: tuple[str, ...], nests: bool) -> Label:
    text, alias = node.get("value"), node.get("alias")
    if not _is_named(node):
        raise fail(node, _("It has no value."))
    for given in (text, alias):
        if "\n" in given or "\r" in given or len(given) > MAX_LABEL_CHARS:
            raise fail(
                node,
                _("A label is one line of at most %(max_label_chars)s characters.")
                % {"max_label_chars": figures.number(MAX_LABEL_CHARS, 0)},
            )
    value = alias or text
    return Label(
        value=value,
        text=text or alias,
        alias=alias,
        hotkey=node.get("hotkey"),
        background=node.get("background") or node.get("color"),
        hint=node.get("hint"),
        html=node.get("html"),
        path=(*above, value),
        is_leaf=not (nests and any(child.tag == node.tag for child in node.children)),
        max_usages=int(_CAP(node, "maxUsages")),
        selected=attr_bool(node, "selected"),
    )


def labels_from_data(value: Any, *, nests: bool) -> tuple[Label, ...]:
    """Labels that an item brings: a list of texts or of objects with `value`, `alias`, `html`, `hint`, `children`.

    What is neither is passed over: an item's data cannot be refused here.
    """
    return tuple({label.path: label for label in _from_data(value, (), nests)}.values())[:MAX_LABELS]


def _from_data(value: Any, above: tuple[str, ...], nests: bool, depth: int = 0) -> Iterator[Label]:
    for row in value if isinstance(value, list) and depth < 20 else ():
        given: Mapping[str, Any] = row if isinstance(row, dict) else {"value": row}
        text, alias = (_word(given.get(name)) for name in ("value", "alias"))
        if not text and not alias:
            continue
        below = given.get("children") if nests else None
        path = (*above, alias or text)
        yield Label(
            value=path[-1],
            text=text or alias,
            alias=alias,
            hotkey=_word(given.get("hotkey")),
            background=_word(given.get("background") or given.get("color")),
            hint=_word(given.get("hint")),
            html=_word(given.get("html")),
            path=path,
            is_leaf=not below,
            selected=given.get("selected") is True,
        )
        yield from _from_data(below, path, nests, depth + 1)


def _word(value: Any) -> str:
    return value.strip() if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""


def joined(written: Iterable[Label], brought: Iterable[Label]) -> tuple[Label, ...]:
    """Those of the config first, then those of the item that are not among them."""
    return tuple({label.path: label for label in (*brought, *written)}[path] for path in _paths(written, brought))


def _paths(written: Iterable[Label], brought: Iterable[Label]) -> dict[tuple[str, ...], None]:
    return dict.fromkeys(label.path for label in (*written, *brought))
