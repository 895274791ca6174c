"""What a person is shown of a model's guess, drawn and stored when he gets the item; and how his answer says so."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from apps.accounts.models import User
from apps.intake.models import Prediction
from apps.labeling.guesses import guess_result, holds, wrong_result
from apps.labeling.models import Annotation, Suggestion
from apps.labeling.widgets import Result, answer_label
from apps.projects.labelling import config_of
from apps.queues.algorithms.draw import uniform
from apps.queues.models import Item, Queue, Review

Assistance, Blind, Mode = Annotation.Assistance, Suggestion.Blind, Queue.Assistance
# At least so many ordinary items are shown blind, and as many as are audited: so no blind item gives an audit away.
BLIND_SHARE = 0.05
# A repeated guess is no second opinion on it: two such answers weigh as much as one that was given blind.
ACCEPTED_WEIGHT = 0.5


@dataclass(frozen=True)
class Aid:
    """How an answer was made, as the annotation keeps it."""

    assistance: str = Assistance.NONE
    suggestion: Suggestion | None = None
    weight: float = 1.0

    @property
    def told(self) -> dict[str, str]:
        """For the log: how it was made, where it was not made blind."""
        return {} if self.suggestion is None else {"assistance": str(self.assistance)}


BLIND = Aid()


@transaction.atomic
def suggestion_draw(*, review: Review, now: datetime) -> Suggestion:
    """What the person with this lease is shown of the model's guess, stored at the first draw and the same ever after.

    All chance is the queue's seed with item and person, so that it can be checked afterwards.
    """
    item = review.item
    known = Suggestion.objects.filter(item=item, reviewer=review.reviewer, schema=item.schema).first()
    if known is not None:
        return known
    drawn = _drawn(item=item, reviewer=review.reviewer)
    made, _ = Suggestion.objects.get_or_create(
        item=item, reviewer=review.reviewer, schema=item.schema, defaults={**drawn, "created_at": now}
    )
    if made.result is not None and made.mode == Mode.PRE_ANNOTATED:
        guess_show(review=review)
    return made


def guess_show(*, review: Review) -> None:
    """From now on the person has seen the guess on the item."""
    Review.objects.filter(pk=review.pk).update(sees_guess=True)
    review.sees_guess = True


def blind_reason(*, item: Item, reviewer: User) -> str:
    """Why the item is shown to this person without a guess, whatever the models say; empty: it is not."""
    if item.is_audit:
        return Blind.AUDIT
    share = min(max(item.queue.audit_share, BLIND_SHARE), 0.5)
    return Blind.CONTROL if _chance("blind", item, reviewer) < share else ""


def guess_of(*, item: Item) -> tuple[Result | None, Prediction | None]:
    """The model's guess as a result: of the prediction that scored the item, else the latest, else the trace's output.

    An output that the config shows is what is judged, and no guess about it.
    """
    config = config_of(item.schema)
    for prediction in _predictions(item):
        found = guess_result(config, prediction.label, data=item.data) if prediction.label else None
        if found is not None:
            return found, prediction
    if item.trace is None or any("output" in path for path in item.schema.mapping.values()):
        return None, None
    return guess_result(config, item.trace.payload.output, data=item.data), None


def _predictions(item: Item) -> list[Prediction]:
    if item.trace is None:
        return []
    rows = list(item.trace.predictions.order_by("is_logged", "-created_at", "-pk"))
    return sorted(rows, key=lambda row: row.pk != item.prediction_id)


def _drawn(*, item: Item, reviewer: User) -> dict[str, Any]:
    """The fields of a new suggestion."""
    queue = item.queue
    share = queue.assistance_wrong_share if queue.assistance == Mode.PRE_ANNOTATED else 0.0
    fields: dict[str, Any] = {"mode": queue.assistance, "wrong_share": share}
    if reason := blind_reason(item=item, reviewer=reviewer):
        return fields | {"blind_reason": reason}
    result, prediction = guess_of(item=item)
    if result is None:
        return fields | {"blind_reason": Blind.NO_GUESS}
    config = config_of(item.schema)
    wrong = None
    if _chance("wrong", item, reviewer) < share:
        wrong = wrong_result(config, result, data=item.data, draw=_chance("which", item, reviewer))
    shown = wrong or result
    label = (answer_label(config, shown) or "")[:500]
    return fields | {"prediction": prediction, "result": shown, "label": label, "is_wrong": wrong is not None}


def _chance(purpose: str, item: Item, reviewer: User) -> float:
    return uniform(seed=item.queue.seed, purpose=f"guess-{purpose}", key=f"{item.pk}:{reviewer.pk}")


def independent() -> Q:
    """Annotations that were given blind and stand, or were changed since only for a model's guess that was seen then.

    What was given beside a guess tells of the model as much as of the person: agreement and people are judged by these.
    """
    later = Annotation.objects.filter(
        item=OuterRef("item"), reviewer=OuterRef("reviewer"), status="current", assistance=Assistance.REVISED
    )
    replaced = Q(Exists(later), status=Annotation.Status.SUPERSEDED)
    return Q(Q(status=Annotation.Status.CURRENT) | replaced, assistance=Assistance.NONE)


def suggestion_seen(*, review: Review) -> Suggestion | None:
    """The guess that the person has seen on the item, whatever the queue's policy is now."""
    if not review.sees_guess:
        return None
    seen = Suggestion.objects.filter(item=review.item_id, reviewer=review.reviewer_id, result__isnull=False)
    return seen.order_by("-created_at", "-pk").first()


def suggestion_filled_in(*, review: Review) -> Suggestion | None:
    """The guess that stands in the form as the item opens: only while the queue's policy is still that."""
    if review.item.queue.assistance != Mode.PRE_ANNOTATED:
        return None
    seen = suggestion_seen(review=review)
    is_current = seen is not None and (seen.mode, seen.schema_id) == (Mode.PRE_ANNOTATED, review.item.schema_id)
    return seen if is_current else None


def aid_of(*, review: Review, result: Result) -> Aid:
    """How an answer under this review was made. One query, and none where no guess was shown."""
    seen = suggestion_seen(review=review)
    if seen is None:
        return BLIND
    is_repeated = holds(result, seen.guess)
    if seen.mode == Mode.AFTER_ANSWER:
        kind = Assistance.REVISED
    else:
        kind = Assistance.ACCEPTED if is_repeated else Assistance.CHANGED
    # Whoever repeats what was planted has said nothing about the item.
    weight = (0.0 if seen.is_wrong else ACCEPTED_WEIGHT) if is_repeated else 1.0
    return Aid(kind, seen, weight)
