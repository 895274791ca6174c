"""Reads of the current labels, for clients and downloads."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Func, IntegerField, OuterRef, Q, QuerySet, Subquery

from apps.consensus.models import Consensus
from apps.intake.models import Trace
from apps.labeling.models import Annotation
from apps.projects.models import Project

_WITH_LABEL = (Consensus.State.SETTLED, Consensus.State.ADJUDICATED, Consensus.State.AMBIGUOUS)


@dataclass(frozen=True)
class PartLabel:
    """What the answers to one question add up to."""

    confidence: float
    is_decided: bool
    counts: bool  # whether the item's confidence rests on it
    low: float | None  # of a rating or a number, at 95 %; None: it has no interval
    high: float | None
    regions: tuple[float, ...] | None  # of marked regions, the confidence of each


@dataclass(frozen=True)
class Label:
    """What people made of one item. `trace_id` is None for an item that is no trace."""

    item_id: UUID
    trace_id: str | None
    source_key: str
    queue: str
    state: str
    label: str
    result: list[Any] | None
    confidence: float
    distribution: dict[str, float]  # {label: probability}; all that there is to tell of an ambiguous item
    parts: dict[str, PartLabel]  # by question, as the answers have it; empty where one choice is the only question
    method: str
    n_annotations: int
    n_assisted: int  # of these, given after seeing a model's guess
    is_simulated: bool  # at least one answer behind it was simulated
    is_synthetic: bool  # the trace was made up
    schema_version: int
    settled_at: datetime | None
    data: dict[str, Any]


# How many current answers to an item were given after seeing a model's guess.
_ASSISTED = (
    Annotation.objects.filter(item=OuterRef("item"), status=Annotation.Status.CURRENT)
    .exclude(assistance=Annotation.Assistance.NONE)
    .order_by()
    .annotate(n=Func("pk", function="count"))
    .values("n")
)


def consensuses_of(*, project: Project) -> QuerySet[Consensus]:
    """The project's settled, adjudicated and ambiguous consensuses of items that are settled now, by id."""
    return (
        Consensus.objects.filter(item__queue__project=project, item__state="settled", state__in=_WITH_LABEL)
        .annotate(n_assisted=Subquery(_ASSISTED, output_field=IntegerField()))
        .select_related("item__queue", "item__trace", "item__schema")
        .order_by("pk")
    )


def label_of(consensus: Consensus) -> Label:
    """One consensus in the words of a client."""
    item = consensus.item
    return Label(
        item_id=item.pk,
        trace_id=item.trace.trace_id if item.trace else None,
        source_key=item.source_key,
        queue=item.queue.slug,
        state=consensus.state,
        label=consensus.label,
        result=consensus.result,
        confidence=consensus.confidence,
        distribution=consensus.posterior,
        parts={name: _part(stored, consensus) for name, stored in consensus.parts.items()},
        method=consensus.method,
        n_annotations=consensus.n_annotations,
        n_assisted=consensus.n_assisted,  # type: ignore[attr-defined]  # annotated by `consensuses_of`
        is_simulated=consensus.n_simulated > 0,
        is_synthetic=item.trace is not None and item.trace.origin == Trace.Origin.SYNTHETIC,
        schema_version=item.schema.version,
        settled_at=item.settled_at,
        data=item.data,
    )


def _part(stored: dict[str, Any], consensus: Consensus) -> PartLabel:
    """A question that is the only one keeps its interval alone: the rest is what the votes say of the item."""
    sure = max(consensus.posterior.values(), default=consensus.confidence)
    regions = stored.get("regions")
    return PartLabel(
        confidence=stored.get("confidence", sure),
        is_decided=stored.get("is_decided", consensus.label != ""),
        counts=stored.get("counts", True),
        low=_number(stored.get("low")),
        high=_number(stored.get("high")),
        regions=None if regions is None else tuple(regions),
    )


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def labels_of_trace(*, trace: Trace) -> list[Label]:
    """The current label of each queue that judged the trace."""
    found = consensuses_of(project=trace.project).filter(item__trace=trace)
    return [label_of(consensus) for consensus in found]


def labels_page(*, project: Project, after: UUID | None, limit: int, state: str = "") -> list[Label]:
    """Up to `limit` labels by item id, behind `after`. One query."""
    found = consensuses_of(project=project).order_by("item_id")
    chosen = Q(state=state) if state else Q()
    behind = Q(item_id__gt=after) if after else Q()
    return [label_of(consensus) for consensus in found.filter(chosen & behind)[:limit]]


def labels_all(*, project: Project) -> Iterator[Label]:
    """Every current label by item id, read in pages: a long download holds no transaction open."""
    after: UUID | None = None
    while page := labels_page(project=project, after=after, limit=1000):
        yield from page
        after = page[-1].item_id
