"""One writer of an item's life, and a claim with fewer looks. docs/decisions/0014-claim-in-the-database.md"""

from pathlib import Path

from django.db import migrations

_SQL = Path(__file__).parent / "sql"
SQL = (_SQL / "0015_one_writer.sql").read_text()
_FIRST, _PLANS = ((_SQL / name).read_text() for name in ("0002_claim.sql", "0012_claim_plans.sql"))


def _function(name: str, text: str) -> str:
    """As an earlier migration made it."""
    body = text.partition(f"FUNCTION {name}(")[2].partition("END $$;")[0]
    return f"CREATE OR REPLACE FUNCTION {name}({body}END $$;"


UNDO = f"""
DROP FUNCTION queues_item_write;
{_function("queues_item_write", _FIRST)}
{_function("queues_claim", _PLANS)}
"""


class Migration(migrations.Migration):
    dependencies = [("queues", "0014_answers")]

    operations = [migrations.RunSQL(SQL, UNDO)]
