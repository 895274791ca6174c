"""A claim runs some fifteen small statements; planning them anew each time took a third of it."""

from django.db import migrations

# Nothing in their plans depends on the values: each walks a partial index made for it, from its beginning.
KEPT = (
    "queues_claim(uuid, uuid, timestamptz, text[], boolean, uuid, uuid)",
    "queues_item_write(uuid, text, int, int, timestamptz, text, text, int)",
)


class Migration(migrations.Migration):
    dependencies = [("queues", "0006_disputes_in_order")]

    operations = [
        migrations.RunSQL(
            "; ".join(f"ALTER FUNCTION {name} SET plan_cache_mode = force_generic_plan" for name in KEPT),
            "; ".join(f"ALTER FUNCTION {name} RESET plan_cache_mode" for name in KEPT),
        )
    ]
