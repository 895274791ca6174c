"""A reviewer's pages: my queues, and one queue with one item at a time."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.http import AuthedRequest
from apps.labeling.second_look import second_look_waiting
from apps.queues.errors import NotAdmitted, QueueNotOpen, ReviewerHeld
from apps.queues.models import Queue
from apps.queues.selectors import queues_workable_by
from apps.workbench import selectors, selectors_help, services
from apps.workbench.guards import bench_page, queue_page
from apps.workbench.pace import pace_of
from apps.workbench.views import cards


@require_safe
@bench_page
def home(request: AuthedRequest) -> HttpResponse:
    now = timezone.now()
    rows = selectors.my_queues(user=request.user, now=now)
    context = {
        "rows": rows,
        "adjudicates": any(row.disputed is not None for row in rows),
        "pace": pace_of(user=request.user, now=now),
        "replies": selectors_help.replies_unread(user=request.user),
    }
    if context["adjudicates"]:
        context["waiting"] = selectors_help.threads_waiting(user=request.user).count()
    return render(request, "workbench/home.html", context)


@require_safe
@queue_page(queues_workable_by)
def queue(request: AuthedRequest, queue: Queue) -> HttpResponse:
    """Shows the lease that the person holds, else the start form. Takes nothing: a claim is a POST.

    `?clear` shows the form without the model's guess.
    """
    now = timezone.now()
    review = selectors.lease_of(queue=queue, user=request.user, now=now)
    is_cleared = "clear" in request.GET
    if review is not None:
        card = cards.review_card(review=review, is_cleared=is_cleared)
    else:
        waiting = second_look_waiting(queue=queue, reviewer=request.user)
        card = cards.second_look_card(*waiting) if waiting else cards.start_card()
    return cards.show(request, queue, card, now=now)


@require_POST
@queue_page(queues_workable_by)
def claim(request: AuthedRequest, queue: Queue) -> HttpResponse:
    """409 where the queue gives nothing out."""
    card = next_card(request, queue)
    status = 200 if card.review is not None or card.template == "workbench/_nothing.html" else 409
    return cards.show(request, queue, card, now=timezone.now(), status=status)


def next_card(request: AuthedRequest, queue: Queue) -> cards.Card:
    """Claim, and the card of what came: an item, nothing left, or why this queue gives nothing out to this person."""
    now = timezone.now()
    if waiting := second_look_waiting(queue=queue, reviewer=request.user):
        return cards.second_look_card(*waiting)
    try:
        review = services.claim_next(queue=queue, reviewer=request.user, now=now)
    except QueueNotOpen:
        return cards.Card("workbench/_closed.html")
    except ReviewerHeld:
        return cards.Card("workbench/_held.html")
    except NotAdmitted:
        return cards.Card("workbench/_newcomer.html")
    if review is not None:
        return cards.review_card(review=review)
    others = [row for row in selectors.my_queues(user=request.user, now=now) if row.left and row.queue != queue]
    done = selectors.tally(queue=queue, user=request.user, now=now).today
    return cards.Card("workbench/_nothing.html", {"done": done, "other": others[0] if others else None})


@require_safe
@queue_page(queues_workable_by)
def tally(request: AuthedRequest, queue: Queue) -> HttpResponse:
    """What is left and done, asked for after each answer, beside it."""
    shown = selectors.tally(queue=queue, user=request.user, now=timezone.now())
    return render(request, "workbench/_tally.html", {"tally": shown, "queue": queue, "oob": True})


@require_safe
@queue_page(queues_workable_by)
def news(request: AuthedRequest, queue: Queue) -> HttpResponse:
    """Asked for now and then while nothing is left: 204, or a card that offers what has come in. Takes nothing."""
    shown = selectors.tally(queue=queue, user=request.user, now=timezone.now())
    if not shown.left or queue.state not in (Queue.State.OPEN, Queue.State.DRAINING):
        return HttpResponse(status=204)
    return render(request, "workbench/_news.html", {"tally": shown, "queue": queue})
