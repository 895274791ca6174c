"""From the current annotations of one item to its consensus, inside the submit transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from apps.consensus.algorithms.kinds import Decided, Given, Params
from apps.consensus.models import Consensus, QualityFit
from apps.consensus.services.facts import Facts, fit_known, item_facts, skills_known
from apps.consensus.services.facts import Given as GivenRow
from apps.consensus.services.kinds import is_single, kind_of
from apps.consensus.services.parts import SkillsOf, whole_of
from apps.core.rows import joined, new
from apps.labeling.errors import Unmappable
from apps.labeling.models import Annotation
from apps.labeling.schema_chain import SchemaChain
from apps.labeling.widgets import Context
from apps.projects.labelling import Control, config_of, parse_config
from apps.projects.selectors import schema_known
from apps.queues.models import Item, Queue

_DECIDED = (Consensus.State.ADJUDICATED, Consensus.State.AMBIGUOUS)


@dataclass(frozen=True)
class Standing:
    """What the answers say now. Where nothing is decided, `result` is the best proposal there is."""

    posterior: dict[str, float]
    label: str  # empty: a tie, nothing to vote on, or an answer without a canonical value
    confidence: float
    fit: QualityFit | None
    is_decided: bool = False
    result: list[dict[str, Any]] | None = None
    parts: dict[str, Any] = field(default_factory=dict)
    is_single: bool = True  # the labels of the posterior exclude each other


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
    consensus = facts.consensus or joined(new(Consensus, item_id=item.pk), item=item)
    standing = _standing(item=item, annotations=annotations, fit_id=facts.fit_id)
    consensus.posterior = standing.posterior
    consensus.n_annotations = len(annotations)
    consensus.n_simulated = sum(each.source == Annotation.Source.SIMULATED for each in annotations)
    consensus.updated_at = now
    if consensus.state in _DECIDED:
        pass
    elif item.state == Item.State.SETTLED and consensus.state == Consensus.State.SETTLED:
        consensus.confidence = _confidence_in(consensus, standing)
    else:
        consensus.label, consensus.confidence = standing.label, standing.confidence
        consensus.method, consensus.fit = item.queue.consensus_method, standing.fit
        consensus.result, consensus.parts = standing.result, standing.parts
        is_sure = _is_sure(item=item, standing=standing, n=len(annotations))
        consensus.state = Consensus.State.SETTLED if is_sure else Consensus.State.UNSETTLED
    return consensus


def _confidence_in(consensus: Consensus, standing: Standing) -> float:
    """How sure what the item settled on is now."""
    if standing.is_single:
        return standing.posterior.get(consensus.label, consensus.confidence)
    if (standing.label, standing.result) == (consensus.label, consensus.result):
        return standing.confidence
    # Another answer is ahead: what it does not have is the most that is left for this one.
    return min(consensus.confidence, 1 - standing.confidence)


@dataclass(frozen=True)
class Answer:
    """A current annotation as the item's schema version reads it. `is_read`: that version gives it a meaning."""

    reviewer_id: UUID
    label: str
    result: list[dict[str, Any]]
    source: str
    weight: float = 1.0  # less where it repeats a guess that was seen before
    is_read: bool = True


def _read_all(*, item: Item, given: Sequence[GivenRow]) -> list[Answer]:
    """The answers in their order; those of older schema versions by the label maps in between.

    An answer that a newer version gives no meaning counts, but votes for nothing.
    """
    is_mixed = any(each.schema_id != item.schema_id for each in given)
    chain = SchemaChain(item.queue.project) if is_mixed else None
    return [_read(each, item=item, chain=chain) for each in given]


def _read(row: GivenRow, *, item: Item, chain: SchemaChain | None) -> Answer:
    if chain is None:
        return Answer(row.reviewer_id, row.label, row.result, row.source, row.weight)
    try:
        old = schema_known(schema_id=row.schema_id)
        label, result = chain.read_between(result=row.result, old=old, new=item.schema)
    except Unmappable:
        return Answer(row.reviewer_id, "", row.result, row.source, row.weight, is_read=False)
    return Answer(row.reviewer_id, label, result, row.source, row.weight)


def _is_sure(*, item: Item, standing: Standing, n: int) -> bool:
    return standing.is_decided and n >= item.queue.overlap_min and standing.confidence >= item.queue.settle_threshold


