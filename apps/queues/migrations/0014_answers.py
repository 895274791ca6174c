"""Who is at an item, and its dispute, each as one statement. docs/decisions/0014-claim-in-the-database.md"""

from pathlib import Path

from django.db import migrations

_SQL = Path(__file__).parent / "sql"
SQL = (_SQL / "0014_answers.sql").read_text()
_DISPUTE = (_SQL / "dispute.sql").read_text().replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
UNDO = f"DROP FUNCTION queues_answers;\n{_DISPUTE}"


class Migration(migrations.Migration):
    dependencies = [("queues", "0013_no_index_twice")]

    operations = [migrations.RunSQL(SQL, UNDO)]
