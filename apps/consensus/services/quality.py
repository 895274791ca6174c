"""The periodic fit of a queue's reviewers. It alone writes reviewer quality; a submit only reads it."""

from datetime import datetime
from uuid import UUID

import numpy as np
from django.db import transaction
from numpy.typing import NDArray
from statsmodels.stats.proportion import proportion_confint

from apps.consensus.algorithms.dawid_skene import DawidSkeneFit, dawid_skene
from apps.consensus.models import QualityFit, ReviewerQuality
from apps.labeling.models import Annotation
from apps.labeling.schema_chain import SchemaChain
from apps.projects.labelling import config_of
from apps.queues.models import Queue

# Below this a matrix says more about chance than about a person.
MIN_ITEMS = 20
_Row = tuple[UUID, UUID, str, UUID]  # item, reviewer, label, schema
_KEPT_FITS = 20


@transaction.atomic
def quality_fit(*, queue: Queue, now: datetime) -> QualityFit | None:
    """Fit all reviewers of a queue to their current annotations. None when fewer than MIN_ITEMS have two answers."""
    rows = list(
        Annotation.objects.filter(item__queue=queue, status=Annotation.Status.CURRENT)
        .exclude(label="")
        .order_by("created_at", "pk")
        .values_list("item_id", "reviewer_id", "label", "schema_id")
    )
    rows = _under_current_names(queue=queue, rows=rows)
    items, item_idx = np.unique(np.array([str(row[0]) for row in rows]), return_inverse=True)
    if np.count_nonzero(np.bincount(item_idx, minlength=1) >= 2) < MIN_ITEMS:
        return None
    people = sorted({row[1] for row in rows})
    labels = _labels(queue=queue, answered={row[2] for row in rows})
    place = {label: index for index, label in enumerate(labels)}
    who = {person: index for index, person in enumerate(people)}
    reviewer_idx = np.array([who[row[1]] for row in rows])
    label_idx = np.array([place[row[2]] for row in rows])
    fitted = dawid_skene(
        item_idx, reviewer_idx, label_idx, n_items=len(items), n_reviewers=len(people), n_classes=len(labels)
    )
    right = fitted.posterior[item_idx, label_idx]
    fit = QualityFit.objects.create(
        queue=queue,
        labels=labels,
        prior=fitted.prior.tolist(),
        pooled_accuracy=min(max(float(right.mean()), 0.0), 1.0),
        n_items=len(items),
        n_annotations=len(rows),
        converged=fitted.converged,
        created_at=now,
    )
    _store_people(fit=fit, fitted=fitted, people=people, reviewer_idx=reviewer_idx, right=right)
    old = queue.quality_fits.order_by("-created_at").values_list("pk", flat=True)[_KEPT_FITS:]
    QualityFit.objects.filter(pk__in=list(old)).delete()
    return fit


def _under_current_names(*, queue: Queue, rows: list[_Row]) -> list[_Row]:
    """Answers of older schema versions by what their labels are called today."""
    chain = SchemaChain(queue.project)
    names = {schema.pk: chain.label_names(old=schema, new=chain.current) for schema in chain.versions}
    return [(item, person, names[schema].get(label, label), schema) for item, person, label, schema in rows]


def _labels(*, queue: Queue, answered: set[str]) -> list[str]:
    schema = queue.project.label_schemas.order_by("-version")[0]
    primary = config_of(schema).primary
    known = [each.value for each in primary.labels] if primary.kind == "categorical" else []
    labels = list(dict.fromkeys([*known, *sorted(answered)]))
    return labels if len(labels) > 1 else [*labels, ""]


def _store_people(
    *,
    fit: QualityFit,
    fitted: DawidSkeneFit,
    people: list[UUID],
    reviewer_idx: NDArray[np.int64],
    right: NDArray[np.float64],
) -> None:
    """Accuracy is the expected share of right answers, with Wilson's interval at the real number of answers."""
    for index, person in enumerate(people):
        mine = right[reviewer_idx == index]
        low, high = proportion_confint(float(mine.sum()), len(mine), method="wilson")
        accuracy = float(mine.mean())
        ReviewerQuality.objects.create(
            fit=fit,
            reviewer_id=person,
            confusion=np.round(fitted.confusion[index], 6).tolist(),
            accuracy=accuracy,
            accuracy_low=max(min(float(low), accuracy), 0.0),
            accuracy_high=min(max(float(high), accuracy), 1.0),
            n_annotations=len(mine),
        )
