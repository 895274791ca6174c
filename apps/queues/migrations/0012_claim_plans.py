"""The claim with plans that are kept. docs/decisions/0014-claim-in-the-database.md"""

from pathlib import Path

from django.db import migrations

_SQL = Path(__file__).parent / "sql"
SQL = (_SQL / "0012_claim_plans.sql").read_text()
_FIRST, _HONEYPOTS = ((_SQL / name).read_text() for name in ("0002_claim.sql", "0005_honeypots.sql"))


def _function(name: str, text: str) -> str:
    """As an earlier migration made it."""
    body = text.partition(f"FUNCTION {name}(")[2].partition("END $$;")[0]
    return f"CREATE OR REPLACE FUNCTION {name}({body}END $$;"


_WALK = ("queues_lock_first", "queues_take_main", "queues_take_walking")
UNDO = "\n".join([*(_function(name, _FIRST) for name in _WALK), _function("queues_claim", _HONEYPOTS)])


class Migration(migrations.Migration):
    dependencies = [("queues", "0011_label_budget")]

    operations = [migrations.RunSQL(SQL, UNDO)]
