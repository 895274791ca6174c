"""Pairwise: the left or the right of two objects. Label Studio knows no tie, so there is none here."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.labeling.widgets.base import ValueWidget, refuse
from apps.labeling.widgets.question import Option, keys_for
from apps.projects.labelling import Control


class PairwiseWidget(ValueWidget):
    """`{"selected": "left"}`."""

    value_field = "selected"
    template = "widgets/pairwise.html"
    is_same_for_all = True
    takes_press = True

    def read(self, control: Control, posted: Sequence[str]) -> str | None:
        return (posted[-1] if posted else "") or None

    def check_value(self, control: Control, value: Any) -> None:
        if value not in control.classes:
            raise refuse(
                control, "unknown_label", _('"%(control)s" takes "left" or "right".') % {"control": control.name}
            )

    def fields(self, control: Control, value: Any) -> tuple[str, ...]:
        return (str(value),)

    def key_of(self, control: Control, value: Any) -> str:
        return str(value)

    def words_of(self, control: Control, value: Any) -> str:
        return _("left") if value == "left" else _("right")

    def key_words(self, control: Control, key: str) -> str:
        return self.words_of(control, key)

    def options(self, control: Control, chosen: tuple[str, ...], titles: Mapping[str, str]) -> tuple[Option, ...]:
        names = (titles.get(control.to_name[0]) or _("Left"), titles.get(control.to_name[1]) or _("Right"))
        return tuple(
            Option(value=value, text=name, key=key, checked=value in chosen)
            for value, name, key in zip(control.classes, names, keys_for(["", ""]), strict=True)
        )
