"""How items come into queues, and what managers do with them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.errors import Conflict, InvalidInput
from apps.core.stored import stored
from apps.events.services import event_record
from apps.intake.models import Escalation, Prediction, Trace
from apps.intake.services import escalation_unanswerable
from apps.projects.labelling import data_from_trace
from apps.projects.models import LabelSchema, Project
from apps.projects.selectors import schema_current
from apps.queues.algorithms.draw import audit_draw
from apps.queues.models import Item, Queue, Review
from apps.queues.selectors import reviewer_ids
from apps.queues.services.adoption import search_text, trace_values
from apps.queues.services.leases import review_bar
from apps.queues.services.order import item_replace, latest_prediction, place_item
from apps.queues.services.slots import (
    answers_of,
    item_lock,
    item_reopen,
    item_to_adjudication,
    next_bump,
    slots_adjust,
    strand_check,
)
from apps.queues.words import state_word

_TAKING = (Queue.State.OPEN, Queue.State.PAUSED)
_BATCH = 500
_ALL_ANSWERS = stored("asked about again, with the most answers there can be")
_ASKED_AGAIN = stored("asked about it again")


@dataclass
class ItemsReport:
    """What became of traces: how many items were made, and why some could not be shown, by trace."""

    created: int = 0
    problems: dict[UUID, str] = field(default_factory=dict)


@transaction.atomic
def items_from_traces(*, project: Project, traces: Sequence[Trace], now: datetime) -> ItemsReport:
    """Make an item of each trace in every queue of the project that takes traces. Repeating it makes nothing new.

    A trace that the mapping cannot show is kept as a log; the report says why it was not queued.
    """
    report = ItemsReport()
    queues = list(project.queues.filter(takes_traces=True, state__in=_TAKING))
    if not queues or not traces:
        return report
    schema = schema_current(project=project)
    predictions = _predictions_of(traces)
    for trace in traces:
        if trace.pk is None or not hasattr(trace, "payload"):
            raise ValueError("Traces must be stored with their payload.")
    for queue in queues:
        items = []
        for trace in traces:
            try:
                data = data_from_trace(schema.mapping, trace_values(trace))
            except InvalidInput as exc:
                report.problems[trace.pk] = exc.message
                continue
            item = _new_item(
                queue=queue, schema=schema, data=data, source=Item.Source.TRACE, key=trace.trace_id, now=now
            )
            item.trace = trace
            place_item(item, queue=queue, trace=trace, prediction=predictions.get(trace.pk))
            items.append(item)
        report.created += _store(queue=queue, items=items)
    return report


def _store(*, queue: Queue, items: Sequence[Item]) -> int:
    have = set()
    for source in {item.source for item in items}:
        keys = [item.source_key for item in items if item.source == source]
        rows = Item.objects.filter(queue=queue, source=source, source_key__in=keys)
        have |= {(source, key) for key in rows.values_list("source_key", flat=True)}
    # An escalated trace already is an item of this queue.
    traced = Item.objects.filter(queue=queue, trace__in=[item.trace_id for item in items if item.trace_id])
    traced = traced.exclude(source=Item.Source.HONEYPOT)
    known = set(traced.values_list("trace_id", flat=True))
    fresh = [item for item in items if (item.source, item.source_key) not in have and item.trace_id not in known]
    Item.objects.bulk_create(fresh, batch_size=_BATCH, ignore_conflicts=True)
    return len(fresh)


def _predictions_of(traces: Iterable[Trace]) -> dict[UUID, Prediction]:
    rows = Prediction.objects.filter(trace__in=[trace.pk for trace in traces], probabilities__isnull=False)
    # Later rows overwrite earlier ones: a re-scoring wins over what was logged, the newest over older ones.
    return {row.trace_id: row for row in rows.order_by("-is_logged", "created_at")}


def _new_item(*, queue: Queue, schema: LabelSchema, data: dict[str, Any], source: str, key: str, now: datetime) -> Item:
    draw = audit_draw(seed=queue.seed, key=f"{source}:{key}", share=queue.audit_share)
    return Item(
        queue=queue,
        source=source,
        source_key=key,
        schema=schema,
        data=data,
        search_text=search_text(data),
        open_slots=queue.overlap_min,
        wanted=queue.overlap_min,
        wanted_max=queue.overlap_max,
        is_audit=draw.is_audit,
        audit_probability=draw.probability,
        audit_rank=draw.rank,
        enqueued_at=now,
    )


@transaction.atomic
def items_from_comparisons(*, queue: Queue, rows: Sequence[tuple[str, dict[str, Any]]], now: datetime) -> int:
    """Make items that are no trace: (key, data) of two outputs side by side. Repeating it makes nothing new."""
    schema = schema_current(project=queue.project)
    items = [
        _new_item(queue=queue, schema=schema, data=data, source=Item.Source.COMPARISON, key=key, now=now)
        for key, data in rows
    ]
    for item in items:
        place_item(item, queue=queue, trace=None, prediction=None)
    return _store(queue=queue, items=items)


@transaction.atomic
def item_escalate(*, escalation: Escalation, now: datetime) -> Item:
    """Put the escalated trace in front of people: its item gets severity and deadline, or is made.

    Raises:
        Conflict: no open queue of the project takes escalations.
        InvalidInput: the mapping cannot show the trace; names the variable.
    """
    trace, project = escalation.trace, escalation.project
    queue = (
        project.queues.filter(takes_escalations=True, state__in=_TAKING).order_by("takes_traces", "created_at").first()
    )
    if queue is None:
        raise Conflict(_("No open queue of this project takes escalations. A manager can open one."))
    existing = Item.objects.filter(queue=queue, trace=trace).exclude(source=Item.Source.HONEYPOT).first()
    item = _escalated_item(queue=queue, trace=trace, now=now) if existing is None else item_lock(item_id=existing.pk)
    deadlines = [due for due in (item.due_at, escalation.deadline_at) if due is not None]
    item.severity = max(item.severity, escalation.severity)
    item.due_at = min(deadlines, default=None)
    if item._state.adding:
        place_item(item, queue=queue, trace=trace, prediction=latest_prediction(trace))
        item.save()
    else:
        item_replace(item=item)
        if item.state == Item.State.OPEN:
            item.bumped_seq = next_bump()
            item.save(update_fields=["bumped_seq"])
    payload = {"escalation": str(escalation.pk)}
    event_record(verb="item.escalated", obj=item, project_id=project.pk, payload=payload, at=now)
    return item


def _escalated_item(*, queue: Queue, trace: Trace, now: datetime) -> Item:
    schema = schema_current(project=queue.project)
    data = data_from_trace(schema.mapping, trace_values(trace))
    item = _new_item(queue=queue, schema=schema, data=data, source=Item.Source.ESCALATION, key=trace.trace_id, now=now)
    item.trace = trace
    return item


@transaction.atomic
def item_hand_to(*, item_id: UUID, user: User, by: User) -> Item:
    """Reserve an open item for a named person of its queue: his next claim gets it.

    Raises:
        Conflict: the item is not open, or he has had it.
        InvalidInput: he does not work in this queue.
    """
    item = item_lock(item_id=item_id)
    if item.state != Item.State.OPEN:
        raise Conflict(
            _("This item is %(state)s; only an open one can be handed to somebody.") % {"state": state_word(item.state)}
        )
    if user.pk not in reviewer_ids(queue=item.queue):
        raise InvalidInput(_("%(user)s does not work in this queue.") % {"user": user}, field="user")
    if item.reviews.filter(reviewer=user).exclude(state=Review.State.EXPIRED).exists():
        raise Conflict(_("%(user)s has had this item.") % {"user": user})
    if item.open_slots == 0:
        item.wanted = min(item.wanted + 1, 9)
        item.wanted_max = max(item.wanted_max, item.wanted)
    item.reserved_for, item.reserved_until = user, None
    item.save(update_fields=["reserved_for", "reserved_until", "wanted", "wanted_max"])
    slots_adjust(item=item)
    event_record(verb="item.handed", obj=item, project_id=item.queue.project_id, actor=by, payload={"to": str(user.pk)})
    return item


@transaction.atomic
def item_retire(*, item_ids: Iterable[UUID], reason: str, by: User, now: datetime) -> int:
    """Take items out for good; their answers stay. Settled ones are left alone. Returns how many went."""
    if not reason.strip():
        raise InvalidInput(_("Say why these items are taken out."), field="reason")
    done = 0
    for item_id in sorted(item_ids):
        item = item_lock(item_id=item_id)
        if item.state in (Item.State.SETTLED, Item.State.RETIRED):
            continue
        item.state, item.retired_reason = Item.State.RETIRED, reason.strip()[:200]
        item.reserved_for = None
        item.save(update_fields=["reserved_for"])
        item.reviews.filter(state=Review.State.LEASED).update(state=Review.State.EXPIRED)
        slots_adjust(item=item)
        _clients_tell(item, now=now)
        event_record(verb="item.retired", obj=item, project_id=item.queue.project_id, actor=by)
        done += 1
    return done


def _clients_tell(item: Item, *, now: datetime) -> None:
    """Whoever waits for the item's answer learns that none will come."""
    if item.trace_id is None or not item.severity:
        return
    for escalation in Escalation.objects.filter(trace_id=item.trace_id, state=Escalation.State.WAITING):
        escalation_unanswerable(escalation=escalation, note=item.retired_reason, now=now)


