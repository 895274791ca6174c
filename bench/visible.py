"""From the key press that answers until the next item is painted, in Chromium on production's settings.

Prints one JSON line: milliseconds at the median and at the 95th percentile. They depend on the machine, whose browser,
server and database share its processors here.
"""

import argparse
import json
import statistics

from bench.browser import reviewer_page
from bench.database import fill, vacuum
from bench.reviewers import p95
from bench.server import served_database, server

ITEMS, PRESSES, WARMING = 1_000_000, 200, 20
TRACES = 500
ANSWERABLE = "#answer [data-key]"
# Painted: the card was swapped, and a frame drawn after it has ended.
WATCH = """() => {
  window.times = [];
  let pressed = 0;
  addEventListener("keydown", () => { pressed = performance.now(); }, true);
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (!event.detail.requestConfig.path.endsWith("/answer/")) return;
    requestAnimationFrame(() => setTimeout(() => window.times.push(performance.now() - pressed)));
  });
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=ITEMS)
    parser.add_argument("--presses", type=int, default=PRESSES)
    args = parser.parse_args()
    with served_database():
        queue, email = _house(args.items)
        with server() as port:
            times = measure(f"http://127.0.0.1:{port}", queue, email, presses=args.presses)
    figures = {"median_ms": round(statistics.median(times), 1), "p95_ms": round(p95(times) / 1000, 1)}
    print(json.dumps({"bench": "visible", "items": args.items, "presses": len(times), **figures}))


def _house(items: int) -> tuple[str, str]:
    from tests import factories

    project = factories.project()
    factories.guideline(project)
    queue = factories.queue(project)
    fill(queue, items, traces=[str(factories.trace(project).pk) for _ in range(TRACES)])
    vacuum()
    for _ in range(2):  # others who could answer, so that an item waits for them
        factories.member(project)
    return str(queue.pk), factories.member(project).email


def measure(address: str, queue: str, email: str, *, presses: int) -> list[float]:
    """Milliseconds of each press after the first few."""
    with reviewer_page(address, email) as page:
        page.goto(f"/review/{queue}/")
        page.wait_for_selector(ANSWERABLE, state="attached")
        page.evaluate(WATCH)
        for n in range(1, WARMING + presses + 1):
            page.keyboard.press(_key(n))
            page.wait_for_function("n => window.times.length === n", arg=n)
        times: list[float] = page.evaluate("window.times")
    return times[WARMING:]


def _key(n: int) -> str:
    return "1" if n % 3 else "2"


if __name__ == "__main__":
    main()
