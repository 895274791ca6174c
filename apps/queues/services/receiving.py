"""What a client sends becomes work: the fact is stored and queued in one transaction, or neither is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.intake import services as intake
from apps.intake.models import Signal
from apps.projects.models import ApiKey, Project
from apps.queues.models import Item
from apps.queues.services.items import item_escalate, item_requeue, items_from_traces
from apps.queues.services.order import item_terms_refresh


@dataclass(frozen=True)
class Received:
    """Verdicts in the order of the rows, and by trace why it is kept but shown to nobody."""

    verdicts: list[intake.RowVerdict]
    items_created: int = 0
    not_queued: dict[UUID, str] = field(default_factory=dict)


@transaction.atomic
def traces_receive(
    *, project: Project, rows: Sequence[Mapping[str, Any]], api_key: ApiKey | None = None, now: datetime
) -> Received:
    """Store the rows that fit and make items of the new ones in the queues that take traces."""
    verdicts = intake.trace_ingest(project=project, rows=rows, api_key=api_key, now=now)
    new = [one.trace for one in verdicts if one.status == intake.CREATED and one.trace is not None]
    report = items_from_traces(project=project, traces=new, now=now)
    return Received(verdicts, report.created, report.problems)


@transaction.atomic
def signal_receive(
    *, project: Project, row: Mapping[str, Any], api_key: ApiKey | None = None, now: datetime
) -> intake.SignalReceipt:
    """Store one signal; one that shows confusion moves the trace's open items."""
    receipt = intake.signal_ingest(project=project, row=row, api_key=api_key, now=now)
    if receipt.is_new and receipt.signal.verdict == Signal.Verdict.PRIORITY:
        item_terms_refresh(trace=receipt.signal.trace)
    return receipt


@transaction.atomic
def escalation_receive(
    *,
    project: Project,
    row: Mapping[str, Any],
    api_key: ApiKey | None = None,
    idempotency_key: str = "",
    now: datetime,
) -> intake.EscalationReceipt:
    """Store an escalation and put its trace in front of people.

    Raises:
        InvalidInput: a field does not fit, or the mapping cannot show the trace.
        Conflict: no open queue takes escalations. Nothing is stored.
    """
    receipt = intake.escalation_create(
        project=project, row=row, api_key=api_key, idempotency_key=idempotency_key, now=now
    )
    if receipt.is_new:
        item = item_escalate(escalation=receipt.escalation, now=now)
        if item.state in (Item.State.SETTLED, Item.State.RETIRED):
            # Nobody would look at it again, and the client would wait for ever.
            item_requeue(item_ids=[item.pk], by=None, now=now)
    return receipt
