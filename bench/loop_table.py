"""A Markdown table of finished loop runs: `python -m bench.loop_table OUT.json...` (the files that --json wrote)."""

import json
import statistics
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    runs = [json.loads(Path(name).read_text(encoding="utf-8")) for name in sys.argv[1:]]
    print(table(runs))


def table(runs: list[dict[str, Any]]) -> str:
    """One row a run, its champion's accuracy after each round; then the mean of each strategy's last champions."""
    n_rounds = max(len(run["rounds"]) for run in runs)
    items = [row["items"] for row in max(runs, key=lambda run: len(run["rounds"]))["rounds"]]
    lines = [
        "| strategy | seed | " + " | ".join(f"{n:,} items" for n in items) + " | interval at the end | labels right |",
        "| --- | --- " + "| --- " * (n_rounds + 2) + "|",
    ]
    for run in sorted(runs, key=lambda run: (run["strategy"], run["seed"])):
        last = run["rounds"][-1]
        cells = [_share(row["test_accuracy"]) for row in run["rounds"]]
        interval = f"{_share(last['test_accuracy_low'])} to {_share(last['test_accuracy_high'])}"
        right = _share(last["consensus_accuracy"])
        lines.append("| " + " | ".join([run["strategy"], str(run["seed"]), *cells, interval, right]) + " |")
    return "\n".join([*lines, "", *_means(runs)])


def _means(runs: list[dict[str, Any]]) -> list[str]:
    last: dict[str, list[float]] = {}
    for run in runs:
        last.setdefault(run["strategy"], []).append(run["rounds"][-1]["test_accuracy"])
    ranked = sorted(last.items(), key=lambda pair: -statistics.mean(pair[1]))
    return [f"- {name}: {statistics.mean(found):.3f} on average over {len(found)} seeds" for name, found in ranked]


def _share(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}"


if __name__ == "__main__":
    main()
