"""How long an adjudicator waits with many disputed and many settled items: the next dispute, and what is similar.

Prints one JSON line: medians and 95th percentiles in milliseconds, and what the index over settled words costs an item
that settles. Texts are made of words with the frequencies of a language (Zipf's law): a few common ones, many rare.
"""

import itertools
import random
import statistics
import time
from collections.abc import Callable
from typing import Any

from bench.database import fill, main_over_items, run

WORDS = 20_000
LOOKS = 100


def measure(n_items: int) -> dict[str, Any]:
    from apps.queues.models import Item
    from apps.queues.selectors import Narrowing, items_to_adjudicate
    from apps.workbench.disputes import overview
    from apps.workbench.similar import similar_settled
    from tests import factories

    project = factories.project()
    queue, other = factories.queue(project, "Disputed"), factories.queue(project, "Settled")
    adjudicator, reviewer = factories.member(project, "adjudicator"), factories.member(project)
    rng = random.Random(7)  # noqa: S311
    fill(queue, n_items)
    fill(other, n_items)
    dispute(queue)
    write_texts(other, rng)
    settle_ms = settle(other)
    agree(other)
    run("VACUUM ANALYZE queues_item, consensus_consensus")
    asked = list(Item.objects.filter(queue=other).order_by("pk")[:LOOKS])

    def following(**narrowed: str) -> Callable[[int], Any]:
        return lambda _n: list(
            items_to_adjudicate(queue=queue, user=adjudicator, narrowed=Narrowing(**narrowed)).values("pk")[:1]
        )

    return {
        "bench": "disputes",
        "items": n_items,
        "next": waits(following()),
        "next_asked": waits(following(kind="asked")),
        "next_label": waits(following(label="Refund")),
        "next_due": waits(following(order="due")),
        "overview": waits(lambda _n: overview(queue=queue, user=adjudicator, narrowed=Narrowing()), n=10),
        "similar": waits(lambda n: similar_settled(item=asked[n])),
        "similar_for_reviewers": waits(lambda n: similar_settled(item=asked[n], reviewer=reviewer)),
        **settle_ms,
    }


def dispute(queue: Any) -> None:
    """Every item before the adjudicator, one in four because a reviewer asked."""
    run("""UPDATE queues_item SET state = 'adjudication', open_slots = 0, doubt = floor(random() * 20) / 10,
                  dispute_kind = (ARRAY['split', 'split', 'split', 'asked'])[1 + floor(random() * 4)::int],
                  dispute_labels = '["Refund", "Exchange"]', enqueued_at = now() - random() * interval '9 days'
           WHERE queue_id = %s""", [queue.pk])  # fmt: skip


def agree(queue: Any) -> None:
    """A consensus for every item."""
    run("""INSERT INTO consensus_consensus (id, item_id, state, label, result, posterior, confidence, parts, method,
               n_annotations, n_simulated, updated_at)
           SELECT gen_random_uuid(), id, 'settled', 'Refund', '[]', '{"Refund": 1}', 1, '{}', 'majority', 2, 0, now()
           FROM queues_item WHERE queue_id = %s""", [queue.pk])  # fmt: skip


def write_texts(queue: Any, rng: random.Random) -> None:
    """Twelve words each."""
    from django.db import connection

    n_items = queue.items.count()
    shares = list(itertools.accumulate(1 / rank for rank in range(1, WORDS + 1)))
    run("CREATE TABLE bench_text (n serial PRIMARY KEY, words text)")
    with connection.cursor() as cursor, cursor.copy("COPY bench_text (words) FROM STDIN") as copy:
        for _ in range(n_items):
            copy.write_row([" ".join(f"word{n}" for n in rng.choices(range(WORDS), cum_weights=shares, k=12))])
    run("""UPDATE queues_item i SET search_text = t.words
           FROM (SELECT id, row_number() OVER () AS n FROM queues_item WHERE queue_id = %s) k
           JOIN bench_text t USING (n) WHERE i.id = k.id""", [queue.pk])  # fmt: skip


def settle(queue: Any) -> dict[str, float]:
    """Microseconds for an item to settle, with the index over words and without it."""
    from django.db import transaction

    half = "id IN (SELECT id FROM queues_item WHERE queue_id = %s AND state = 'open' LIMIT 5000)"
    sql = f"UPDATE queues_item SET state = 'settled', open_slots = 0, settled_at = now() WHERE {half}"  # noqa: S608

    def timed() -> float:
        started = time.perf_counter()
        run(sql, [queue.pk])
        return round((time.perf_counter() - started) * 1e6 / 5000, 1)

    timed()  # the first rows also warm what is read
    figures = {"settle_us": timed()}
    with transaction.atomic():
        run("DROP INDEX item_settled_words")
        figures["settle_without_index_us"] = timed()
        transaction.set_rollback(True)
    run("UPDATE queues_item SET state = 'settled', open_slots = 0, settled_at = now() WHERE queue_id = %s", [queue.pk])
    return figures


def waits(look: Callable[[int], Any], *, n: int = LOOKS) -> dict[str, float]:
    look(0)
    times = []
    for number in range(n):
        started = time.perf_counter()
        look(number)
        times.append((time.perf_counter() - started) * 1000)
    return {"median_ms": round(statistics.median(times), 1), "p95_ms": round(statistics.quantiles(times, n=20)[-1], 1)}


if __name__ == "__main__":
    main_over_items(__doc__, measure, usually=100_000)
