"""Number: one number, in steps and between limits where the config sets them."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.labeling.widgets.base import Context, ValueWidget, refuse
from apps.projects.labelling import Control

# A decimal without a fraction becomes a whole number up to here; beyond, whole numbers are not exact in JSON.
MAX_NUMBER = 2**53
_CLOSE = 1e-9  # how far from a step a decimal may be, in steps, because binary fractions are not exact


class NumberWidget(ValueWidget):
    """`{"number": 5}`."""

    value_field = "number"
    template = "widgets/number.html"
    is_same_for_all = True
    takes_focus = True

    def read(self, control: Control, posted: Sequence[str]) -> float | str | None:
        """A number; what is none stays text, for `check` to name."""
        text = posted[-1].strip() if posted else ""
        return number_of(text) if text else None

    def check_value(self, control: Control, value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise refuse(control, "type", _('"%(name)s" must be a number.') % {"name": control.name})
        low, high, step = (control.attrs[name] for name in ("min", "max", "step"))
        if (low != "" and value < float(low)) or (high != "" and value > float(high)):
            raise refuse(control, "number_range", f'"{control.name}": {range_words(control)}')
        if step != "" and float(step) > 0 and not _is_step(value, float(step), float(low or 0)):
            raise refuse(
                control,
                "number_step",
                _('"%(control)s" goes in steps of %(step)s from %(low)s.')
                % {"control": control.name, "step": step, "low": low or 0},
            )

    def fields(self, control: Control, value: Any) -> tuple[str, ...]:
        return (json.dumps(value),)

    def key_of(self, control: Control, value: Any) -> str:
        return json.dumps(int(value) if float(value).is_integer() else value)

    def words_of(self, control: Control, value: Any) -> str:
        return json.dumps(value)

    def initial(self, control: Control) -> tuple[str, ...]:
        """What stands there before anybody looked."""
        return (str(control.attrs["defaultValue"]),) if control.attrs["defaultValue"] != "" else ()

    def extras(self, control: Control, posted: tuple[str, ...], context: Context) -> Mapping[str, Any]:
        attrs = control.attrs
        slides = bool(attrs["slider"])
        low, high = attrs["min"], attrs["max"]
        shown = {
            "slides": slides,
            "low": 0 if slides and low == "" else low,
            "high": 100 if slides and high == "" else high,
            "step": "any" if attrs["step"] in ("", 0) else attrs["step"],
            "range": range_words(control),
        }
        return {"number": shown}


def number_of(text: str) -> float | str:
    """A whole number as such, another as a decimal; what is neither comes back as it was."""
    try:
        if len(text) > 40 or "_" in text:
            return text
        if text.lstrip("+-").isdecimal():
            return int(text)  # never by way of a float, which would round a long one
        number = float(text)
    except ValueError:
        return text
    if not math.isfinite(number):
        return text
    return int(number) if number.is_integer() and abs(number) <= MAX_NUMBER else number


def range_words(control: Control) -> str:
    low, high = control.attrs["min"], control.attrs["max"]
    if low != "" and high != "":
        return _("From %(low)s to %(high)s.") % {"low": low, "high": high}
    if low != "":
        return _("At least %(low)s.") % {"low": low}
    return _("At most %(high)s.") % {"high": high} if high != "" else ""


def _is_step(value: float, step: float, base: float) -> bool:
    steps = (value - base) / step
    return abs(steps - round(steps)) <= _CLOSE * max(1.0, abs(steps))
