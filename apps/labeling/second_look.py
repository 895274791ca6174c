"""After an own answer: the model's guess is shown where it differs, and the person keeps his answer or changes it."""

from datetime import datetime

from apps.accounts.models import User
from apps.labeling.guesses import holds
from apps.labeling.models import Annotation, Suggestion
from apps.labeling.suggestions import guess_show, suggestion_draw, suggestion_seen
from apps.queues.models import Queue, Review

Outcome, Mode = Suggestion.Outcome, Queue.Assistance


def second_look_offer(*, review: Review, annotation: Annotation, now: datetime) -> None:
    """Draw what the person sees now that he has answered. Part of the answer's transaction.

    Whoever took his answer back after a look has had it, and what he answers then is what he made of it.
    """
    seen = suggestion_seen(review=review)
    if seen is not None:
        if seen.mode == Mode.AFTER_ANSWER and not seen.outcome:
            is_follower = holds(annotation.result, seen.guess)
            second_look_close(suggestion=seen, outcome=Outcome.CHANGED if is_follower else Outcome.KEPT)
        return
    drawn = suggestion_draw(review=review, now=now)
    if drawn.result is None or drawn.mode != Mode.AFTER_ANSWER or drawn.outcome:
        return
    if holds(annotation.result, drawn.guess):
        second_look_close(suggestion=drawn, outcome=Outcome.SAME)
    else:
        guess_show(review=review)


def second_look_close(*, suggestion: Suggestion, outcome: str) -> None:
    """What the person did, once."""
    Suggestion.objects.filter(pk=suggestion.pk, outcome="").update(outcome=outcome)


def second_look_waiting(*, queue: Queue, reviewer: User) -> tuple[Suggestion, Annotation] | None:
    """The guess that he has seen after his answer and not decided on yet, with that answer. Two queries at most."""
    if queue.assistance != Mode.AFTER_ANSWER:
        return None
    open_ones = Suggestion.objects.filter(
        reviewer=reviewer, item__queue=queue, mode=Mode.AFTER_ANSWER, outcome="", result__isnull=False
    )
    seen = list(open_ones.order_by("-created_at")[:5])
    if not seen:
        return None
    mine = Annotation.objects.filter(reviewer=reviewer, status=Annotation.Status.CURRENT, review__sees_guess=True)
    known = mine.select_related("item__queue__project", "item__schema", "item__trace__payload", "schema", "review")
    answers = {(each.item_id, each.schema_id): each for each in known.filter(item__in=[one.item_id for one in seen])}
    found = ((one, answers.get((one.item_id, one.schema_id))) for one in seen)
    return next(((one, answer) for one, answer in found if answer is not None), None)
