"""Settled labels that deserve a second look: disputed by a model, or other than a near duplicate's."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import numpy as np
from django.db.models import OuterRef, Subquery

from apps.consensus.algorithms.label_errors import label_suspects
from apps.consensus.models import Consensus
from apps.golden.algorithms.clusters import duplicate_pairs
from apps.golden.models import GoldenItem
from apps.golden.texts import shown_text
from apps.intake.models import Prediction
from apps.projects.labelling import parse_config
from apps.projects.models import Project
from apps.projects.selectors import schema_current
from apps.queues.models import Item

# The newest settled items that are looked at: by a model's probabilities, and in pairs.
LOOKED_AT = 20_000
PAIRED = 5_000


@dataclass(frozen=True, slots=True)
class Doubt:
    """A settled item whose label a model disputes."""

    consensus: Consensus
    suggested: str
    share: float  # the model's probability of what it suggests
    label_share: float  # and of the label
    model_ref: str
    is_gold: bool


@dataclass(frozen=True, slots=True)
class Twins:
    """Two settled items that say nearly the same and have different labels."""

    both: tuple[Consensus, Consensus]


def settled_labels(*, project: Project, most: int) -> list[Consensus]:
    """The newest settled and adjudicated single choices under today's labels, with their items. Two queries."""
    schema = schema_current(project=project)
    if parse_config(schema.config).kind != "categorical":
        return []
    found = Consensus.objects.filter(item__queue__project=project, item__schema=schema, state__in=Consensus.SURE)
    found = found.filter(item__state=Item.State.SETTLED, item__trace__payload__erased_at=None).exclude(label="")
    return list(found.select_related("item__queue", "item__schema").order_by("-item__settled_at", "pk")[:most])


def label_doubts(*, project: Project, most: int = LOOKED_AT) -> list[Doubt]:
    """What models dispute, the surest first.

    Only a prediction that was made before the item was settled is heard: its model cannot have learned the label.
    Each model is judged by its own probabilities, so that a timid one does not hide behind a bold one.
    """
    rows = settled_labels(project=project, most=most)
    told = _predictions(rows)
    by_model: dict[str, list[Consensus]] = {}
    for row in rows:
        if row.item_id in told:
            by_model.setdefault(told[row.item_id].model_ref, []).append(row)
    classes = parse_config(schema_current(project=project).config).classes
    doubts = [doubt for group in by_model.values() for doubt in _disputed(group, told=told, classes=classes)]
    gold = _gold([doubt.consensus.item_id for doubt in doubts])
    marked = [replace(doubt, is_gold=doubt.consensus.item_id in gold) for doubt in doubts]
    return sorted(marked, key=lambda doubt: doubt.label_share - doubt.share)


def _predictions(rows: Sequence[Consensus]) -> dict[UUID, Prediction]:
    """By item: the newest prediction with probabilities from before it was settled. Two queries."""
    before = Prediction.objects.filter(
        trace=OuterRef("item__trace"), probabilities__isnull=False, created_at__lt=OuterRef("item__settled_at")
    ).order_by("-created_at", "-pk")
    pairs = Consensus.objects.filter(pk__in=[row.pk for row in rows]).values_list(
        "item_id", Subquery(before.values("pk")[:1])
    )
    wanted = {prediction: item for item, prediction in pairs if prediction is not None}
    return {wanted[found.pk]: found for found in Prediction.objects.filter(pk__in=list(wanted))}


def _disputed(group: Sequence[Consensus], *, told: dict[UUID, Prediction], classes: Sequence[str]) -> Iterator[Doubt]:
    place = {label: index for index, label in enumerate(classes)}
    known = [row for row in group if row.label in place]
    probabilities = np.zeros((len(known), len(classes)))
    for index, row in enumerate(known):
        for label, share in (told[row.item_id].probabilities or {}).items():
            if label in place:
                probabilities[index, place[label]] = share
    labels = np.array([place[row.label] for row in known], dtype=np.int64)
    for suspect in label_suspects(labels, probabilities):
        row, shares = known[suspect.index], probabilities[suspect.index]
        yield Doubt(
            consensus=row,
            suggested=classes[suspect.suggested],
            share=float(shares[suspect.suggested]),
            label_share=float(shares[place[row.label]]),
            model_ref=told[row.item_id].model_ref,
            is_gold=False,
        )


def _gold(item_ids: Sequence[UUID]) -> set[UUID]:
    frozen = GoldenItem.objects.filter(item__in=item_ids, version__frozen_at__isnull=False)
    return set(frozen.values_list("item_id", flat=True))


def label_twins(*, project: Project, most: int = PAIRED) -> list[Twins]:
    """Near duplicates (equal when normalised, or most of their 5-grams) that settled on different labels."""
    rows = settled_labels(project=project, most=most)
    texts = [shown_text(parse_config(row.item.schema.config), row.item.data) for row in rows]
    return [Twins((rows[a], rows[b])) for a, b in duplicate_pairs(texts) if rows[a].label != rows[b].label]
