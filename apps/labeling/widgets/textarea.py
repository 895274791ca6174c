"""TextArea: words of one's own, or a correction of the text it starts from."""

import unicodedata
from collections.abc import Sequence
from typing import Any

from apps.labeling.widgets.base import MAX_TEXT, ValueWidget, refuse
from apps.projects.labelling import Control


class TextAreaWidget(ValueWidget):
    """`{"text": ["…"]}`: one text, in the list that Label Studio keeps."""

    value_field = "text"
    template = "widgets/textarea.html"

    def read(self, control: Control, posted: Sequence[str]) -> list[str] | None:
        """Lines end in a plain newline, whatever the browser sent; only white space is no answer."""
        text = posted[-1].replace("\r\n", "\n").replace("\r", "\n") if posted else ""
        return [text] if text.strip() else None

    def check_value(self, control: Control, value: Any) -> None:
        if not isinstance(value, list) or len(value) != 1 or not isinstance(value[0], str):
            raise refuse(control, "type", f'"{control.name}" must hold a list with one text.')
        if not value[0].strip():
            raise refuse(control, "empty", f'"{control.name}" holds no words.')
        if len(value[0]) > MAX_TEXT:
            raise refuse(control, "too_long", f'"{control.name}" is longer than {MAX_TEXT:,} characters.')

    def fields(self, control: Control, value: Any) -> tuple[str, ...]:
        return (str(value[0]),)

    def key_of(self, control: Control, value: Any) -> str | None:
        """The same words in the same order, whatever the spacing; None where nothing is left."""
        return " ".join(unicodedata.normalize("NFC", value[0]).split()) or None

    def words_of(self, control: Control, value: Any) -> str:
        return str(value[0])
