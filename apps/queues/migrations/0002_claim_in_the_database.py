"""A claim is one function, so that it is one round trip and its plans are kept by the connection."""

from pathlib import Path

from django.db import migrations

SQL = (Path(__file__).parent / "sql" / "0002_claim.sql").read_text()
UNDO = """
DROP FUNCTION queues_claim, queues_take_walking, queues_take_main, queues_to_top, queues_lock_first,
    queues_item_write
"""


class Migration(migrations.Migration):
    dependencies = [
        ("intake", "0003_imports_in_steps"),
        ("projects", "0001_initial"),
        ("queues", "0001_initial"),
    ]

    operations = [migrations.RunSQL(SQL, UNDO)]
