"""How flat a claim is: with more items, far ahead of the others, and after a full re-score.

Prints one JSON line. `far_ahead_ratio` is the median claim of a reviewer who has answered the first 50,000 items over
that of a fresh one; `size_ratio` the fresh one's at `--items` over that at 10,000.
"""

import argparse
import json
import os
import random
import statistics
import time
from collections.abc import Sequence
from typing import Any

SMALL = 10_000
AHEAD = 50_000
CLAIMS = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=200_000)
    args = parser.parse_args()
    from config.embedded import embedded_postgres, temporary_home

    with temporary_home() as home, embedded_postgres(home, durable=False) as url:
        os.environ |= {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings.test"}
        import django

        django.setup()
        print(json.dumps(measure(args.items)))


def measure(n_items: int) -> dict[str, Any]:
    from django.core.management import call_command

    from apps.queues.services import cursors_reset
    from tests import factories

    call_command("migrate", verbosity=0)
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


def fill(queue: Any, size: int, *, traces: Sequence[str] = ()) -> None:
    """Copies of one item, made by the database; of the traces in turn, if any are given."""
    from apps.queues.models import Item
    from tests import factories

    template = factories.item(queue)
    fresh = {"id": "gen_random_uuid()", "source_key": "n::text", "sort_key": "-n::float8 / 1000", "trace_id": "NULL"}
    fresh["bumped_seq"] = "nextval('queues_bump_seq')"
    if traces:
        fresh["trace_id"] = "(%s::uuid[])[1 + n %% %s]"
    columns = [field.column for field in Item._meta.concrete_fields]
    values = ", ".join(fresh.get(column, f'i."{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    run(
        f"""INSERT INTO queues_item ({names})
            SELECT {values} FROM queues_item i, generate_series(1, %s) n WHERE i.id = %s""",  # noqa: S608
        [*([list(traces), len(traces)] if traces else []), size - 1, template.pk],
    )


def answer_first(queue: Any, reviewer: Any, n: int) -> None:
    run(
        """INSERT INTO queues_review (id, item_id, reviewer_id, state, token, lane, leased_at, expires_at, submitted_at,
               skip_reason)
           SELECT gen_random_uuid(), i.id, %s, 'submitted', nextval('queues_token_seq'), 'main', now(), now(), now(), ''
           FROM (SELECT id FROM queues_item WHERE queue_id = %s ORDER BY sort_key DESC, id LIMIT %s) i""",
        [reviewer.pk, queue.pk, n],
    )


def shuffle(queue: Any) -> None:
    run("UPDATE queues_item SET sort_key = -random() * 1000 WHERE queue_id = %s", [queue.pk])


def vacuum() -> None:
    run("VACUUM ANALYZE queues_item, queues_review")


def run(sql: str, params: list[Any] | None = None) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, params)


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
    main()
