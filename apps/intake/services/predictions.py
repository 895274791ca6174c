"""Models' later answers to traces: new rows, nothing overwritten."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import islice
from uuid import UUID

from django.db import transaction

from apps.intake.models import Prediction

CHUNK = 2000


@transaction.atomic
def predictions_store(
    *, model_ref: str, rows: Iterable[tuple[UUID, str, Mapping[str, float] | None]], now: datetime
) -> int:
    """Store one model's answers, rows of (primary key of the trace, label, probabilities).

    A model answers a trace once: a second delivery of the same answers writes nothing. Returns how many rows were
    given, so that a repeated chunk counts as done.
    """
    given, source = 0, iter(rows)
    while chunk := list(islice(source, CHUNK)):
        Prediction.objects.bulk_create(
            [
                Prediction(
                    trace_id=trace_pk,
                    model_ref=model_ref,
                    label=label,
                    probabilities=dict(probabilities) if probabilities is not None else None,
                    created_at=now,
                )
                for trace_pk, label, probabilities in chunk
            ],
            ignore_conflicts=True,
        )
        given += len(chunk)
    return given
