"""From a trace to what an item shows, and how a waiting item takes on a new version of the labels."""

from typing import Any

from apps.core.errors import InvalidInput
from apps.intake.models import Trace
from apps.projects.labelling import config_of, data_from_trace
from apps.projects.models import LabelSchema
from apps.projects.selectors import schema_current
from apps.queues.models import Item

_SEARCH_CHARS = 2000


def trace_values(trace: Trace) -> dict[str, Any]:
    """The trace as a mapping's JMESPath expressions see it. Needs its payload."""
    payload = trace.payload
    return {
        "trace_id": trace.trace_id,
        "input": payload.input,
        "output": payload.output,
        "context": payload.context,
        "model": trace.model,
        "attributes": trace.attributes,
    }


def search_text(data: dict[str, Any]) -> str:
    """What the items page searches in."""
    return "\n".join(value for value in data.values() if isinstance(value, str))[:_SEARCH_CHARS]


def schema_adopt(*, item: Item) -> bool:
    """Let a locked item that was just leased take on the project's current schema. Returns whether it did.

    Not where the current version cannot show the item. The claim asks for it only when nobody else holds the item: an
    open lease finishes under the version it began with. Answers given before keep their version and are read by the
    label maps in between.
    """
    current = schema_current(project=item.queue.project)
    data = _data_under(current, item)
    if data is None:
        return False
    item.schema, item.data, item.search_text = current, data, search_text(data)
    item.save(update_fields=["schema", "data", "search_text"])
    return True


def _data_under(schema: LabelSchema, item: Item) -> dict[str, Any] | None:
    if item.trace_id is None:
        shown: dict[str, Any] = item.data
        return shown if set(config_of(schema).variables) <= set(shown) else None
    # Whole: a claim leaves most of it in the database.
    trace = Trace.objects.select_related("payload").get(pk=item.trace_id)
    if trace.payload.erased_at is not None:
        return None
    try:
        return data_from_trace(schema.mapping, trace_values(trace))
    except InvalidInput:
        return None
