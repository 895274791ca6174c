"""How flat a claim is: with more items, far ahead of the others, and after a full re-score.

Prints one JSON line. `far_ahead_ratio` is the median claim of a reviewer who has answered the first 50,000 items over
that of a fresh one; `size_ratio` the fresh one's at `--items` over that at 10,000.
"""

import random
import statistics
import time
from typing import Any

from bench.database import answer_first, fill, main_over_items, run, vacuum

SMALL = 10_000
AHEAD = 50_000
CLAIMS = 200


def measure(n_items: int) -> dict[str, Any]:
    from apps.queues.services import cursors_reset
    from tests import factories

    project = factories.project()
    small, large = factories.queue(project, "Small"), factories.queue(project, "Large")
    for queue, size in ((small, SMALL), (large, n_items)):
        fill(queue, size)
    fresh = [factories.member(project) for _ in range(3)]
    ahead = factories.member(project)
    answer_first(large, ahead, min(AHEAD, n_items // 2))
    vacuum()
    figures = {
        "fresh_small_ms": claims(small, fresh[0]),
        "fresh_ms": claims(large, fresh[1]),
        "far_ahead_first_ms": claims(large, ahead, n=1),
        "far_ahead_ms": claims(large, ahead),
    }
    shuffle(large)
    cursors_reset(queue=large)
    vacuum()
    figures["rescored_first_ms"] = claims(large, ahead, n=1)
    figures["rescored_ms"] = claims(large, ahead)
    return {
        "bench": "claim",
        "items": n_items,
        "far_ahead_ratio": round(figures["far_ahead_ms"] / figures["fresh_ms"], 2),
        "rescored_ratio": round(figures["rescored_ms"] / figures["fresh_ms"], 2),
        "size_ratio": round(figures["fresh_ms"] / figures["fresh_small_ms"], 2),
        **{name: round(value, 2) for name, value in figures.items()},
    }


def shuffle(queue: Any) -> None:
    run("UPDATE queues_item SET sort_key = -random() * 1000 WHERE queue_id = %s", [queue.pk])


def claims(queue: Any, reviewer: Any, n: int = CLAIMS) -> float:
    """Median milliseconds of a claim; each item is skipped at once, so that the next claim gets another one."""
    from django.utils import timezone

    from apps.queues.services import review_claim, review_skip

    rng = random.Random(1)  # noqa: S311
    times = []
    for _ in range(n):
        started = time.perf_counter()
        review = review_claim(queue=queue, reviewer=reviewer, now=timezone.now(), rng=rng)
        times.append((time.perf_counter() - started) * 1000)
        assert review is not None
        review_skip(review=review, token=review.token, reason="measured")
    return statistics.median(times)


if __name__ == "__main__":
    main_over_items(__doc__, measure, usually=200_000)