def _standing(*, item: Item, annotations: list[Answer], fit_id: UUID | None) -> Standing:
    """With the parameters of the latest fit; what is believed before one for whoever has none."""
    by_share = item.queue.consensus_method != Queue.Method.DAWID_SKENE
    fit = None if by_share or fit_id is None else fit_known(fit_id)
    # Whoever repeated a guess that was wrong on purpose has said nothing about the item.
    annotations = [each for each in annotations if each.weight]
    if is_single(config_of(item.schema)):
        votes = [each for each in annotations if each.label]
        return _single(item=item, votes=votes, fit=fit, by_share=by_share)
    votes = [each for each in annotations if each.is_read]
    if not votes:
        return Standing({}, "", 0.0, None)
    config, people = config_of(item.schema), [each.reviewer_id for each in votes]
    skills_of = skills_from(fit, people, primary=config.primary)
    results = [each.result for each in votes]
    weights = [each.weight for each in votes]
    whole = whole_of(config, item.data, results, skills_of=skills_of, weights=weights, by_share=by_share)
    return Standing(
        whole.posterior,
        whole.label,
        whole.confidence,
        fit,
        is_decided=whole.is_decided,
        result=whole.result if whole.result or whole.is_decided else None,
        parts=whole.parts,
        is_single=False,
    )


def _single(*, item: Item, votes: list[Answer], fit: QualityFit | None, by_share: bool) -> Standing:
    """One value of one control: the canonical values say it all, and the result is somebody's."""
    if not votes:
        return Standing({}, "", 0.0, None)
    # Before the first fit nobody is told from anybody else.
    said = tuple([(each.label, each.reviewer_id if fit else None, each.weight) for each in votes])
    decided, is_by_fit = _verdict(item.schema.config, said, fit_id=fit and fit.pk, by_share=by_share)
    label = str(decided.value or "")
    result = next((each.result for each in votes if each.label == label), None)
    parts = {config_of(item.schema).primary.name: dict(decided.detail)} if decided.detail else {}
    usable = fit if is_by_fit else None
    return Standing(_shown(decided), label, decided.confidence, usable, decided.is_decided, result, parts)


# Few answers from few people: the same ones come again and again. Not more, since one may weigh hundreds of labels.
@lru_cache(maxsize=256)
def _verdict(
    text: str, said: tuple[tuple[str, UUID | None, float], ...], *, fit_id: UUID | None, by_share: bool
) -> tuple[Decided, bool]:
    """What votes (label, person, weight) on a config's one value add up to, and whether the fit knew all labels.

    It is remembered: nobody may change what comes back.
    """
    config, fit = parse_config(text), fit_known(fit_id) if fit_id else None
    people = [person for _, person, _ in said if person is not None]
    pool, own = skills_from(fit, people, primary=config.primary)(config.primary)
    skills = own if fit else [None] * len(said)
    given = [Given(label, skill, weight) for (label, _, weight), skill in zip(said, skills, strict=True)]
    decided = kind_of(config.primary, Context(config), by_share=by_share).decided(given, pool=pool)
    # The labels weighed are the fit's, unless others were added since.
    return decided, pool is not None and len(pool["labels"]) == len({*decided.posterior, *pool["labels"]})


def _shown(decided: Decided) -> dict[str, float]:
    return {label: round(p, 6) for label, p in decided.posterior.items() if p >= 5e-7}


def skills_from(fit: QualityFit | None, people: Sequence[UUID], *, primary: Control) -> SkillsOf:
    """What a fit believes of the pool and of these people, by control."""
    if fit is None:
        return lambda control: (None, [None] * len(people))

    def skills_of(control: Control) -> tuple[Params | None, Sequence[Params | None]]:
        name = "" if control.name == primary.name and fit.labels else control.name
        pool = _own_labels(fit) if name == "" else fit.controls.get(name)
        if pool is None:
            return None, [None] * len(people)
        return pool, [skills_known(fit.pk, person).get(name) for person in people]

    return skills_of


def _own_labels(fit: QualityFit) -> Params:
    return {
        "labels": fit.labels,
        "prior": fit.prior,
        "accuracy": fit.pooled_accuracy,
        "temperature": fit.temperature,
    }
