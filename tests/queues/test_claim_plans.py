"""The functions of a claim keep their plans, whichever migration wrote them last."""

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["queues_claim", "queues_item_write"])
def test_function_keeps_its_plans(name):
    with connection.cursor() as cursor:
        cursor.execute("SELECT proconfig FROM pg_proc WHERE proname = %s", [name])
        assert cursor.fetchall() == [(["plan_cache_mode=force_generic_plan", "enable_seqscan=off"],)]
