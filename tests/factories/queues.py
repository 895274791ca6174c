"""Traces, queues, items, reviews."""

import itertools
from collections.abc import Sequence
from datetime import timedelta

from django.db import connection
from django.utils.text import slugify

from apps.accounts.models import User
from apps.core.canonical import sha256_hex
from apps.intake.models import Escalation, Prediction, Trace, TracePayload
from apps.projects.labelling import data_from_trace
from apps.projects.models import EscalationReason, Project
from apps.projects.selectors import schema_current
from apps.queues.models import Item, Queue, Review, ReviewerExclusion
from tests.factories.clock import NOW

__all__ = ["NOW", "escalation", "exclusion", "item", "item_copies", "prediction", "queue", "reason", "review", "trace"]

_number = itertools.count(1)


def trace(project: Project, text: str = "", *, output=None, context=None, trace_id: str = "", **fields) -> Trace:
    """A logged row whose input is `text`."""
    number = next(_number)
    text = text or f"Where is my order number {number}?"
    defaults = {"occurred_at": NOW, "received_at": NOW, "model": "assistant-1"} | fields
    made = Trace.objects.create(
        project=project,
        trace_id=trace_id or f"trace-{number}",
        content_hash=sha256_hex({"input": text, "output": output}),
        body_hash=sha256_hex([number, text]),
        **defaults,
    )
    TracePayload.objects.create(trace=made, input=text, output=output, context=context)
    return made


_new_trace = trace  # for functions that take a `trace`


def prediction(
    trace: Trace, probabilities: dict[str, float], *, model_ref: str = "assistant-1", **fields
) -> Prediction:
    label = max(probabilities, key=lambda name: probabilities[name])
    defaults = {"created_at": NOW} | fields
    return Prediction.objects.create(
        trace=trace, model_ref=model_ref, label=label, probabilities=probabilities, **defaults
    )


def queue(project: Project, name: str = "Main queue", **fields) -> Queue:
    slug = f"{slugify(name)}-{next(_number)}"
    defaults = {"epoch": NOW, "seed": 7, "created_by": project.created_by, "created_at": NOW} | fields
    return Queue.objects.create(project=project, name=name, slug=slug, **defaults)


def item(queue: Queue, text: str = "", *, trace: Trace | None = None, **fields) -> Item:
    """An open item of a trace (a new one unless given), with the queue's minimum of slots."""
    trace = trace or _new_trace(queue.project, text)
    schema = fields.pop("schema", None) or schema_current(project=queue.project)
    payload = trace.payload
    data = data_from_trace(
        schema.mapping, {"input": payload.input, "output": payload.output, "context": payload.context}
    )
    is_open = fields.get("state", "open") == "open"
    defaults = {
        "source_key": str(trace.pk),
        "schema": schema,
        "data": data,
        "search_text": str(next(iter(data.values()), "")),
        "open_slots": queue.overlap_min if is_open else 0,
        "wanted": queue.overlap_min,
        "wanted_max": queue.overlap_max,
        "sort_key": 0.0,
        "audit_probability": queue.audit_share,
        "audit_rank": 0.5,
        "enqueued_at": NOW,
    } | fields
    return Item.objects.create(queue=queue, trace=trace, **defaults)


def item_copies(template: Item, n: int, *, params: Sequence[object] = (), **columns: str) -> None:
    """So many items like one, made by the database.

    `columns` are expressions over `n` from 1 and the template `i`, such as `sort_key="-n"`, with percent signs doubled;
    `params` are theirs.
    """
    fresh = {"id": "gen_random_uuid()", "source_key": "n::text", "trace_id": "NULL"} | columns
    names = [field.column for field in Item._meta.concrete_fields]
    values = ", ".join(fresh.get(name, f'i."{name}"') for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO queues_item ({", ".join(f'"{name}"' for name in names)})
                SELECT {values} FROM queues_item i, generate_series(1, %s) n WHERE i.id = %s""",
            [*params, n, template.pk],
        )
        cursor.execute("ANALYZE queues_item")


def review(item: Item, reviewer: User, *, state: str = "submitted", **fields) -> Review:
    number = next(_number)
    defaults = {
        "token": number,
        "lane": "main",
        "leased_at": NOW,
        "expires_at": NOW + timedelta(seconds=item.queue.lease_seconds),
        "submitted_at": NOW if state == "submitted" else None,
        "skip_reason": "Not mine to say" if state == "skipped" else "",
    } | fields
    return Review.objects.create(item=item, reviewer=reviewer, state=state, **defaults)


def reason(project: Project, code: str = "wrong-answer", **fields) -> EscalationReason:
    defaults = {"text": "The answer is wrong", "severity": 3} | fields
    return EscalationReason.objects.create(project=project, code=code, **defaults)


def escalation(trace: Trace, reason: EscalationReason, **fields) -> Escalation:
    defaults = {"severity": reason.severity, "created_at": NOW} | fields
    return Escalation.objects.create(project=trace.project, trace=trace, reason=reason, **defaults)


def exclusion(queue: Queue, reviewer: User, **fields) -> ReviewerExclusion:
    """The reviewer's answers count for nothing in the queue now."""
    defaults = {"reason": "Answered by chance", "started_by": queue.created_by, "started_at": NOW} | fields
    return ReviewerExclusion.objects.create(queue=queue, reviewer=reviewer, **defaults)
