"""Rows for tests, written straight into the tables: plain functions, one row each, every default a sensible one."""

from tests.factories.answers import adjudication, annotation, consensus, disputed_item, settled_item
from tests.factories.golden import golden_sides, golden_version
from tests.factories.honeypots import honeypot
from tests.factories.models import deployment, evaluation_run, gate_decision, model_version, training_run
from tests.factories.projects import choices_config, guideline, known_id, member, person, project, schema
from tests.factories.queues import (
    NOW,
    escalation,
    exclusion,
    item,
    item_copies,
    prediction,
    queue,
    reason,
    review,
    trace,
)
from tests.factories.results import choices_result

__all__ = [
    "NOW",
    "adjudication",
    "annotation",
    "choices_config",
    "choices_result",
    "consensus",
    "deployment",
    "disputed_item",
    "escalation",
    "evaluation_run",
    "exclusion",
    "gate_decision",
    "golden_sides",
    "golden_version",
    "guideline",
    "honeypot",
    "item",
    "item_copies",
    "known_id",
    "member",
    "model_version",
    "person",
    "prediction",
    "project",
    "queue",
    "reason",
    "review",
    "schema",
    "settled_item",
    "trace",
    "training_run",
]
