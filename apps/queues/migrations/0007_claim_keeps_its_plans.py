"""A claim runs some fifteen small statements; planning them anew each time took a third of it."""

from django.db import migrations

# Nothing in their plans depends on the values: each walks a partial index made for it, from its beginning. Not even
# where the tables were small when they were last looked at, and a plan that reads them whole would be kept.
SETTINGS = ("plan_cache_mode = force_generic_plan", "enable_seqscan = off")
KEPT = (
    "queues_claim(uuid, uuid, timestamptz, text[], boolean, uuid, uuid)",
    "queues_item_write(uuid, text, int, int, timestamptz, text, text, int)",
)


class Migration(migrations.Migration):
    dependencies = [("queues", "0006_disputes_in_order")]

    operations = [
        migrations.RunSQL(
            [f"ALTER FUNCTION {name} SET {setting}" for name in KEPT for setting in SETTINGS],
            [f"ALTER FUNCTION {name} RESET ALL" for name in KEPT],
        )
    ]
