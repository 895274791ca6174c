"""The weight of the workbench for a task with choices, and when it can be used, in Chromium on production's settings.

Prints one JSON line: compressed bytes of the first load with everything it asks for (`first_kb`), of the answer that
brings the next item (`item_kb`), and milliseconds until the item can be answered with an empty cache (`usable_ms`).
"""

import json
import statistics
from typing import Any

from bench.browser import reviewer_page
from bench.server import served_database, server

LOADS, ITEMS = 5, 5
USABLE = "#answer button[data-key], #answer input[data-key], #answer [data-key] input"


def main() -> None:
    with served_database():
        queue, email = _house()
        with server() as port:
            print(json.dumps(measure(f"http://127.0.0.1:{port}", queue, email)))


def _house() -> tuple[str, str]:
    from tests import factories

    project = factories.project()
    factories.guideline(project)
    queue = factories.queue(project)
    for _ in range(LOADS + ITEMS + 2):
        factories.item(queue)
    return str(queue.pk), factories.member(project).email


def measure(address: str, queue: str, email: str) -> dict[str, Any]:
    with reviewer_page(address, email) as page:
        devtools = page.context.new_cdp_session(page)
        devtools.send("Network.enable")
        received: list[int] = []
        devtools.on("Network.loadingFinished", lambda done: received.append(int(done["encodedDataLength"])))
        loads, times = [], []
        for _ in range(LOADS):
            devtools.send("Network.clearBrowserCache")
            received.clear()
            page.goto(f"/review/{queue}/", wait_until="commit")
            page.wait_for_selector(USABLE, state="attached")
            times.append(page.evaluate("performance.now()"))
            page.wait_for_load_state("networkidle")
            loads.append((sum(received), len(received)))
        items = [_next_item(page) for _ in range(ITEMS)]
    return {
        "bench": "weight",
        "first_kb": round(max(size for size, _ in loads) / 1000, 1),
        "requests": max(count for _, count in loads),
        "item_kb": round(max(items) / 1000, 1),
        "usable_ms": round(statistics.median(times)),
    }


def _next_item(page: Any) -> int:
    """Bytes of the answer to one key press, headers included."""
    with page.expect_response(lambda response: "/answer/" in response.url) as sent:
        page.keyboard.press("1")
    sizes = sent.value.request.sizes()
    page.wait_for_load_state("networkidle")
    return int(sizes["responseBodySize"] + sizes["responseHeadersSize"])


if __name__ == "__main__":
    main()
