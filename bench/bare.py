"""The yardstick: one view that claims and inserts with one statement, behind production's middleware and login."""

from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_POST

from config.urls import urlpatterns as production

TABLES = """
CREATE TABLE bench_item (id bigint PRIMARY KEY, sort_key float8 NOT NULL, is_open boolean NOT NULL);
CREATE INDEX bench_item_lane ON bench_item (sort_key DESC, id) WHERE is_open;
CREATE TABLE bench_answer (
    item_id bigint REFERENCES bench_item, reviewer_id uuid, label text, PRIMARY KEY (item_id, reviewer_id));
INSERT INTO bench_item SELECT n, -n, true FROM generate_series(1, {size}) n;
ANALYZE bench_item;
"""
STATEMENT = """
WITH taken AS (
    SELECT id FROM bench_item WHERE is_open ORDER BY sort_key DESC, id LIMIT 1 FOR UPDATE SKIP LOCKED
), closed AS (
    UPDATE bench_item SET is_open = false FROM taken WHERE bench_item.id = taken.id
)
INSERT INTO bench_answer SELECT id, %s, %s FROM taken RETURNING item_id
"""


@require_POST
def bare(request: HttpRequest) -> HttpResponse:
    """Knows the person by his session, as the real address does."""
    if not request.user.is_authenticated:
        raise Http404
    return _claim_and_insert(request.user.pk, request.POST["label"])


@require_POST
def barest(request: HttpRequest) -> HttpResponse:
    """Believes what the form says of the person: the same middleware, whose session nobody opens."""
    return _claim_and_insert(request.POST["reviewer"], request.POST["label"])


def _claim_and_insert(reviewer: object, label: str) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT, [reviewer, label])
        row = cursor.fetchone()
    return HttpResponse(str(row and row[0]))


urlpatterns = [path("bare/", bare), path("barest/", barest), *production]
