"""An index over the words of settled items."""

from pathlib import Path

from django.db import migrations

SQL = (Path(__file__).parent / "sql" / "words.sql").read_text()


class Migration(migrations.Migration):
    dependencies = [("queues", "0006_disputes_in_order")]

    operations = [migrations.RunSQL(SQL, "DROP INDEX item_settled_words; DROP FUNCTION queues_words")]
