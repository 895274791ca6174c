"""Rating: a whole number from 1 to maxRating."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.labeling.widgets.base import Context, ValueWidget, refuse
from apps.labeling.widgets.question import Option, keys_for
from apps.projects.labelling import Control

# Label Studio's icons as signs that every system font has.
_ICONS = {"star": "★", "heart": "♥", "fire": "▲", "smile": "☺"}


class RatingWidget(ValueWidget):
    """`{"rating": 4}`."""

    value_field = "rating"
    template = "widgets/rating.html"
    takes_press = True

    def read(self, control: Control, posted: Sequence[str]) -> int | str | None:
        """A number; what is not one stays text, for `check` to name."""
        text = posted[-1].strip() if posted else ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else text or None

    def check_value(self, control: Control, value: Any) -> None:
        highest = int(control.attrs["maxRating"])
        is_whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        if isinstance(value, bool) or not is_whole:
            raise refuse(control, "type", _('"%(control)s" must be a whole number.') % {"control": control.name})
        if not 1 <= value <= highest:
            raise refuse(
                control,
                "rating_range",
                _('"%(control)s" goes from 1 to %(highest)s.') % {"control": control.name, "highest": highest},
            )

    def fields(self, control: Control, value: Any) -> tuple[str, ...]:
        return (str(int(value)),)

    def key_of(self, control: Control, value: Any) -> str:
        return str(int(value))

    def words_of(self, control: Control, value: Any) -> str:
        return f"{int(value)} of {control.attrs['maxRating']}"

    def key_words(self, control: Control, key: str) -> str:
        return self.words_of(control, key)

    def initial(self, control: Control) -> tuple[str, ...]:
        default = int(control.attrs["defaultValue"])
        return (str(default),) if default else ()

    def extras(self, control: Control, posted: tuple[str, ...], context: Context) -> Mapping[str, Any]:
        """The sign beside each number; none where the config does not ask for one."""
        asks = control.node is not None and bool(control.node.get("icon"))
        return {"icon": _ICONS.get(str(control.attrs["icon"]), "") if asks else ""}

    def options(self, control: Control, chosen: tuple[str, ...], titles: Mapping[str, str]) -> tuple[Option, ...]:
        keys = keys_for([""] * len(control.classes))
        return tuple(
            Option(value=value, text=value, key=key, checked=value in chosen)
            for value, key in zip(control.classes, keys, strict=True)
        )
