"""The walk back from a model to every vote behind it. Each step is a row that the database keeps from change."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from apps.accounts.models import User
from apps.consensus.models import Adjudication
from apps.golden.exports import ExportRow, rows_of
from apps.golden.models import GoldenItem, GoldenVersion
from apps.labeling.models import Annotation
from apps.labeling.widgets.answers import answer_words
from apps.projects.labelling import parse_config
from apps.queues.models import Item, Queue
from apps.queues.selectors import reviewer_ids


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's answer as it counted when the version was frozen."""

    annotation: Annotation
    words: str

    @property
    def is_simulated(self) -> bool:
        return self.annotation.source == Annotation.Source.SIMULATED


@dataclass(frozen=True, slots=True)
class Trail:
    """One golden item and all that it rests on. `votes_hidden`: it is open again and may come to the reader."""

    row: ExportRow
    golden: GoldenItem
    item: Item
    votes: list[Vote] = field(default_factory=list)
    decision: Adjudication | None = None
    votes_hidden: bool = False


def trails_of(version: GoldenVersion, items: Iterable[GoldenItem], *, reader: User) -> list[Trail]:
    """What the items of one page rest on. Four queries and one for each queue with an item that is open again.

    Args:
        items: with `payload` and `item__trace`, `item__queue` loaded.
    """
    rows = list(items)
    votes = _votes(rows)
    decisions = Adjudication.objects.select_related("adjudicator").in_bulk(
        [UUID(row.provenance["adjudication_id"]) for row in rows if row.provenance["adjudication_id"]]
    )
    hidden = _hidden_queues(rows, reader)
    return [
        Trail(
            row=shown,
            golden=row,
            item=row.item,
            votes=[votes[key] for key in row.provenance["annotation_ids"]],
            decision=decisions.get(UUID(row.provenance["adjudication_id"]))
            if row.provenance["adjudication_id"]
            else None,
            votes_hidden=row.item.state == Item.State.OPEN and row.item.queue_id in hidden,
        )
        for row, shown in zip(rows, rows_of(version, rows), strict=True)
    ]


def _votes(rows: Iterable[GoldenItem]) -> dict[str, Vote]:
    ids = [key for row in rows for key in row.provenance["annotation_ids"]]
    found = Annotation.objects.filter(pk__in=ids).select_related("reviewer", "guideline", "schema")
    return {str(one.pk): Vote(one, answer_words(parse_config(one.schema.config), one.result)) for one in found}


def _hidden_queues(rows: Iterable[GoldenItem], reader: User) -> set[UUID]:
    """Queues in which the reader works, of those that have an item open again."""
    queues: dict[UUID, Queue] = {row.item.queue_id: row.item.queue for row in rows if row.item.state == Item.State.OPEN}
    return {key for key, queue in queues.items() if reader.pk in reviewer_ids(queue=queue)}
