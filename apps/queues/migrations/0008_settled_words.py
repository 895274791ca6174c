"""An index over the words of settled items."""

from pathlib import Path

from django.db import migrations

SQL = (Path(__file__).parent / "sql" / "words.sql").read_text()


class Migration(migrations.Migration):
    dependencies = [("queues", "0007_claim_keeps_its_plans")]

    operations = [migrations.RunSQL(SQL, "DROP INDEX item_settled_words; DROP FUNCTION queues_words")]
