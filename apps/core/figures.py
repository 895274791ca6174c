"""Numbers as words: percentages with their interval, ages, durations. Pure; pages call it by `{% load ui %}`."""

from datetime import timedelta

from django.utils.formats import get_format
from django.utils.translation import gettext as _

NBSP = "\u00a0"
MINUS = "\u2212"
# Below this many observations a share is said to have too little data instead of being shown.
MINIMUM_N = 30


def localised(digits: str) -> str:
    """A number as Python writes it, "1,234.5", with the separators of the reader's language: "1.234,5"."""
    point, comma = get_format("DECIMAL_SEPARATOR"), get_format("THOUSAND_SEPARATOR")
    return digits.translate({ord("."): point, ord(","): comma})


def number(value: float, digits: int = 1) -> str:
    """With `digits` decimals, thousands separated, and a true minus sign."""
    return localised(f"{value:,.{digits}f}").replace("-", MINUS)


def count(value: int) -> str:
    """A whole number, thousands separated."""
    return localised(f"{value:,}")


def significant(value: float, digits: int = 6) -> str:
    """With so many telling digits, as on an axis."""
    return localised(f"{value:,.{digits}g}").replace("-", MINUS)


def percent(value: float, digits: int = 1) -> str:
    """A share in [0, 1] as "91.4 %"."""
    return f"{number(100 * value, digits)}{NBSP}%"


def signed(value: float, digits: int = 1) -> str:
    """A difference: "+1.8", "-0.4"."""
    return f"{'+' if value > 0 else ''}{number(value, digits)}"


def spread(value: float, low: float, high: float, *, scale: float, digits: int, sign: bool = False) -> str:
    """ "± 1.2" where the interval is even to the last shown digit, else "90.1 to 92.4"; differences keep both ends."""
    below, above = scale * (value - low), scale * (high - value)
    if not sign and abs(below - above) < 10**-digits:
        return f"±{NBSP}{number((below + above) / 2, digits)}"
    words = signed if sign else number
    ends = (words(scale * end, digits) for end in (low, high))
    return _("%(low)s to %(high)s") % dict(zip(("low", "high"), ends, strict=True))


def span(seconds: float) -> str:
    """A length of time in its two largest units: "9 s", "2 min", "1 h 40 min", "3 d 4 h"."""
    total = max(0, round(seconds))
    if total < 60:
        return f"{total}{NBSP}s"
    if total < 3600:
        return f"{total // 60}{NBSP}min"
    large, small, names = (total // 3600, total % 3600 // 60, ("h", "min"))
    if total >= 86400:
        large, small, names = (total // 86400, total % 86400 // 3600, (_("d"), "h"))
    head = f"{large}{NBSP}{names[0]}"
    return f"{head} {small}{NBSP}{names[1]}" if small else head


def milliseconds(value: float) -> str:
    """A latency: "84 ms", "1.2 s", then as `span`."""
    if value < 1000:
        return f"{number(value, 0)}{NBSP}ms"
    if value < 10_000:
        return f"{number(value / 1000, 1)}{NBSP}s"
    return span(value / 1000)


def age(delta: timedelta) -> str:
    """How long ago, without a word around it; the future counts as nought."""
    return span(delta.total_seconds())
