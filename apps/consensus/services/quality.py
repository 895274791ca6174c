"""The periodic fit of a queue's reviewers. It alone writes reviewer quality; a submit only reads it."""

from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.db import transaction
from numpy.typing import NDArray
from statsmodels.stats.proportion import proportion_confint

from apps.consensus.algorithms.one_of import OneOf, stored_matrix
from apps.consensus.algorithms.votes import Aggregate, Votes
from apps.consensus.models import QualityFit, ReviewerQuality
from apps.consensus.services.fits import ControlFits, control_fits
from apps.consensus.services.kinds import TAKEN, is_single, kind_of
from apps.consensus.services.proposals import proposals_refresh
from apps.consensus.services.vote_stream import QueueVotes, queue_votes
from apps.consensus.services.whole_proposals import whole_proposals_refresh
from apps.labeling.widgets import Context
from apps.labeling.widgets.registry import vote_of
from apps.projects.labelling import LabellingConfig, config_of
from apps.queues.models import Queue

# Below this a matrix says more about chance than about a person.
MIN_ITEMS = 20
_KEPT_FITS = 20


@transaction.atomic
def quality_fit(*, queue: Queue, now: datetime) -> QualityFit | None:
    """Fit all reviewers of a queue to their current annotations. None when fewer than MIN_ITEMS have two answers.

    The model is that of each control's kind of answer; what adjudicators decided is evidence and is not re-estimated.
    What the fit would change about settled items is left as proposals.
    """
    config = config_of(queue.project.label_schemas.order_by("-version")[0])
    controls = None if is_single(config) else control_fits(queue=queue)
    if not _is_one_value(config):
        return _fit_controls(queue=queue, controls=controls, now=now)
    given = queue_votes(queue=queue)
    if np.count_nonzero(np.bincount(given.item_idx, minlength=1) >= 2) < MIN_ITEMS:
        return None
    kind = one_of(config)
    found = fitted(given, kind)
    right = found.posterior[given.item_idx, given.label_idx]
    prior = np.full(len(given.labels), 1 / len(given.labels)) if found.prior is None else found.prior
    fit = QualityFit.objects.create(
        queue=queue,
        labels=list(given.labels),
        prior=prior.tolist(),
        pooled_accuracy=min(max(float(right.mean()), 0.0), 1.0),
        temperature=found.temperature,
        controls=_pools(controls),
        n_items=given.n_items,
        n_annotations=len(right),
        converged=found.converged,
        created_at=now,
    )
    _store_people(fit=fit, given=given, found=found, right=right, kind=kind, controls=controls)
    if controls is None:
        proposals_refresh(queue=queue, fit=fit, given=given, posterior=found.posterior, now=now)
    else:
        whole_proposals_refresh(queue=queue, fit=fit, controls=controls, now=now)
    _forget_old(queue)
    return fit


def _is_one_value(config: LabellingConfig) -> bool:
    primary = config.primary
    return bool(primary.tag) and vote_of(primary).aggregation(primary) in TAKEN


def one_of(config: LabellingConfig) -> OneOf:
    """The model of a primary control with one value."""
    kind = kind_of(config.primary, Context(config))
    assert isinstance(kind, OneOf)
    return kind


def fitted(given: QueueVotes, kind: OneOf) -> Aggregate:
    """The kind's model on a queue's answers."""
    votes = Votes(
        given.item_idx,
        given.reviewer_idx,
        given.label_idx,
        n_items=given.n_items,
        n_reviewers=len(given.reviewers),
        n_classes=len(given.labels),
        known=given.known,
    )
    return kind.fit(votes)


def _fit_controls(*, queue: Queue, controls: ControlFits | None, now: datetime) -> QualityFit | None:
    """Where the primary control has no classes: its own measure of being right stands for the person."""
    primary = controls.primary if controls else None
    if controls is None or primary is None or sum(len(item.people) >= 2 for item in controls.items) < MIN_ITEMS:
        return None
    total = sum(primary.votes.values())
    fit = QualityFit.objects.create(
        queue=queue,
        labels=[],
        prior=[],
        pooled_accuracy=min(max(sum(primary.right.values()) / max(total, 1), 0.0), 1.0),
        controls=_pools(controls),
        n_items=len(controls.items),
        n_annotations=sum(len(item.people) for item in controls.items),
        converged=True,
        created_at=now,
    )
    n_answers = _answers_each(controls)
    for index, person in enumerate(controls.people):
        if primary.votes.get(index):
            share = primary.right[index] / primary.votes[index]
            _store(fit, person, share, n_answers[index], confusion=[], controls=_own(controls, person))
    whole_proposals_refresh(queue=queue, fit=fit, controls=controls, now=now)
    _forget_old(queue)
    return fit


def _answers_each(controls: ControlFits) -> list[int]:
    counts = Counter(person for item in controls.items for person in item.people)
    return [counts[person] for person in controls.people]


def _pools(controls: ControlFits | None) -> dict[str, Any]:
    return {name: skills.pool for name, skills in controls.skills.items()} if controls else {}


def _own(controls: ControlFits | None, person: UUID) -> dict[str, Any]:
    if controls is None or person not in controls.people:
        return {}
    index = controls.people.index(person)
    return {name: skills.own[index] for name, skills in controls.skills.items() if index in skills.own}


def _store_people(
    *,
    fit: QualityFit,
    given: QueueVotes,
    found: Aggregate,
    right: NDArray[np.float64],
    kind: OneOf,
    controls: ControlFits | None,
) -> None:
    n_answers = np.bincount(given.reviewer_idx, minlength=len(given.reviewers))
    n_right = np.bincount(given.reviewer_idx, weights=right, minlength=len(given.reviewers))
    for index, person in enumerate(given.reviewers):
        share = min(float(n_right[index] / n_answers[index]), 1.0)
        matrix = kind.usual(share, len(given.labels)) if found.confusion is None else found.confusion[index]
        own = _own(controls, person)
        _store(fit, person, share, int(n_answers[index]), confusion=stored_matrix(matrix), controls=own)


def _store(
    fit: QualityFit, person: UUID, share: float, n: int, *, confusion: list[list[float]], controls: dict[str, Any]
) -> None:
    """Accuracy is the expected share of right answers, with Wilson's interval at the real number of answers."""
    accuracy = min(max(share, 0.0), 1.0)
    low, high = proportion_confint(accuracy * n, n, method="wilson")
    ReviewerQuality.objects.create(
        fit=fit,
        reviewer_id=person,
        confusion=confusion,
        controls=controls,
        accuracy=accuracy,
        accuracy_low=max(min(float(low), accuracy), 0.0),
        accuracy_high=min(max(float(high), accuracy), 1.0),
        n_annotations=n,
    )


def _forget_old(queue: Queue) -> None:
    old = queue.quality_fits.order_by("-created_at").values_list("pk", flat=True)[_KEPT_FITS:]
    QualityFit.objects.filter(pk__in=list(old)).delete()
