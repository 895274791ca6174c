"""TextArea: words of one's own, in one text or several, or a correction of the text it starts from."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.core import figures
from apps.labeling.widgets.base import MAX_TEXT, Context, Region, ValueWidget, refuse
from apps.labeling.widgets.keys import compact_key
from apps.projects.labelling import Control

MAX_ROWS = 60  # lines that a field is high; whatever a config asks for, the item stays within reach


class TextAreaWidget(ValueWidget):
    """`{"text": ["…"]}`: the texts in a list. A lone text, as older exports have it, is read as a list of one."""

    value_field = "text"
    template = "widgets/textarea.html"
    is_same_for_all = True
    takes_focus = True

    def read(self, control: Control, posted: Sequence[str]) -> list[str] | None:
        """Lines end in a plain newline, whatever the browser sent; a text of white space only is none."""
        texts = [text.replace("\r\n", "\n").replace("\r", "\n") for text in posted]
        return [text for text in texts if text.strip()] or None

    def check_value(self, control: Control, value: Any) -> None:
        texts = texts_of(value)
        if not all(isinstance(text, str) for text in texts):
            raise refuse(control, "type", _('"%(control)s" must hold a list of texts.') % {"control": control.name})
        if not texts or not all(text.strip() for text in texts):
            raise refuse(control, "empty", _('"%(control)s" holds no words.') % {"control": control.name})
        if sum(map(len, texts)) > MAX_TEXT:
            raise refuse(
                control,
                "too_long",
                _('"%(control)s" is longer than %(max_text)s characters.')
                % {"control": control.name, "max_text": figures.number(MAX_TEXT, 0)},
            )
        most = int(control.attrs["maxSubmissions"])
        if most and len(texts) > most:
            raise refuse(
                control,
                "max_submissions",
                _('"%(control)s" takes at most %(most)s texts, not %(n)s.')
                % {"control": control.name, "most": most, "n": len(texts)},
            )
        if control.attrs["skipDuplicates"] and len({text.casefold() for text in texts}) < len(texts):
            raise refuse(control, "duplicate", _('"%(control)s" holds a text twice.') % {"control": control.name})

    def fields(self, control: Control, value: Any) -> tuple[str, ...]:
        return tuple(texts_of(value))

    def key_of(self, control: Control, value: Any) -> str | None:
        """The same words in the same order, whatever the spacing; None where nothing is left."""
        words = (" ".join(unicodedata.normalize("NFC", text).split()) for text in texts_of(value))
        joined = "\n".join(word for word in words if word)
        return compact_key(joined) if joined else None

    def words_of(self, control: Control, value: Any) -> str:
        return "; ".join(texts_of(value))

    def as_sdk(self, control: Control, region: Region) -> Region:
        value = region["value"]
        return {**region, "value": {**value, "text": texts_of(value.get("text"))}}

    def extras(self, control: Control, posted: tuple[str, ...], context: Context) -> Mapping[str, Any]:
        several = takes_several(control) or len(posted) > 1
        most = int(control.attrs["maxSubmissions"])
        return {
            "several": several,
            "most": most,
            "rows": min(int(control.attrs["rows"]), MAX_ROWS),
            "texts": posted or ("",),
            "has_room": several and (not most or max(len(posted), 1) < most),
            "shortcuts": _shortcuts(control),
        }


def texts_of(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def takes_several(control: Control) -> bool:
    """Whether more than one text can be given. A correction is of one text."""
    return int(control.attrs["maxSubmissions"]) != 1 and not control.start


def _shortcuts(control: Control) -> list[dict[str, str]]:
    """Ready words that a press puts where the cursor is: what is read, and what is written."""
    parts = control.node.children if control.node else ()
    shortcuts = [part for part in parts if part.tag == "Shortcut" and part.get("value")]
    return [{"text": part.get("value"), "inserts": part.get("alias") or part.get("value")} for part in shortcuts]
