"""From the current annotations of one item to its consensus, inside the submit transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from apps.consensus.algorithms.dawid_skene import pooled_confusion, posterior_given
from apps.consensus.algorithms.majority_vote import winners
from apps.consensus.models import Consensus, QualityFit
from apps.consensus.services.facts import Facts, Given, confusion_known, fit_known, item_facts
from apps.labeling.errors import Unmappable
from apps.labeling.models import Annotation
from apps.labeling.schema_chain import SchemaChain
from apps.projects.labelling import config_of
from apps.projects.selectors import schema_known
from apps.queues.models import Item, Queue

# What is believed of a reviewer in a queue that has had no fit yet.
STARTING_ACCURACY = 0.8
_DECIDED = (Consensus.State.ADJUDICATED, Consensus.State.AMBIGUOUS)


@dataclass(frozen=True)
class Standing:
    """The posterior over the labels that can be voted on, and who leads."""

    posterior: dict[str, float]
    label: str  # empty: a tie, or nothing to vote on
    confidence: float
    fit: QualityFit | None


def consensus_update(*, item: Item, now: datetime) -> Consensus:
    """Recompute the consensus from the current annotations and store it. The caller holds the item's lock."""
    consensus = consensus_of(item=item, facts=item_facts(item=item), now=now)
    consensus.save()
    return consensus


def consensus_of(*, item: Item, facts: Facts, now: datetime) -> Consensus:
    """The consensus that follows from the facts, not yet stored.

    Settled is sticky: later answers change the posterior of a settled item, never its label or state; an undo
    reopens the item first (`item.state` is then open) and so lets it become unsettled. What an adjudicator decided
    stays his.
    """
    annotations = _read_all(item=item, given=facts.given)
    consensus = facts.consensus or Consensus(item=item)
    standing = _standing(item=item, annotations=annotations, fit_id=facts.fit_id)
    consensus.posterior = standing.posterior
    consensus.n_annotations = len(annotations)
    consensus.n_simulated = sum(each.source == Annotation.Source.SIMULATED for each in annotations)
    consensus.updated_at = now
    if consensus.state in _DECIDED:
        pass
    elif item.state == Item.State.SETTLED and consensus.label:
        consensus.confidence = standing.posterior.get(consensus.label, consensus.confidence)
    else:
        consensus.label, consensus.confidence = standing.label, standing.confidence
        consensus.method, consensus.fit = item.queue.consensus_method, standing.fit
        consensus.result = next((each.result for each in annotations if each.label == standing.label), None)
        is_sure = _is_sure(item=item, standing=standing, n=len(annotations))
        consensus.state = Consensus.State.SETTLED if is_sure else Consensus.State.UNSETTLED
    return consensus


@dataclass(frozen=True)
class Answer:
    """A current annotation as the item's schema version reads it."""

    reviewer_id: UUID
    label: str
    result: list[dict[str, Any]]
    source: str
    weight: float = 1.0


def _read_all(*, item: Item, given: Sequence[Given]) -> list[Answer]:
    """The answers in their order; those of older schema versions by the label maps in between.

    An answer that a newer version gives no meaning counts, but votes for nothing.
    """
    is_mixed = any(each.schema_id != item.schema_id for each in given)
    chain = SchemaChain(item.queue.project) if is_mixed else None
    return [_read(each, item=item, chain=chain) for each in given]


def _read(row: Given, *, item: Item, chain: SchemaChain | None) -> Answer:
    if chain is None:
        return Answer(row.reviewer_id, row.label, row.result, row.source, row.weight)
    try:
        old = schema_known(schema_id=row.schema_id)
        label, result = chain.read_between(result=row.result, old=old, new=item.schema)
    except Unmappable:
        label, result = "", row.result
    return Answer(row.reviewer_id, label, result, row.source, row.weight)


def _is_sure(*, item: Item, standing: Standing, n: int) -> bool:
    return bool(standing.label) and n >= item.queue.overlap_min and standing.confidence >= item.queue.settle_threshold


def _standing(*, item: Item, annotations: list[Answer], fit_id: UUID | None) -> Standing:
    # Whoever repeated a guess that was wrong on purpose has said nothing about the item.
    votes = [each for each in annotations if each.label and each.weight]
    if not votes:
        return Standing({}, "", 0.0, None)
    if item.queue.consensus_method == Queue.Method.DAWID_SKENE:
        return _weighted(item=item, votes=votes, fit=None if fit_id is None else fit_known(fit_id))
    labels = sorted({each.label for each in votes})
    counts = np.array([sum(each.weight for each in votes if each.label == label) for label in labels], dtype=float)
    return _leader(labels, counts / counts.sum(), fit=None)


def _weighted(*, item: Item, votes: list[Answer], fit: QualityFit | None) -> Standing:
    """Dawid-Skene's posterior with the matrices of the latest fit; one-coin ones for whoever has none."""
    labels = vote_labels(item=item, votes=votes, fit=fit)
    place = {label: index for index, label in enumerate(labels)}
    known = len(fit.labels) if fit is not None else 0
    # A matrix holds for the labels that it was fitted on; labels added since are judged by the pool.
    usable = fit is not None and known == len(labels)
    accuracy = fit.pooled_accuracy if fit is not None else STARTING_ACCURACY
    matrices = [pooled_confusion(accuracy, len(labels))]
    rows = {}
    if fit is not None and usable:
        for each in votes:
            own = confusion_known(fit.pk, each.reviewer_id)
            if own is not None:
                rows[each.reviewer_id] = len(matrices)
                matrices.append(own)
    prior = np.array(fit.prior) if fit is not None and usable else np.full(len(labels), 1 / len(labels))
    posterior = posterior_given(
        [(rows.get(each.reviewer_id, 0), place[each.label]) for each in votes],
        confusion=np.stack(matrices),
        prior=prior,
        temperature=fit.temperature if fit is not None and usable else 1.0,
        weights=[each.weight for each in votes],
    )
    return _leader(labels, posterior, fit=fit if usable else None)


def vote_labels(*, item: Item, votes: list[Answer], fit: QualityFit | None) -> list[str]:
    """The classes: the fit's, then the config's, then whatever else was answered; at least two."""
    labels = list(fit.labels) if fit is not None else []
    primary = config_of(item.schema).primary
    if primary.kind == "categorical":
        labels += [each.value for each in primary.labels]
    labels += [each.label for each in votes]
    labels = list(dict.fromkeys(labels))
    # One class leaves nothing to be unsure of; an answer nobody gave stands for all others.
    return labels if len(labels) > 1 else [*labels, ""]


def _leader(labels: list[str], posterior: NDArray[np.float64], *, fit: QualityFit | None) -> Standing:
    ahead = np.flatnonzero(winners(posterior[None, :])[0])
    top = int(ahead[0])
    shares = {label: round(float(p), 6) for label, p in zip(labels, posterior, strict=True) if label and p >= 5e-7}
    label = labels[top] if len(ahead) == 1 else ""
    return Standing(shares, label, min(float(posterior[top]), 1.0), fit)
