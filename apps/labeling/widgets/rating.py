"""Rating: a whole number from 1 to maxRating, pressed where there are a few, written where there are many."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.labeling.errors import AnswerInvalid
from apps.labeling.widgets.base import Context, Region, ValueWidget, refuse
from apps.labeling.widgets.question import Option, keys_for
from apps.projects.labelling import Control

MOST_PRESSED = 20  # of so many stars each can be pressed on a phone; more are a number
_SDK_HIGHEST = 5  # what it takes for the highest where it finds none
# Label Studio's icons as signs that every system font has.
_ICONS = {"star": "★", "heart": "♥", "fire": "▲", "smile": "☺"}


class RatingWidget(ValueWidget):
    """`{"rating": 4}`. Label Studio stores 0 where somebody took his stars back: that is no answer."""

    value_field = "rating"
    template = "widgets/rating.html"
    is_same_for_all = True
    takes_press = True

    def is_pressed(self, control: Control) -> bool:
        return len(control.classes) <= MOST_PRESSED

    def is_written(self, control: Control) -> bool:
        return not self.is_pressed(control)

    def read(self, control: Control, posted: Sequence[str]) -> int | str | None:
        """A number; what is not one stays text, for `check` to name."""
        text = posted[-1].strip() if posted else ""
        if not (text.isascii() and text.isdigit() and len(text) < 4):
            return text or None
        if int(text) == 0:  # only what was stored elsewhere may say so
            raise _out_of_range(control)
        return int(text)

    def check_value(self, control: Control, value: Any) -> None:
        is_whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        if isinstance(value, bool) or not is_whole:
            raise refuse(control, "type", _('"%(control)s" must be a whole number.') % {"control": control.name})
        if not 0 <= value <= int(control.attrs["maxRating"]):
            raise _out_of_range(control)

    def fields(self, control: Control, value: Any) -> tuple[str, ...]:
        return (str(int(value)),) if value else ()

    def key_of(self, control: Control, value: Any) -> str | None:
        return str(int(value)) if value else None

    def words_of(self, control: Control, value: Any) -> str:
        return f"{int(value)} of {control.attrs['maxRating']}" if value else ""

    def key_words(self, control: Control, key: str) -> str:
        return self.words_of(control, key)

    def as_sdk(self, control: Control, region: Region) -> Region:
        """label-studio-sdk reads maxRating only as it is documented, the editor however it is capitalised."""
        rating = region["value"].get("rating")
        if control.node is None or "maxRating" in control.node.attrs or not isinstance(rating, int):
            return region
        return {**region, "value": {**region["value"], "rating": min(rating, _SDK_HIGHEST)}}

    def initial(self, control: Control) -> tuple[str, ...]:
        default = int(control.attrs["defaultValue"])
        return (str(default),) if 0 < default <= int(control.attrs["maxRating"]) else ()

    def extras(self, control: Control, posted: tuple[str, ...], context: Context) -> Mapping[str, Any]:
        """The sign beside each number, none where the config does not ask for one; of many stars the limits."""
        if self.is_written(control):
            highest = int(control.attrs["maxRating"])
            words = _("From %(low)s to %(high)s.") % {"low": 1, "high": highest}
            return {"number": {"slides": False, "low": 1, "high": highest, "step": 1, "range": words}}
        asks = control.node is not None and bool(control.node.get("icon"))
        return {"icon": _ICONS.get(str(control.attrs["icon"]), "") if asks else ""}

    def options(self, control: Control, chosen: tuple[str, ...], titles: Mapping[str, str]) -> tuple[Option, ...]:
        if self.is_written(control):
            return ()
        keys = keys_for([""] * len(control.classes))
        return tuple(
            Option(value=value, text=value, key=key, checked=value in chosen)
            for value, key in zip(control.classes, keys, strict=True)
        )


def _out_of_range(control: Control) -> AnswerInvalid:
    words = {"control": control.name, "highest": control.attrs["maxRating"]}
    return refuse(control, "rating_range", _('"%(control)s" goes from 1 to %(highest)s.') % words)
