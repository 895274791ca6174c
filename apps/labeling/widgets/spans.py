"""Labels, HyperTextLabels, ParagraphLabels: any number of labelled regions of a text, overlapping as they like."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core import figures
from apps.core.retold import retold
from apps.labeling.algorithms.spans import (
    MarkedText,
    Markup,
    Span,
    SpanProblem,
    Turns,
    same_words,
    utf16_offset,
)
from apps.labeling.errors import AnswerInvalid
from apps.labeling.widgets.base import MAX_LABEL, Context, Place, Region, Widget, json_field, refuse
from apps.labeling.widgets.question import Option, keys_for
from apps.labeling.widgets.spans_texts import texts_of
from apps.projects.labelling import Control, Label, Node

MAX_SPANS = 5_000  # of one control; the page stays usable up to here
_SHOWN = 8  # regions that an answer in words names
_PLACE = ("start", "end", "startOffset", "endOffset", "globalOffsets", "text")


@dataclass(frozen=True, slots=True)
class LabelView:
    """One label as the template draws it. `colour` is the config's own, which the page's script checks."""

    option: Option
    colour: str
    most: int
    selected: bool


class SpansWidget(Widget):
    """The form posts one field: the control's regions as JSON, in Label Studio's format.

    What the page left out of a region's value (its words, a document's XPaths) is added here from the item's data;
    what it has is kept as it is, and checked. So an answer that came from Label Studio goes back unchanged.
    """

    template = "widgets/labels.html"
    allows_empty = True

    def parse(self, control: Control, posted: Sequence[str], place: Place, context: Context) -> list[Region]:
        return self.completed(control, json_field(control, posted), context)

    def completed(self, control: Control, regions: Sequence[Region], context: Context) -> list[Region]:
        texts = texts_of(context.config, control, context.data)
        return [_completed(control, region, texts) for region in regions]

    def check(self, control: Control, regions: Sequence[Region], context: Context) -> None:
        if len(regions) > MAX_SPANS:
            raise refuse(
                control,
                "too_many",
                _('"%(control)s" has %(n)s regions; at most %(max_spans)s.')
                % {
                    "control": control.name,
                    "n": figures.number(len(regions), 0),
                    "max_spans": figures.number(MAX_SPANS, 0),
                },
            )
        texts = texts_of(context.config, control, context.data)
        for number, region in enumerate(regions, 1):
            _check_labels(control, region, number)
            _check_place(control, region, number, texts.get(str(region["to_name"])))
        _check_usages(control, regions)

    def show(self, control: Control, regions: Sequence[Region]) -> tuple[str, ...]:
        return (json.dumps(list(regions), ensure_ascii=False),)

    def value_key(self, control: Control, regions: Sequence[Region]) -> str:
        """Label, words and place of each region, in their order in the text; a digest of it where that is long."""
        rows = sorted(([labels_of(control, region), *_place_key(region)] for region in regions), key=json.dumps)
        key = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
        if len(key) <= MAX_LABEL:
            return key
        counts = dict(Counter(label for row in rows for label in row[0]).most_common(8))
        digest = hashlib.sha256(key.encode()).hexdigest()
        return json.dumps({"labels": counts, "n": len(rows), "sha256": digest}, ensure_ascii=False)[:MAX_LABEL]

    def empty_key(self, control: Control) -> str | None:
        """Nothing marked is an answer: there was nothing to mark."""
        return None if control.required else "[]"

    def key_words(self, control: Control, key: str) -> str:
        try:
            given = json.loads(key)
        except ValueError:
            return key
        if isinstance(given, dict):
            return _n_regions(given["n"])
        return _joined([_quoted(control, row[0], row[2]) for row in given])

    def words(self, control: Control, regions: Sequence[Region]) -> str:
        return _joined([_quoted(control, labels_of(control, region), _words_of(region)) for region in regions])

    def options(self, control: Control, chosen: tuple[str, ...], titles: Mapping[str, str]) -> tuple[Option, ...]:
        keys = keys_for([label.hotkey for label in control.labels])
        pairs = zip(control.labels, keys, strict=True)
        return tuple(
            Option(value=label.value, text=label.text, key=key, hint=label.hint, hotkey=label.hotkey)
            for label, key in pairs
        )

    def extras(self, control: Control, posted: tuple[str, ...], context: Context) -> Mapping[str, Any]:
        options = self.options(control, posted, {})
        most = int(control.attrs.get("maxUsages", 0) or 0)
        only = len(control.labels) == 1
        labels = [
            LabelView(option, label.background, label.max_usages or most, label.selected or only)
            for option, label in zip(options, control.labels, strict=True)
        ]
        return {
            "labels": labels,
            "objects": json.dumps(control.to_name),
            "is_multiple": control.attrs.get("choice") == "multiple",
            "most": most,
            "is_column": not control.attrs.get("showInline", True),
            "filter": _filter_of(context.config.root, control),
            "places": _places(control, posted, context),
        }


def _filter_of(node: Node, control: Control) -> str | None:
    """The placeholder of the Filter that belongs to a control; None where the config has none for it."""
    if node.tag == "Filter" and node.get("toName") == control.name:
        return node.get("placeholder")
    found = (_filter_of(child, control) for child in node.children)
    return next((each for each in found if each is not None), None)


def labels_of(control: Control, region: Region) -> list[str]:
    held = region["value"].get(control.type)
    return [label for label in held if isinstance(label, str)] if isinstance(held, list) else []


def _completed(control: Control, region: Any, texts: Mapping[str, MarkedText]) -> Region:
    """A region with all that its place means. One that cannot be placed comes back as it is, for `check` to name."""
    if not isinstance(region, dict) or not isinstance(region.get("value"), dict):
        raise refuse(control, "type", _('A region of "%(name)s" is not readable.') % {"name": control.name})
    text = texts.get(str(region.get("to_name")))
    value = region["value"]
    if text is None or "text" in value:
        return region
    try:
        place = text.value_of(text.span_of(value))
    except SpanProblem:
        return region
    rest = {key: held for key, held in value.items() if key not in _PLACE}
    return {**region, "value": {**place, **rest}}


def _check_labels(control: Control, region: Region, number: int) -> None:
    given = region["value"].get(control.type)
    if not isinstance(given, list) or not all(isinstance(label, str) for label in given):
        message = _('Region %(number)s of "%(control)s" has no list of labels under "%(type)s".') % {
            "number": number,
            "control": control.name,
            "type": control.type,
        }
        raise refuse(control, "type", message)
    known = {label.value for label in control.labels}
    unknown = next((label for label in given if label not in known), None)
    if unknown is not None and not control.labels_open:
        message = _('Region %(number)s: "%(unknown)s" is no label of "%(control)s".') % {
            "number": number,
            "unknown": unknown[:80],
            "control": control.name,
        }
        raise refuse(control, "unknown_label", message)
    if not given and not control.attrs.get("allowEmpty"):
        raise refuse(
            control,
            "empty",
            _('Region %(number)s of "%(control)s" has no label.') % {"number": number, "control": control.name},
        )
    if len(set(given)) != len(given):
        raise refuse(
            control,
            "duplicate",
            _('Region %(number)s of "%(control)s" has a label twice.') % {"number": number, "control": control.name},
        )
    if len(given) > 1 and control.attrs.get("choice") != "multiple":
        raise refuse(
            control,
            "one_choice",
            _('Region %(number)s of "%(control)s" takes one label, not %(n)s.')
            % {"number": number, "control": control.name, "n": len(given)},
        )


def _check_place(control: Control, region: Region, number: int, text: MarkedText | None) -> None:
    if text is None:
        return
    value = region["value"]
    words = value.get("text")
    try:
        span = text.span_of(value)
        there = text.value_of(span)["text"]
    except SpanProblem as exc:
        raise refuse(
            control,
            exc.rule,
            _('Region %(number)s of "%(control)s": %(problem)s')
            % {"number": number, "control": control.name, "problem": retold(str(exc))},
        ) from exc
    if words is None or isinstance(words, list):
        return
    if not isinstance(words, str):
        raise refuse(
            control,
            "type",
            _('Region %(number)s of "%(control)s": its "text" is no text.')
            % {"number": number, "control": control.name},
        )
    if not same_words(words, there):
        message = _('Region %(number)s of "%(control)s" says "%(words)s", but there stands "%(there)s".') % {
            "number": number,
            "control": control.name,
            "words": words[:40],
            "there": there[:40],
        }
        raise refuse(control, "span_text", message)


def _check_usages(control: Control, regions: Sequence[Region]) -> None:
    used = Counter(label for region in regions for label in labels_of(control, region))
    for label in control.labels:
        most = _most(control, label)
        if most and used[label.value] > most:
            message = _('"%(text)s" may be used %(most)s times in "%(control)s", and is used %(used)s times.') % {
                "text": label.text,
                "most": most,
                "control": control.name,
                "used": used[label.value],
            }
            raise refuse(control, "max_usages", message)


def _most(control: Control, label: Label) -> int:
    return label.max_usages or int(control.attrs.get("maxUsages", 0) or 0)


def _places(control: Control, posted: Sequence[str], context: Context) -> str:
    """Where regions lie whose own numbers do not tell the page's script: those known by XPath, or counted as of old.

    As JSON, in UTF-16 units of the flat text, by the region's id.
    """
    texts = texts_of(context.config, control, context.data)
    odd = {name: text for name, text in texts.items() if isinstance(text, Markup) or not text.text.isascii()}
    if not odd:
        return ""
    found: dict[str, dict[str, int]] = {}
    for region in _readable(control, posted):
        text, value = odd.get(str(region.get("to_name"))), region.get("value")
        if text is not None and isinstance(value, dict):
            found |= _odd_place(region, value, text)
    return json.dumps(found) if found else ""


def _odd_place(region: Region, value: dict[str, Any], text: MarkedText) -> dict[str, dict[str, int]]:
    try:
        span = text.span_of(value)
    except SpanProblem:
        return {}
    plain = value.get("globalOffsets") if isinstance(text, Markup) else value
    if isinstance(text, Turns) or _is_at(plain, span):
        return {}
    place = {"start": utf16_offset(text.text, span.start), "end": utf16_offset(text.text, span.end)}
    return {str(region.get("id")): place}


def _is_at(plain: Any, span: Span) -> bool:
    return isinstance(plain, dict) and (plain.get("start"), plain.get("end")) == (span.start, span.end)


def _readable(control: Control, posted: Sequence[str]) -> list[Region]:
    try:
        return [region for region in json_field(control, posted) if isinstance(region, dict)]
    except AnswerInvalid:
        return []


def _place_key(region: Region) -> list[Any]:
    """Where a region lies, and its words, for comparison: the form that does not depend on who wrote it."""
    value = region["value"]
    offsets = value.get("globalOffsets")
    if isinstance(offsets, dict):
        place = [offsets.get("start"), offsets.get("end")]
    else:
        place = [str(value[key]) for key in ("start", "startOffset", "end", "endOffset") if key in value]
    return [place, _words_of(region)[:80], region.get("to_name")]


def _words_of(region: Region) -> str:
    words = region["value"].get("text")
    return " ".join(words.replace("\\n", " ").split()) if isinstance(words, str) else ""


def _quoted(control: Control, labels: Sequence[str], words: str) -> str:
    names = {label.value: label.text for label in control.labels}
    named = ", ".join(names.get(label, label) for label in labels) or "?"
    short = words if len(words) <= 60 else f"{words[:59]}…"
    return _("%(label)s “%(words)s”") % {"label": named, "words": short} if short else named


def _joined(parts: Sequence[str]) -> str:
    if not parts:
        return _("nothing marked")
    left = len(parts) - _SHOWN
    more = [_("and %(n)s more") % {"n": left}] if left > 0 else []
    return ", ".join([*parts[:_SHOWN], *more])


def _n_regions(n: int) -> str:
    return ngettext("%(n)s region", "%(n)s regions", n) % {"n": n}
