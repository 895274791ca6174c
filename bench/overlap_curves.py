"""Labels against accuracy, drawn from what `manage.py replay --json` wrote.

`python -m bench.overlap_curves --svg OUT.svg NAME=REPLAY.json …` writes one panel a file and prints a Markdown table of
the savings.
"""

import argparse
import json
import math
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

_PANEL, _PLOT = (330, 250), (52, 34, 260, 166)  # width, height of a panel; left, top, width, height of its plot
_COLUMNS = 2
_LABELS = (2.0, 7.0)
# (name, colour, dashes)
_CURVES = (
    ("adaptive", "#0b6e4f", ""),
    ("adaptive, stopping only", "#0b6e4f", "5 3"),
    ("fixed overlap", "#1f5fbf", ""),
    ("fixed overlap, majority", "#8a8a8a", ""),
)

Points = list[tuple[float, float]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--svg", type=Path, help="where the drawing goes")
    parser.add_argument("replays", nargs="+", metavar="NAME=REPLAY.json")
    options = parser.parse_args()
    reports = {}
    for pair in options.replays:
        name, _, path = pair.partition("=")
        if not path:
            parser.error(f"{pair} is not NAME=REPLAY.json")
        reports[name] = json.loads(Path(path).read_text(encoding="utf-8"))
    if options.svg:
        options.svg.write_text(drawing(reports), encoding="utf-8")
    print(table(reports))


def table(reports: dict[str, Any]) -> str:
    lines = [
        "| set | fixed 5 | majority 5 | saved to fixed 5 (95 %) | by stopping alone | saved to majority 5 (95 %) |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, report in reports.items():
        five = next(row for row in report["fixed"] if row["overlap"] == 5)
        cells = [
            f"{five['accuracy']:.3f}",
            f"{five['majority_accuracy']:.3f}",
            _saved(report, "saving_at_fixed_5"),
            _percent(report["stopping_alone"]["saving_at_fixed_5"]),
            _saved(report, "saving_at_majority_5"),
        ]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _saved(report: dict[str, Any], key: str) -> str:
    if report[key] is None:
        return "never reached"
    return f"{_percent(report[key])} ({_percent(report[f'{key}_low'])} to {_percent(report[f'{key}_high'])})"


def _percent(share: float | None) -> str:
    return "none" if share is None else f"{100 * share:.0f} %"


def drawing(reports: dict[str, Any]) -> str:
    rows = -(-len(reports) // _COLUMNS)
    width, height = _COLUMNS * _PANEL[0], rows * _PANEL[1] + 40
    panels = [
        f'<g transform="translate({index % _COLUMNS * _PANEL[0]} {index // _COLUMNS * _PANEL[1]})">'
        + _panel(name, report)
        + "</g>"
        for index, (name, report) in enumerate(reports.items())
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
            'aria-label="Labels per item against accuracy" font-family="system-ui, sans-serif" font-size="11">',
            f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
            *panels,
            _legend(width, height),
            "</svg>\n",
        ]
    )


def _panel(name: str, report: dict[str, Any]) -> str:
    curves = [
        _points(report["adaptive"], "accuracy"),
        _points(report["stopping_alone"]["adaptive"], "accuracy"),
        _points(report["fixed"], "accuracy"),
        _points(report["fixed"], "majority_accuracy"),
    ]
    reached = [y for curve in curves for _, y in curve]
    low, high = min(reached) - 0.005, max(reached) + 0.005
    left, top, width, height = _PLOT
    target = next(row for row in report["fixed"] if row["overlap"] == 5)["accuracy"]
    y = _place((0.0, target), low, high)[1]
    parts = [
        f'<text x="{left}" y="22" font-size="13" font-weight="600" fill="#1a1a1a">{escape(name)}</text>',
        f'<rect x="{left}" y="{top}" width="{width}" height="{height}" fill="none" stroke="#cccccc"/>',
        *_ticks(low, high),
        f'<line x1="{left}" x2="{left + width}" y1="{y:.1f}" y2="{y:.1f}" stroke="#1f5fbf" stroke-width="0.8" '
        'stroke-dasharray="2 3"/>',
    ]
    for (_, colour, dashes), curve in reversed(list(zip(_CURVES, curves, strict=True))):
        parts.append(_line(curve, low, high, colour, dashes))
    return "".join(parts)


def _points(rows: list[dict[str, Any]], key: str) -> Points:
    return [(row["labels_per_item"], row[key]) for row in rows]


def _place(point: tuple[float, float], low: float, high: float) -> tuple[float, float]:
    left, top, width, height = _PLOT
    x = left + (point[0] - _LABELS[0]) / (_LABELS[1] - _LABELS[0]) * width
    return x, top + (high - point[1]) / (high - low) * height


def _line(curve: Points, low: float, high: float, colour: str, dashes: str) -> str:
    places = " ".join(f"{x:.1f},{y:.1f}" for x, y in (_place(point, low, high) for point in curve))
    style = f'stroke="{colour}" stroke-width="1.8" fill="none"' + (f' stroke-dasharray="{dashes}"' if dashes else "")
    return f'<polyline points="{places}" {style}/>'


def _ticks(low: float, high: float) -> list[str]:
    left, top, width, height = _PLOT
    parts = []
    for labels in range(2, 8):
        x = _place((labels, low), low, high)[0]
        parts.append(f'<text x="{x:.1f}" y="{top + height + 15}" text-anchor="middle" fill="#555555">{labels}</text>')
    for value in _round_values(low, high):
        y = _place((_LABELS[0], value), low, high)[1]
        parts.append(f'<line x1="{left}" x2="{left + width}" y1="{y:.1f}" y2="{y:.1f}" stroke="#eeeeee"/>')
        parts.append(f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end" fill="#555555">{value:.2f}</text>')
    middle = left + width / 2
    parts.append(
        f'<text x="{middle}" y="{top + height + 31}" text-anchor="middle" fill="#555555">labels an item</text>'
    )
    return parts


def _round_values(low: float, high: float) -> list[float]:
    """At most six round accuracies between the two."""
    step = next((step for step in (0.01, 0.02, 0.05, 0.1) if (high - low) / step <= 6), 0.2)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [number * step for number in range(first, last + 1)]


def _legend(width: int, height: int) -> str:
    parts = []
    for index, (name, colour, dashes) in enumerate(_CURVES):
        x, y = 20 + index * (width - 20) / len(_CURVES), height - 16
        style = f' stroke-dasharray="{dashes}"' if dashes else ""
        parts.append(
            f'<line x1="{x}" x2="{x + 22}" y1="{y - 4}" y2="{y - 4}" stroke="{colour}" stroke-width="2"{style}/>'
        )
        parts.append(f'<text x="{x + 27}" y="{y}" font-size="10" fill="#1a1a1a">{escape(name)}</text>')
    return "".join(parts)


if __name__ == "__main__":
    main()
