"""Annotations and what they add up to."""

from collections.abc import Sequence

from apps.accounts.models import User
from apps.consensus.models import Adjudication, Consensus
from apps.consensus.services import consensus_update, doubt_of
from apps.consensus.services.honeypots import verdict_store
from apps.labeling.models import Annotation
from apps.projects.labelling import parse_config
from apps.projects.selectors import guideline_current
from apps.queues.models import Item, Queue
from apps.queues.services import item_to_adjudication
from tests.factories import queues
from tests.factories.clock import NOW
from tests.factories.projects import member
from tests.factories.results import choices_result


def _result(item: Item, label: str) -> list[dict]:
    control = parse_config(item.schema.config).primary
    return choices_result(label, control=control.name, target=control.to_name[0])


def annotation(item: Item, reviewer: User, label: str, *, result=None, **fields) -> Annotation:
    """A submitted answer with its review."""
    review = fields.pop("review", None) or queues.review(item, reviewer)
    defaults = {
        "schema": item.schema,
        "guideline": guideline_current(project=item.queue.project),
        "result": _result(item, label) if result is None else result,
        "label": label,
        "token": review.token,
        "duration_ms": 4000,
        "created_at": NOW,
    } | fields
    made = Annotation.objects.create(item=item, review=review, reviewer=reviewer, **defaults)
    if item.source == Item.Source.HONEYPOT:
        verdict_store(annotation=made)
    return made


def consensus(item: Item, label: str, *, state: str = "settled", **fields) -> Consensus:
    """The aggregate over the item's current annotations, written as given."""
    confidence = fields.pop("confidence", 0.97)
    current = item.annotations.filter(status="current")
    defaults = {
        "result": _result(item, label) if label else None,
        "posterior": {label: confidence} if label else {},
        "confidence": confidence,
        "method": "adjudication" if state in ("adjudicated", "ambiguous") else "majority",
        "n_annotations": current.count(),
        "n_simulated": current.filter(source="simulated").count(),
        "updated_at": NOW,
    } | fields
    return Consensus.objects.create(item=item, state=state, label=label, **defaults)


def adjudication(item: Item, adjudicator: User, label: str, **fields) -> Adjudication:
    defaults = {
        "decision": "label",
        "result": _result(item, label),
        "reason": "As the guideline says.",
        "created_at": NOW,
    }
    return Adjudication.objects.create(item=item, adjudicator=adjudicator, label=label, **(defaults | fields))


def settled_item(
    queue: Queue,
    label: str,
    text: str = "",
    *,
    reviewers: Sequence[User] | None = None,
    source: str = "human",
    confidence: float = 0.97,
    **fields,
) -> Item:
    """An item that two reviewers (new members unless given) answered alike, settled with the given confidence."""
    made = queues.item(queue, text, **({"state": "settled", "settled_at": NOW} | fields))
    people = [member(queue.project) for _ in range(2)] if reviewers is None else reviewers
    for reviewer in people:
        annotation(made, reviewer, label, source=source)
    consensus(made, label, confidence=confidence)
    return made


def disputed_item(
    queue: Queue,
    text: str = "a hard one",
    *,
    labels: Sequence[str] = ("Refund", "Exchange"),
    reviewers: Sequence[User] | None = None,
    kind: str = "split",
    **fields,
) -> Item:
    """An item before the adjudicator, since the reviewers (new members unless given) gave these different labels."""
    made = queues.item(queue, text, **fields)
    people = [member(queue.project) for _ in labels] if reviewers is None else reviewers
    for reviewer, label in zip(people, labels, strict=True):
        annotation(made, reviewer, label, note=f"{label}, I think")
    doubt = doubt_of(item=made, consensus=consensus_update(item=made, now=NOW))
    item_to_adjudication(item=made, reason=f"{len(labels)} answers, the limit", kind=kind, doubt=doubt)
    return made
