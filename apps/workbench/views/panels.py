"""What lies one key away: the guideline, questions, one's own answers. A fragment in a dialog, or a page of its own."""

from collections.abc import Mapping

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import trigger_client_event

from apps.accounts.http import AuthedRequest
from apps.core.errors import InvalidInput
from apps.core.typed import typed
from apps.labeling.threads import guideline_read, thread_ask
from apps.projects.models import Guideline
from apps.queues.models import Queue, Review
from apps.queues.selectors import queues_adjudicable_by, queues_workable_by, reviews_of
from apps.workbench import selectors, selectors_help
from apps.workbench.guards import queue_page


def panel(
    request: AuthedRequest, queue: Queue, fragment: str, context: Mapping[str, object], *, status: int = 200
) -> HttpResponse:
    """A fragment for the dialog beside the item; without scripts a page of its own."""
    context = {"queue": queue, "project": queue.project, "fragment": fragment, **context}
    return render(request, fragment if request.htmx else "workbench/panel.html", context, status=status)


@require_safe
@queue_page(queues_workable_by)
def guideline(request: AuthedRequest, queue: Queue) -> HttpResponse:
    """The version that applies, what changed since one last read it, and examples by label."""
    shown = selectors_help.guideline_shown(project=queue.project, user=request.user)
    examples = selectors_help.examples_of(project=queue.project, guideline=shown.guideline) if shown else []
    context = {"guideline": shown.guideline if shown else None, "shown": shown, "examples": examples}
    return panel(request, queue, "workbench/_guideline.html", context)


@require_POST
@queue_page(queues_workable_by)
def guideline_mark(request: AuthedRequest, queue: Queue) -> HttpResponse:
    """Remembers that one has read the version that the page showed."""
    text = get_object_or_404(Guideline, project=queue.project, version=_number(request.POST.get("version", "")))
    guideline_read(guideline=text, reader=request.user, now=timezone.now())
    return _guideline_shown_again(request, queue) if request.htmx else redirect("workbench:guideline", queue.pk)


def _guideline_shown_again(request: AuthedRequest, queue: Queue) -> HttpResponse:
    shown = selectors_help.guideline_shown(project=queue.project, user=request.user)
    response = render(request, "workbench/_guideline_read.html", {"shown": shown, "queue": queue})
    return trigger_client_event(response, "guideline-read", {})


@require_safe
@queue_page(queues_workable_by)
def notices(request: AuthedRequest, queue: Queue) -> HttpResponse:
    """What is new beside the items: a guideline, replies. Asked for now and then; changes nothing."""
    version = selectors_help.guideline_is_new(project=queue.project, user=request.user)
    replies = selectors_help.replies_unread(user=request.user)
    context = {"queue": queue, "version": version, "replies": replies}
    return render(request, "workbench/_notices.html", context)


@require_safe
@queue_page(queues_workable_by)
def history(request: AuthedRequest, queue: Queue) -> HttpResponse:
    """One's own answers, searched by `q`, thirty at a time."""
    words = typed(request.GET.get("q", ""))[:200]
    start = min(max(_number(request.GET.get("from", "")), 0), 10_000)
    found = selectors_help.my_answers_found(queue=queue, user=request.user, words=words)
    answers = list(found[start : start + selectors.HISTORY + 1])
    context = {
        "rows": [(each, selectors.words_of(each)) for each in answers[: selectors.HISTORY]],
        "words": words,
        "older": start + selectors.HISTORY if len(answers) > selectors.HISTORY else None,
    }
    return panel(request, queue, "workbench/_history.html", context)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0


@require_http_methods(["GET", "HEAD", "POST"])
@queue_page(queues_workable_by)
def ask(request: AuthedRequest, queue: Queue, review_id: str) -> HttpResponse:
    """GET shows what one has asked about the item; POST asks an adjudicator."""
    review: Review = get_object_or_404(reviews_of(user=request.user).filter(item__queue=queue), pk=review_id)
    problem = text = ""
    if request.method == "POST":
        text = request.POST.get("text", "")
        try:
            thread_ask(item=review.item, asker=request.user, text=text, now=timezone.now())
            text = ""
        except InvalidInput as exc:
            problem = exc.message
    thread = selectors_help.thread_on(item=review.item, user=request.user)
    context: dict[str, object] = {"review": review, "thread": thread, "problem": problem, "text": text}
    context["is_asked"] = request.method == "POST" and not problem
    return panel(request, queue, "workbench/_ask.html", context, status=422 if problem else 200)


@require_safe
@queue_page(queues_adjudicable_by)
def decisions(request: AuthedRequest, queue: Queue) -> HttpResponse:
    made = selectors.my_decisions(queue=queue, user=request.user)[: selectors.HISTORY]
    rows = [(each, selectors.decision_words(each)) for each in made]
    return panel(request, queue, "workbench/_decisions.html", {"rows": rows})
