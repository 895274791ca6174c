"""One writer of an item's life, and a claim with fewer looks. docs/decisions/0014-claim-in-the-database.md"""

from django.db import migrations

from apps.queues.migrations._sql import function_of, sql

UNDO = f"""
DROP FUNCTION queues_item_write;
{function_of("queues_item_write", sql("0002_claim.sql"))}
{function_of("queues_claim", sql("0012_claim_plans.sql"))}
"""


class Migration(migrations.Migration):
    dependencies = [("queues", "0014_answers")]

    operations = [migrations.RunSQL(sql("0015_one_writer.sql"), UNDO)]
