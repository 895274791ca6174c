"""The claim's plans are kept with the connection: made on small tables, they have to serve large ones too."""

import random

import pytest
from django.db import connection
from django.utils import timezone

from apps.queues.services import review_claim
from bench.claim import answer_first, fill
from tests import factories

pytestmark = pytest.mark.django_db

AHEAD = 3_000


def claim(queue, person):
    return review_claim(queue=queue, reviewer=person, now=timezone.now(), rng=random.Random(1))


def rows_read():
    """Of reviews and items, by this transaction so far: (by an index, table after table)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(coalesce(idx_tup_fetch, 0)), sum(seq_tup_read) FROM pg_stat_xact_user_tables "
            "WHERE relname IN ('queues_review', 'queues_item')"
        )
        return cursor.fetchone()


def test_a_plan_made_on_small_tables_reads_no_more_of_large_ones(project):
    queue = factories.queue(project)
    early, late, fresh = (factories.member(project) for _ in range(3))
    factories.item(queue, sort_key=1.0)
    assert claim(queue, early) is not None  # from here on the plans are kept
    fill(queue, 2 * AHEAD)
    answer_first(queue, late, AHEAD)
    indexed, whole = rows_read()
    assert claim(queue, late) is not None
    indexed_after, whole_after = rows_read()
    # Once past all that he has answered, at a few rows each; any other way reads his answers again for each of them.
    assert AHEAD < indexed_after - indexed < 5 * AHEAD
    assert whole_after == whole
    indexed, whole = rows_read()
    assert claim(queue, fresh) is not None
    assert rows_read()[0] - indexed < 200


def test_no_plan_of_a_claim_is_compiled():
    # A kept plan is dear by its estimate where tables are large; compiling it anew for each claim took 20 ms.
    with connection.cursor() as cursor:
        cursor.execute("SELECT proconfig FROM pg_proc WHERE proname = 'queues_claim'")
        assert "jit=off" in cursor.fetchone()[0]
