"""Charts drawn by the server: SVG attributes only, a label for screen readers, and a table of the values behind."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django import template
from django.utils.translation import gettext as _

from apps.core import charts, figures

register = template.Library()

Point = Mapping[str, Any]
# How many rows a table behind a curve has at most; a curve itself keeps every point.
TABLE_ROWS = 50


def _words(value: float | None, kind: str) -> str:
    if value is None:
        return "\u2013"
    if kind == "percent":
        return figures.percent(value)
    return figures.number(value, 0) if kind == "count" else figures.significant(value, 4)


def _grid(scale: charts.Scale, kind: str) -> list[dict[str, Any]]:
    marks = charts.ticks(scale)
    if kind == "percent" and all(abs(100 * mark - round(100 * mark)) < 1e-6 for mark in marks):
        return [{"at": scale.down(mark), "words": figures.percent(mark, 0)} for mark in marks]
    return [{"at": scale.down(mark), "words": _words(mark, kind)} for mark in marks]


def _summary(label: str, values: Sequence[float], kind: str) -> str:
    ends = {"label": label, "first": _words(values[0], kind), "last": _words(values[-1], kind), "n": len(values)}
    return _("%(label)s: %(n)s values, from %(first)s to %(last)s.") % ends


@register.inclusion_tag("components/_sparkline.html")
def sparkline(values: Sequence[float], goal: float | None = None) -> dict[str, Any]:
    """The trend of a tile, oldest first; a picture beside words, hidden from screen readers."""
    if len(values) < 2:
        return {"points": ""}
    scale = charts.scale_of([*values, *([] if goal is None else [goal])])
    xs = [1 + 1.18 * x for x in charts.across(len(values))]
    ys = [0.32 * scale.down(value) for value in values]
    return {
        "points": charts.polyline(xs, ys),
        "end": f"{xs[-1]:g} {ys[-1]:g}",
        "goal": None if goal is None else f"{0.32 * scale.down(goal):g}",
    }


@register.inclusion_tag("components/_line_chart.html")
def line_chart(
    points: Sequence[Point],
    label: str,
    *,
    kind: str = "percent",
    x_label: str = "",
    y_label: str = "",
    limit: float | None = None,
    limit_label: str = "",
) -> dict[str, Any]:
    """One line with its interval as a band.

    Args:
        points: dictionaries with `x` (words) and `y`, and where known `low`, `high`, `n`, and `url` of what is behind;
            oldest first.
        kind: percent (values in [0, 1]), count or number.
        limit: a value drawn as a dashed line, named by `limit_label`.
    """
    rows = [dict(point) for point in points if point.get("y") is not None]
    if not rows:
        return {"rows": [], "label": label}
    ends = [row[key] for row in rows for key in ("low", "y", "high") if row.get(key) is not None]
    scale = charts.scale_of([*ends, *([] if limit is None else [limit])])
    xs = charts.across(len(rows))
    return {
        "label": label,
        "summary": _summary(label, [row["y"] for row in rows], kind),
        "rows": [_row(row, kind) for row in rows],
        "has_interval": any(row.get("low") is not None for row in rows),
        "has_n": any(row.get("n") is not None for row in rows),
        "band": charts.band(xs, *_ends(rows, scale)),
        "points": charts.polyline(xs, [scale.down(row["y"]) for row in rows]),
        "has_links": any(row.get("url") for row in rows),
        "dots": _dots(rows, xs, scale, kind),
        "grid": _grid(scale, kind),
        "limit": None if limit is None else scale.down(limit),
        "limit_label": limit_label,
        "x_label": x_label or _("When"),
        "y_label": y_label or label,
    }


def _dots(rows: Sequence[Point], xs: Sequence[float], scale: charts.Scale, kind: str) -> list[dict[str, Any]]:
    """Of many points only those that lead somewhere."""
    return [
        {"x": x, "y": scale.down(row["y"]), "url": row.get("url"), "words": f"{row['x']}: {_words(row['y'], kind)}"}
        for x, row in zip(xs, rows, strict=True)
        if len(rows) < 20 or row.get("url")
    ]


def _ends(rows: Sequence[Point], scale: charts.Scale) -> tuple[list[float], list[float]]:
    """Upper and lower line of the band; a point without an interval pinches it."""
    tops = [scale.down(row["y"] if row.get("high") is None else row["high"]) for row in rows]
    return tops, [scale.down(row["y"] if row.get("low") is None else row["low"]) for row in rows]


def _row(row: Point, kind: str) -> dict[str, Any]:
    around = ""
    if row.get("low") is not None and row.get("high") is not None:
        around = _("%(low)s to %(high)s") % {"low": _words(row["low"], kind), "high": _words(row["high"], kind)}
    return {"x": row["x"], "y": _words(row["y"], kind), "interval": around, "n": row.get("n"), "url": row.get("url")}


@register.inclusion_tag("components/_curves.html")
def curves(
    series: Sequence[Mapping[str, Any]],
    label: str,
    *,
    kind: str = "number",
    x_label: str = "",
    low: float | None = None,
) -> dict[str, Any]:
    """Several lines over a numeric axis, such as training and validation loss over steps.

    Args:
        series: dictionaries with `name` and `points`, pairs (x, y) in order of x. The first line is the gold one.
    """
    drawn = [{"name": one["name"], "pairs": list(one["points"])} for one in series if one["points"]]
    if not drawn:
        return {"lines": [], "label": label}
    every = [pair for one in drawn for pair in one["pairs"]]
    wide = charts.Scale(min(x for x, _y in every), max(x for x, _y in every))
    tall = charts.scale_of([y for _x, y in every], low=low)
    return {
        "label": label,
        "summary": " ".join(_summary(one["name"], [y for _x, y in one["pairs"]], kind) for one in drawn),
        "lines": [{"name": one["name"], "points": _line(one["pairs"], wide, tall)} for one in drawn],
        "tables": [{"name": one["name"], "rows": _thinned(one["pairs"], kind)} for one in drawn],
        "grid": _grid(tall, kind),
        "first": figures.significant(wide.low),
        "last": figures.significant(wide.high),
        "x_label": x_label or _("Step"),
    }


def _line(pairs: Sequence[tuple[float, float]], wide: charts.Scale, tall: charts.Scale) -> str:
    return charts.polyline([wide.at(x) for x, _y in pairs], [tall.down(y) for _x, y in pairs])


def _thinned(pairs: Sequence[tuple[float, float]], kind: str) -> list[dict[str, str]]:
    step = -(-len(pairs) // TABLE_ROWS)
    kept = [*pairs[::step], *([pairs[-1]] if (len(pairs) - 1) % step else [])]
    return [{"x": figures.significant(x), "y": _words(y, kind)} for x, y in kept]


@register.inclusion_tag("components/_bar.html")
def bar(value: float, maximum: float = 1.0, *, limit: float | None = None, gold: bool = True) -> dict[str, Any]:
    """One horizontal bar in a table cell; the number stands in the next cell, so the picture is hidden from readers."""
    scale = charts.Scale(0.0, maximum or 1.0)
    return {"width": scale.at(value), "limit": None if limit is None else scale.at(limit), "gold": gold}


@register.inclusion_tag("components/_age_bar.html")
def age_bar(parts: Sequence[tuple[str, int]], maximum: int) -> dict[str, Any]:
    """Counts by age, youngest first, as one bar that darkens: pairs (words, count). `maximum`: the longest sum."""
    scale, at, drawn = charts.Scale(0, maximum or 1), 0, []
    for index, (_name, count) in enumerate(parts):
        if count:
            opacity = round((index + 1) / len(parts), 2)
            drawn.append({"x": scale.at(at), "width": max(0.5, scale.at(count) - 0.4), "opacity": opacity})
        at += count
    return {"parts": drawn, "label": ", ".join(f"{count} {name}" for name, count in parts)}


@register.inclusion_tag("components/_interval_plot.html")
def interval_plot(
    value: float | None,
    low: float | None,
    high: float | None,
    start: float,
    end: float,
    *,
    zero: float | None = None,
    limit: float | None = None,
    bad: bool = False,
) -> dict[str, Any]:
    """A point with its interval on the axis from `start` to `end`, for one table cell; the words stand beside it."""
    scale = charts.Scale(start, end)
    marks = {"value": value, "low": low, "high": high, "zero": zero, "limit": limit}
    return {name: None if at is None else scale.at(at) for name, at in marks.items()} | {"bad": bad}


@register.inclusion_tag("components/_interval_axis.html")
def interval_axis(start: float, end: float, *, scale_by: float = 1.0) -> dict[str, Any]:
    """The axis above a column of interval plots; `scale_by` 100 writes shares as points."""
    scale = charts.Scale(start, end)
    marks = charts.ticks(scale, wanted=4)
    return {"ticks": [{"at": scale.at(mark), "words": _words(mark * scale_by, "number")} for mark in marks]}


@register.inclusion_tag("components/_heat_table.html")
def heat_table(
    matrix: Sequence[Sequence[int]], labels: Sequence[str], title: str, caption: str = "", *, link: str = ""
) -> dict[str, Any]:
    """A confusion matrix as a table: rows the true label, columns the answer; darker where a larger share is wrong.

    `link`: the address that a cell leads to, to which `label` and `answered` are added.
    """
    rows = []
    for index, counts in enumerate(matrix):
        total = sum(counts)
        cells = [
            {
                "count": count,
                "mark": "hit" if column == index else charts.heat(count, total),
                "href": f"{link}&{urlencode({'label': labels[index], 'answered': labels[column]})}" if link else "",
            }
            for column, count in enumerate(counts)
        ]
        rows.append({"label": labels[index], "cells": cells})
    return {"rows": rows, "labels": labels, "title": title, "caption": caption}


@register.inclusion_tag("components/_reliability.html")
def reliability(bins: Sequence[Mapping[str, Any]], label: str) -> dict[str, Any]:
    """Stated confidence against share right.

    Args:
        bins: dictionaries with `confidence` and `accuracy` (means of the bin, in [0, 1]), `n`, and where known `low`,
            `high` of the accuracy. Empty bins are left out.
    """
    scale = charts.Scale(0.0, 1.0)
    filled = [one for one in bins if one["n"]]
    dots = [
        {
            "x": scale.at(one["confidence"]),
            "y": scale.down(one["accuracy"]),
            "low": None if one.get("low") is None else scale.down(one["low"]),
            "high": None if one.get("high") is None else scale.down(one["high"]),
        }
        for one in filled
    ]
    rows = [
        {"x": _words(one["confidence"], "percent"), "y": _words(one["accuracy"], "percent"), "n": one["n"]}
        for one in filled
    ]
    return {"dots": dots, "rows": rows, "label": label, "grid": _grid(scale, "percent")}
