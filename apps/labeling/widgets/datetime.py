"""DateTime: a date, a time, both, a month or a year, written in the config's format as Label Studio writes it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from apps.labeling.widgets.base import Context, ValueWidget, refuse
from apps.projects.labelling import Control

# What a browser's field sends, by its type.
_SENT = {
    "datetime-local": ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"),
    "date": ("%Y-%m-%d",),
    "month": ("%Y-%m",),
    "number": ("%Y",),
    "time": ("%H:%M", "%H:%M:%S"),
}
_ISO = [form for forms in _SENT.values() for form in forms]
_WHOLE = re.compile(r"[1-9]\d{3}-\d\d-\d\d[T ]\d\d:\d\d")
_D3_ONLY = re.compile(r"%([-_0])?([a-zA-Z%])")


@dataclass(frozen=True, slots=True)
class Moment:
    """The field as its template sees it."""

    type: str
    low: str = ""
    high: str = ""
    range: str = ""


class DateTimeWidget(ValueWidget):
    """`{"datetime": "2024-05-01T10:30"}`; the text follows the config's `format`."""

    value_field = "datetime"
    template = "widgets/datetime.html"
    takes_focus = True

    def read(self, control: Control, posted: Sequence[str]) -> str | None:
        """In the config's format; what is no moment stays as sent, for `check` to name."""
        text = posted[-1].strip() if posted else ""
        moment = _read(text, _SENT[field_type(control)])
        return _written(moment, control) if moment else text or None

    def check_value(self, control: Control, value: Any) -> None:
        if not isinstance(value, str):
            raise refuse(
                control, "type", _('"%(control)s" must hold a date or time as text.') % {"control": control.name}
            )
        moment = moment_of(control, value)
        if moment is None:
            raise refuse(
                control,
                "datetime_format",
                _('"%(value)s" is no date or time of "%(control)s".') % {"value": value[:80], "control": control.name},
            )
        sent = _sent(moment, control)
        low, high = limits(control)
        if (low and sent < low) or (high and sent > high):
            raise refuse(control, "datetime_range", f'"{control.name}": {_range_words(low, high)}')

    def fields(self, control: Control, value: Any) -> tuple[str, ...]:
        moment = moment_of(control, str(value))
        return (_sent(moment, control),) if moment else ()

    def key_of(self, control: Control, value: Any) -> str:
        moment = moment_of(control, value)
        return _sent(moment, control) if moment else str(value)

    def words_of(self, control: Control, value: Any) -> str:
        return str(value)

    def extras(self, control: Control, posted: tuple[str, ...], context: Context) -> Mapping[str, Any]:
        low, high = limits(control)
        return {"moment": Moment(field_type(control), low, high, _range_words(low, high))}


def field_type(control: Control) -> str:
    """The browser's field for the parts that the config asks for; a date wins over month and year."""
    only = {part.strip() for part in str(control.attrs["only"]).split(",") if part.strip()} or {"date", "time"}
    if "date" in only:
        return "datetime-local" if "time" in only else "date"
    if "month" in only:
        return "month"
    return "number" if "year" in only else "time"


def limits(control: Control) -> tuple[str, str]:
    """The config's min and max as the field sends them; empty where none, or where they do not fit the field."""
    return _limit(control, "min"), _limit(control, "max")


def _limit(control: Control, attr: str) -> str:
    text = str(control.attrs[attr]).strip()
    if text == "current":
        return _sent(datetime.now(), control)
    moment = _read(text, _ISO)
    if moment is None:
        return ""
    is_time = ":" in text and "-" not in text
    return _sent(moment, control) if is_time == (field_type(control) == "time") else ""


def moment_of(control: Control, value: str) -> datetime | None:
    """A stored text as a moment: by the config's format, else as ISO, as Label Studio and models write it at times."""
    return _read(value, [_readable(_format(control))]) or _read(value, _ISO) or _whole_moment(value)


def _whole_moment(text: str) -> datetime | None:
    """`2024-05-01T10:30:15.000Z`: to the second and with a zone, which are kept where the answer is not touched."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None) if _WHOLE.match(text) else None
    except ValueError:
        return None


def _format(control: Control) -> str:
    kind = field_type(control)
    if kind == "time":
        return "%H:%M"  # Label Studio never formats a time alone
    return str(control.attrs["format"]) or ("%Y-%m-%dT%H:%M" if kind == "datetime-local" else "%Y-%m-%d")


def _readable(form: str) -> str:
    """d3's directives as strptime knows them: it pads by itself and has other letters for a few."""
    names = {"e": "d", "L": "f", "k": "H", "l": "I", "x": "x", "X": "X"}
    return _D3_ONLY.sub(lambda found: f"%{names.get(found[2], found[2])}", form)


def _written(moment: datetime, control: Control) -> str:
    """The moment in the config's format."""

    def part(found: re.Match[str]) -> str:
        pad, letter = found[1] or "", found[2]
        if letter == "L":
            return f"{moment.microsecond // 1000:03d}"
        text = moment.strftime(f"%{ {'e': 'd', 'k': 'H', 'l': 'I'}.get(letter, letter) }")
        if pad == "-":
            return text.lstrip("0") or "0"
        return text.lstrip("0").rjust(len(text)) if pad == "_" or (letter in "ekl" and not pad) else text

    return _D3_ONLY.sub(part, _format(control))


def _sent(moment: datetime, control: Control) -> str:
    return moment.strftime(_SENT[field_type(control)][0])


def _read(text: str, forms: Sequence[str]) -> datetime | None:
    for form in forms:
        try:
            found = datetime.strptime(text, form)
        except (ValueError, re.error):
            continue
        return found if found.year >= 1000 or "%Y" not in form else None
    return None


def _range_words(low: str, high: str) -> str:
    low, high = low.replace("T", " "), high.replace("T", " ")
    if low and high:
        return _("From %(low)s to %(high)s.") % {"low": low, "high": high}
    if low:
        return _("Not before %(low)s.") % {"low": low}
    return _("Not after %(high)s.") % {"high": high} if high else ""
