"""Terms, scores and places: why an item stands where it stands."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from apps.core.stored import stored
from apps.intake.models import Prediction, Signal, Trace
from apps.queues.algorithms.acquisition import FUNCTIONS
from apps.queues.algorithms.draw import uniform
from apps.queues.algorithms.ordering import (
    CONFUSION_POINTS,
    DISAGREEMENT_POINTS,
    POLICY_POINTS,
    SEVERITY_POINTS,
    UNCERTAINTY_POINTS,
    Term,
    score_of,
    sort_key,
)
from apps.queues.models import Item, Queue, ReviewerCursor

# What terms are called and say; stored with the item.
NAMES = (
    *(stored("uncertainty"), stored("random"), stored("severity"), stored("policy")),
    *(stored("confusion"), stored("disagreement"), stored("priority")),
)
_ESCALATED = stored("escalated, severity %(severity)s of 5")
_POLICY = stored("policy flag: %(flags)s")
_CONFUSING = stored("the user asked again or rephrased")
_DIFFERING = stored("the answers so far differ")
_PRIORITY = stored("a manager's priority of %(priority)s")
_UNSURE = stored("model unsure (%(guesses)s)")
_FAIRLY_SURE = stored("model fairly sure (%(guesses)s)")
_RANDOM = stored("random order")
_RANDOM_NO_MODEL = stored("random order: no model has said how sure it is")

_CONFUSION = (Signal.Kind.FOLLOW_UP_QUESTION, Signal.Kind.REFORMULATION)


def place_item(
    item: Item,
    *,
    queue: Queue,
    trace: Trace | None,
    prediction: Prediction | None,
    is_confusing: bool = False,
    votes_differ: bool = False,
) -> None:
    """Fill the item's terms, score, prediction and sort key from the facts; the caller saves."""
    terms = [_uncertainty(item, queue=queue, prediction=prediction)]
    if item.severity:
        terms.append(Term("severity", SEVERITY_POINTS * item.severity / 5, _ESCALATED % {"severity": item.severity}))
    if trace is not None and trace.policy_flags:
        terms.append(Term("policy", POLICY_POINTS, _POLICY % {"flags": ", ".join(map(str, trace.policy_flags))}))
    if is_confusing:
        terms.append(Term("confusion", CONFUSION_POINTS, _CONFUSING))
    if votes_differ:
        terms.append(Term("disagreement", DISAGREEMENT_POINTS, _DIFFERING))
    if item.priority:
        terms.append(Term("priority", item.priority, _PRIORITY % {"priority": f"{item.priority:+g}"}))
    item.terms = [term.as_json() for term in terms]
    item.score = score_of(terms)
    item.prediction = prediction
    item.sort_key = sort_key(
        score=item.score,
        cap=queue.score_cap,
        rate=queue.ageing_rate,
        enqueued_at=item.enqueued_at,
        epoch=queue.epoch,
    )


def _uncertainty(item: Item, *, queue: Queue, prediction: Prediction | None) -> Term:
    if queue.acquisition == Queue.Acquisition.RANDOM:
        return _random(item, queue=queue, why=_RANDOM)
    if prediction is None or not prediction.probabilities:
        return _random(item, queue=queue, why=_RANDOM_NO_MODEL)
    value = FUNCTIONS[queue.acquisition](prediction.probabilities)
    ranked = sorted(prediction.probabilities.items(), key=lambda pair: -pair[1])[:2]
    guesses = ", ".join(f"{label} {p:.2f}" for label, p in ranked)
    words = (_UNSURE if value >= 0.5 else _FAIRLY_SURE) % {"guesses": guesses}
    return Term("uncertainty", UNCERTAINTY_POINTS * value, words)


def _random(item: Item, *, queue: Queue, why: str) -> Term:
    # Seeded by the source, so that the draw can be repeated and depends on nothing that is known about the item.
    place = uniform(seed=queue.seed, purpose="order", key=f"{item.source}:{item.source_key}")
    return Term("random", UNCERTAINTY_POINTS * place, why)


_PLACE_FIELDS = ["terms", "score", "prediction", "sort_key", "severity", "priority", "due_at"]


def item_replace(*, item: Item) -> bool:
    """Compute the place of a locked item anew and save it. Returns whether it moved."""
    before = item.sort_key
    trace = item.trace
    answers = item.annotations.filter(status="current").values_list("label", flat=True).distinct()
    place_item(
        item,
        queue=item.queue,
        trace=trace,
        # What a re-scoring has set stands: after a rollback the newest prediction is not the champion's.
        prediction=item.prediction or (latest_prediction(trace) if trace is not None else None),
        is_confusing=trace is not None
        and trace.signals.filter(kind__in=_CONFUSION).exclude(verdict="refused").exists(),
        votes_differ=len(answers) > 1,
    )
    item.save(update_fields=_PLACE_FIELDS)
    return item.sort_key != before


def latest_prediction(trace: Trace) -> Prediction | None:
    """The newest prediction with probabilities: a re-scoring wins over what was logged."""
    return trace.predictions.filter(probabilities__isnull=False).order_by("is_logged", "-created_at").first()


@transaction.atomic
def item_terms_refresh(*, trace: Trace) -> int:
    """Feedback came in on a trace: its open items take their new places. Returns how many moved."""
    from apps.queues.services.slots import item_lock, next_bump  # slots and order both serve items

    moved = 0
    for item_id in Item.objects.filter(trace=trace, state=Item.State.OPEN).order_by("pk").values_list("pk", flat=True):
        item = item_lock(item_id=item_id)
        if item_replace(item=item):
            item.bumped_seq = next_bump()
            item.save(update_fields=["bumped_seq"])
            moved += 1
    return moved


@transaction.atomic
def queue_rescore(*, queue: Queue, predictions: Sequence[Prediction]) -> int:
    """Give open items of these predictions' traces their new places. Returns how many moved.

    Call it in chunks of some hundred and `cursors_reset` at the end: bulk moves are not bumped one by one.
    """
    by_trace: dict[UUID, Prediction] = {prediction.trace_id: prediction for prediction in predictions}
    # In the order of their ids, so that two re-scorings cannot wait for each other.
    items = (
        Item.objects.select_for_update(of=("self",))
        .select_related("trace")
        .filter(queue=queue, trace_id__in=by_trace, state=Item.State.OPEN)
        .order_by("pk")
    )
    moved = []
    for item in items:
        before = item.sort_key
        names = {term["name"] for term in item.terms}
        assert item.trace is not None
        place_item(
            item,
            queue=queue,
            trace=item.trace,
            prediction=by_trace[item.trace.pk],
            is_confusing="confusion" in names,
            votes_differ="disagreement" in names,
        )
        if item.sort_key != before:
            moved.append(item)
    Item.objects.bulk_update(moved, ["terms", "score", "prediction", "sort_key"], batch_size=500)
    return len(moved)


@transaction.atomic
def cursors_reset(*, queue: Queue) -> None:
    """Everybody looks from the top again: many items have changed their places."""
    ReviewerCursor.objects.filter(queue=queue).delete()
