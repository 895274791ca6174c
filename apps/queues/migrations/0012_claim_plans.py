"""The claim with plans that are kept. docs/decisions/0014-claim-in-the-database.md"""

from django.db import migrations

from apps.queues.migrations._sql import function_of, sql

_FIRST, _HONEYPOTS = sql("0002_claim.sql"), sql("0005_honeypots.sql")
_WALK = ("queues_lock_first", "queues_take_main", "queues_take_walking")
UNDO = "\n".join([*(function_of(name, _FIRST) for name in _WALK), function_of("queues_claim", _HONEYPOTS)])


class Migration(migrations.Migration):
    dependencies = [("queues", "0011_label_budget")]

    operations = [migrations.RunSQL(sql("0012_claim_plans.sql"), UNDO)]
