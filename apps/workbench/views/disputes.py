"""Beside a disputed item: the queue as a whole, reviewers' questions, similar settled items."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.http import AuthedRequest
from apps.core.errors import InvalidInput
from apps.labeling.threads import thread_reply
from apps.queues.models import Queue, Review
from apps.queues.selectors import queues_adjudicable_by
from apps.workbench import disputes, selectors
from apps.workbench.guards import queue_page, review_page
from apps.workbench.similar import TOO_ALIKE, similar_settled
from apps.workbench.views.panels import panel


@require_safe
@queue_page(queues_adjudicable_by)
def overview(request: AuthedRequest, queue: Queue) -> HttpResponse:
    """What is disputed, by reason and label, and the first items; each way to narrow it is an address."""
    narrowed = disputes.narrowing_from(request.GET)
    shown = disputes.overview(queue=queue, user=request.user, narrowed=narrowed)
    context = {
        "shown": shown,
        "query": disputes.narrowing_query(narrowed),
        "and": "&" if disputes.narrowing_query(narrowed) else "?",
        "now": timezone.now(),
    }
    return panel(request, queue, "workbench/_disputes.html", context)


@require_POST
@queue_page(queues_adjudicable_by)
def reply(request: AuthedRequest, queue: Queue, item_id: UUID, thread_id: UUID) -> HttpResponse:
    """An answer to a reviewer's question, given from the disputed item. 422: nothing is said."""
    item = get_object_or_404(selectors.items_decidable(queue=queue, user=request.user), pk=item_id)
    thread = get_object_or_404(disputes.threads_about(item=item, user=request.user), pk=thread_id)
    problem = ""
    try:
        thread_reply(thread=thread, author=request.user, text=request.POST.get("text", ""), now=timezone.now())
    except InvalidInput as exc:
        problem = exc.message
    if not request.htmx and not problem:
        return redirect(f"{reverse('workbench:adjudicate', args=[queue.pk])}?item={item.pk}")
    threads = disputes.threads_about(item=item, user=request.user)
    context: dict[str, object] = {"item": item, "threads": threads, "problem": problem, "problem_at": thread.pk}
    return panel(request, queue, "workbench/_dispute_threads.html", context, status=422 if problem else 200)


@require_safe
@queue_page(queues_adjudicable_by)
def similar(request: AuthedRequest, queue: Queue, item_id: UUID) -> HttpResponse:
    """Settled items like the disputed one, near duplicates too."""
    item = get_object_or_404(selectors.items_decidable(queue=queue, user=request.user), pk=item_id)
    return _similar(request, queue, {"found": similar_settled(item=item), "heading": "h3"})


@require_safe
@review_page
def similar_to_mine(request: AuthedRequest, queue: Queue, review: Review) -> HttpResponse:
    """The same for a reviewer, without what could give his item away, where the queue allows it; else 404."""
    get_object_or_404(Queue, pk=queue.pk, shows_similar=True)
    found = similar_settled(item=review.item, reviewer=request.user)
    return _similar(request, queue, {"found": found, "is_reviewer": True})


def _similar(request: AuthedRequest, queue: Queue, context: dict[str, object]) -> HttpResponse:
    return panel(request, queue, "workbench/_similar.html", {**context, "too_alike": round(100 * TOO_ALIKE)})
