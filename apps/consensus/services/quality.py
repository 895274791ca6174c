"""The periodic fit of a queue's reviewers. It alone writes reviewer quality; a submit only reads it."""

from datetime import datetime

import numpy as np
from django.db import transaction
from numpy.typing import NDArray
from statsmodels.stats.proportion import proportion_confint

from apps.consensus.algorithms.aggregation import automatic
from apps.consensus.algorithms.dawid_skene import pooled_confusion
from apps.consensus.algorithms.votes import Aggregate, Votes
from apps.consensus.models import QualityFit, ReviewerQuality
from apps.consensus.services.proposals import proposals_refresh
from apps.consensus.services.vote_stream import QueueVotes, queue_votes
from apps.queues.models import Queue

# Below this a matrix says more about chance than about a person.
MIN_ITEMS = 20
_KEPT_FITS = 20
# No stored probability is 0: a single answer could then rule a label out for ever.
_DIGITS, _SMALLEST = 9, 1e-9


@transaction.atomic
def quality_fit(*, queue: Queue, now: datetime) -> QualityFit | None:
    """Fit all reviewers of a queue to their current annotations. None when fewer than MIN_ITEMS have two answers.

    The model is the automatic choice; what adjudicators decided is evidence and is not re-estimated. What the fit would
    change about settled items is left as proposals.
    """
    given = queue_votes(queue=queue)
    if np.count_nonzero(np.bincount(given.item_idx, minlength=1) >= 2) < MIN_ITEMS:
        return None
    found = fitted(given)
    right = found.posterior[given.item_idx, given.label_idx]
    prior = np.full(len(given.labels), 1 / len(given.labels)) if found.prior is None else found.prior
    fit = QualityFit.objects.create(
        queue=queue,
        labels=list(given.labels),
        prior=prior.tolist(),
        pooled_accuracy=min(max(float(right.mean()), 0.0), 1.0),
        temperature=found.temperature,
        n_items=given.n_items,
        n_annotations=len(right),
        converged=found.converged,
        created_at=now,
    )
    _store_people(fit=fit, given=given, found=found, right=right)
    proposals_refresh(queue=queue, fit=fit, given=given, posterior=found.posterior, now=now)
    old = queue.quality_fits.order_by("-created_at").values_list("pk", flat=True)[_KEPT_FITS:]
    QualityFit.objects.filter(pk__in=list(old)).delete()
    return fit


def fitted(given: QueueVotes) -> Aggregate:
    """The automatic choice on a queue's answers."""
    votes = Votes(
        given.item_idx,
        given.reviewer_idx,
        given.label_idx,
        n_items=given.n_items,
        n_reviewers=len(given.reviewers),
        n_classes=len(given.labels),
        known=given.known,
    )
    return automatic(votes).aggregate


def _store_people(*, fit: QualityFit, given: QueueVotes, found: Aggregate, right: NDArray[np.float64]) -> None:
    """Accuracy is the expected share of right answers, with Wilson's interval at the real number of answers."""
    n_answers = np.bincount(given.reviewer_idx, minlength=len(given.reviewers))
    n_right = np.bincount(given.reviewer_idx, weights=right, minlength=len(given.reviewers))
    low, high = proportion_confint(n_right, n_answers, method="wilson")
    for index, person in enumerate(given.reviewers):
        accuracy = min(float(n_right[index] / n_answers[index]), 1.0)
        ReviewerQuality.objects.create(
            fit=fit,
            reviewer_id=person,
            confusion=_stored(found, index, accuracy=accuracy, n_classes=len(given.labels)),
            accuracy=accuracy,
            accuracy_low=max(min(float(low[index]), accuracy), 0.0),
            accuracy_high=min(max(float(high[index]), accuracy), 1.0),
            n_annotations=int(n_answers[index]),
        )


def _stored(found: Aggregate, index: int, *, accuracy: float, n_classes: int) -> list[list[float]]:
    matrix = pooled_confusion(accuracy, n_classes) if found.confusion is None else found.confusion[index]
    rounded: list[list[float]] = np.maximum(np.round(matrix, _DIGITS), _SMALLEST).tolist()
    return rounded
