"""A throw-away database for a benchmark, and many items in it, written by the database itself."""

import argparse
import contextlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any


@contextlib.contextmanager
def database(settings: str = "config.settings.test", **environment: str) -> Iterator[None]:
    """Every table of Touchstone, empty; Django works on it until it goes at the end."""
    from config.embedded import embedded_postgres, temporary_home

    with temporary_home() as home, embedded_postgres(home, durable=False) as url:
        os.environ |= {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": settings, **environment}
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        yield


def main_over_items(about: str | None, measure: Callable[[int], dict[str, Any]], *, usually: int) -> None:
    """The command of a benchmark that has no choice but the number of items."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--items", type=int, default=usually)
    args = parser.parse_args()
    with database():
        print(json.dumps(measure(args.items)))


def fill(queue: Any, size: int, *, traces: Sequence[str] = ()) -> None:
    """Copies of one item, made by the database; of the traces in turn, if any are given."""
    from tests import factories

    fresh = {"sort_key": "-n::float8 / 1000", "bumped_seq": "nextval('queues_bump_seq')"}
    if traces:
        fresh["trace_id"] = "(%s::uuid[])[1 + n %% %s]"
    params = [list(traces), len(traces)] if traces else []
    factories.item_copies(factories.item(queue), size - 1, params=params, **fresh)


def answer_first(queue: Any, reviewer: Any, n: int) -> None:
    run(
        """INSERT INTO queues_review (id, item_id, reviewer_id, state, token, lane, leased_at, expires_at, submitted_at,
               skip_reason)
           SELECT gen_random_uuid(), i.id, %s, 'submitted', nextval('queues_token_seq'), 'main', now(), now(), now(), ''
           FROM (SELECT id FROM queues_item WHERE queue_id = %s ORDER BY sort_key DESC, id LIMIT %s) i""",
        [reviewer.pk, queue.pk, n],
    )


def vacuum() -> None:
    run("VACUUM ANALYZE queues_item, queues_review")


def run(sql: str, params: list[Any] | None = None) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, params)
