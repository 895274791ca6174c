"""Change an answer that was given before, from one's own history."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.accounts.http import AuthedRequest
from apps.core.errors import Conflict
from apps.labeling.models import Annotation
from apps.labeling.widgets import one_press, render_review, state_from_result
from apps.projects.labelling import config_of
from apps.queues.models import Queue
from apps.queues.selectors import queues_workable_by
from apps.workbench.forms import RevisionForm
from apps.workbench.guards import queue_page
from apps.workbench.services_revise import answer_is_open, answer_revise
from apps.workbench.views import cards


@require_http_methods(["GET", "HEAD", "POST"])
@queue_page(queues_workable_by)
def revise(request: AuthedRequest, queue: Queue, annotation_id: UUID) -> HttpResponse:
    """GET shows the answer in its form; POST replaces it. 409: it can no longer be changed."""
    mine = Annotation.objects.filter(reviewer=request.user, item__queue=queue)
    known = mine.select_related("item__queue__project", "item__schema", "item__trace__payload", "schema")
    annotation = get_object_or_404(known, pk=annotation_id)
    if request.method != "POST":
        is_open = annotation.status == Annotation.Status.CURRENT and answer_is_open(annotation=annotation)
        return _page(request, queue, annotation) if is_open else _closed(request, queue)
    form = RevisionForm(request.POST, config=config_of(annotation.schema), data=annotation.item.data)
    if not form.is_valid():
        return _page(request, queue, annotation, form)
    sent = form.cleaned_data
    try:
        answer_revise(
            annotation_id=annotation.pk,
            reviewer=request.user,
            result=sent["result"],
            note=sent["note"],
            duration_ms=annotation.duration_ms,
            now=timezone.now(),
        )
    except Conflict as exc:
        return _closed(request, queue, exc.message)
    messages.success(request, _("Your answer is changed."))
    return redirect("workbench:queue", queue.pk)


def _closed(request: AuthedRequest, queue: Queue, words: str = "") -> HttpResponse:
    context = {"queue": queue, "words": words or _("This answer can no longer be changed.")}
    return render(request, "workbench/revise_closed.html", context, status=409)


def _page(
    request: AuthedRequest, queue: Queue, annotation: Annotation, form: RevisionForm | None = None
) -> HttpResponse:
    item, config = annotation.item, config_of(annotation.schema)
    state = form.state if form else state_from_result(config, annotation.result, data=item.data)
    context = {
        "queue": queue,
        "project": queue.project,
        "annotation": annotation,
        "item": item,
        "form": form,
        "note": form.post.get("note", "") if form else annotation.note,
        "rendered": render_review(config, item.data, state, sends=one_press(config)),
        **cards.beside_item(item),
        "alt": cards.alt_keys(config),
    }
    return render(request, "workbench/revise.html", context, status=422 if form else 200)
