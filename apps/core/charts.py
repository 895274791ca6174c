"""Geometry of the server-drawn charts. Pure: numbers in, positions in per cent out, so that words never scale.

Vertical positions run downwards as in SVG: 0 is the top of the chart, 100 its bottom.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight map from [low, high] onto [0, 100] per cent."""

    low: float
    high: float

    def at(self, value: float) -> float:
        """Position of a value from the low end, kept inside the chart."""
        if self.high == self.low:
            return 50.0
        share = (value - self.low) / (self.high - self.low)
        return round(100 * min(1.0, max(0.0, share)), 2)

    def down(self, value: float) -> float:
        """The same from the top."""
        return round(100 - self.at(value), 2)


def scale_of(values: Sequence[float], *, low: float | None = None, high: float | None = None) -> Scale:
    """The scale that holds all values with a tenth of room at either end, unless an end is given."""
    known = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
    room = (max(known) - min(known)) / 10 or abs(max(known)) / 10 or 1.0
    return Scale(min(known) - room if low is None else low, max(known) + room if high is None else high)


def ticks(scale: Scale, *, wanted: int = 4) -> list[float]:
    """Round values inside the scale, a step of 1, 2 or 5 times a power of ten apart, about `wanted` of them."""
    width = scale.high - scale.low
    if width <= 0:
        return [scale.low]
    raw = width / wanted
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw * 0.999)
    first = math.ceil(scale.low / step - 1e-9)
    last = math.floor(scale.high / step + 1e-9)
    return [round(index * step, 10) for index in range(first, last + 1)]


def across(count: int) -> list[float]:
    """Positions of `count` points from the left edge to the right one; a single point stands in the middle."""
    if count == 1:
        return [50.0]
    return [round(100 * index / (count - 1), 2) for index in range(count)]


def polyline(xs: Sequence[float], ys: Sequence[float]) -> str:
    """The `points` attribute of a line."""
    return " ".join(f"{x:g},{y:g}" for x, y in zip(xs, ys, strict=True))


def band(xs: Sequence[float], tops: Sequence[float], bottoms: Sequence[float]) -> str:
    """The `d` attribute of the area between an upper and a lower line."""
    there = [f"{x:g} {y:g}" for x, y in zip(xs, tops, strict=True)]
    back = [f"{x:g} {y:g}" for x, y in zip(reversed(xs), reversed(bottoms), strict=True)]
    return f"M{' L'.join([*there, *back])}Z" if there else ""


def heat(count: int, total: int) -> str:
    """Class of a confusion cell off the diagonal, by its share of the row: nothing, e1, e2 or e3."""
    if not count or not total:
        return ""
    share = count / total
    return "e3" if share >= 0.1 else "e2" if share >= 0.04 else "e1"