@transaction.atomic
def item_requeue(*, item_ids: Iterable[UUID], by: User | None, now: datetime) -> int:
    """Bring settled, disputed or retired items back for one answer more than they have. Returns how many came.

    Where nobody is left who could give it, an adjudicator decides. Whoever asks for it gets an item that has answers
    never as a reviewer, since he could see them.

    `by` is None where no person asked for it but an escalation of a trace that was settled before.
    """
    done = 0
    for item_id in sorted(item_ids):
        item = item_lock(item_id=item_id)
        is_honeypot = item.source == Item.Source.HONEYPOT
        if item.state == Item.State.OPEN or item.queue.state == Queue.State.CLOSED or is_honeypot:
            continue
        submitted = answers_of(item).submitted
        is_told = submitted > 0 or item.state == Item.State.SETTLED
        if by is not None and is_told and by.pk in reviewer_ids(queue=item.queue):
            review_bar(item=item, reviewer=by, reason=_ASKED_AGAIN, now=now)
        item.retired_reason = ""
        item.wanted_max = min(max(item.wanted_max, submitted + 1), 9)
        item_reopen(item=item)
        item.wanted = min(max(item.wanted, submitted + 1), item.wanted_max)
        if not strand_check(item=item, answers=slots_adjust(item=item)) and submitted >= item.wanted:
            item_to_adjudication(item=item, reason=_ALL_ANSWERS, kind=Item.DisputeKind.NOBODY_LEFT)
        event_record(verb="item.requeued", obj=item, project_id=item.queue.project_id, actor=by)
        done += 1
    return done


@transaction.atomic
def item_prioritise(*, item_ids: Iterable[UUID], priority: float, by: User) -> int:
    """Give items a manager's own term, in points, from -10 to 10. Returns how many changed."""
    if not -10 <= priority <= 10:
        raise InvalidInput(_("A priority lies between -10 and 10."), field="priority")
    done = 0
    for item_id in sorted(item_ids):
        item = item_lock(item_id=item_id)
        item.priority = priority
        item_replace(item=item)
        item.bumped_seq = next_bump()
        item.save(update_fields=["bumped_seq"])
        event_record(
            verb="item.prioritised", obj=item, project_id=item.queue.project_id, actor=by, payload={"points": priority}
        )
        done += 1
    return done
