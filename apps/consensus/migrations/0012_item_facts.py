"""What an item's next state depends on, in one statement. docs/decisions/0014-claim-in-the-database.md"""

from pathlib import Path

from django.db import migrations

SQL = (Path(__file__).parent / "sql" / "0012_item_facts.sql").read_text()


class Migration(migrations.Migration):
    dependencies = [
        ("consensus", "0011_items_taken_out_of_rounds"),
        ("labeling", "0006_no_index_twice"),
        ("projects", "0001_initial"),
        ("queues", "0014_answers"),
    ]

    operations = [migrations.RunSQL(SQL, "DROP FUNCTION consensus_item_facts;")]
