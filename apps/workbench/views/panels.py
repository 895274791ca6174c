"""What lies one key away: the guideline and one's own last answers. A fragment in a dialog, or a page of its own."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.accounts.http import AuthedRequest
from apps.projects.selectors import guideline_current
from apps.queues.models import Queue
from apps.queues.selectors import queues_adjudicable_by, queues_workable_by
from apps.workbench import selectors
from apps.workbench.guards import queue_page


def _panel(request: AuthedRequest, queue: Queue, fragment: str, context: dict[str, object]) -> HttpResponse:
    context = {"queue": queue, "project": queue.project, "fragment": fragment, **context}
    return render(request, fragment if request.htmx else "workbench/panel.html", context)


@require_safe
@queue_page(queues_workable_by)
def guideline(request: AuthedRequest, queue: Queue) -> HttpResponse:
    text = guideline_current(project=queue.project)
    return _panel(request, queue, "workbench/_guideline.html", {"guideline": text})


@require_safe
@queue_page(queues_workable_by)
def history(request: AuthedRequest, queue: Queue) -> HttpResponse:
    answers = selectors.my_answers(queue=queue, user=request.user)[: selectors.HISTORY]
    rows = [(each, selectors.words_of(each)) for each in answers]
    return _panel(request, queue, "workbench/_history.html", {"rows": rows})


@require_safe
@queue_page(queues_adjudicable_by)
def decisions(request: AuthedRequest, queue: Queue) -> HttpResponse:
    made = selectors.my_decisions(queue=queue, user=request.user)[: selectors.HISTORY]
    rows = [(each, selectors.decision_words(each)) for each in made]
    return _panel(request, queue, "workbench/_decisions.html", {"rows": rows})
