"""Change an answer that was given before, from one's own history."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.http import AuthedRequest
from apps.core.errors import Conflict
from apps.labeling.models import Annotation
from apps.labeling.services import draft_of
from apps.labeling.widgets import FormState, Result, one_press, render_review, state_from_post, state_from_result
from apps.projects.labelling import config_of
from apps.queues.models import Queue
from apps.queues.selectors import queues_workable_by
from apps.workbench import selectors
from apps.workbench.forms import RevisionForm, draft_fields
from apps.workbench.guards import queue_page
from apps.workbench.services_revise import answer_is_open, answer_revise, revision_keep
from apps.workbench.shown_again import draft_again, result_again
from apps.workbench.views import cards


@require_http_methods(["GET", "HEAD", "POST"])
@queue_page(queues_workable_by)
def revise(request: AuthedRequest, queue: Queue, annotation_id: UUID) -> HttpResponse:
    """GET shows the answer in its form, or a change that was begun; POST replaces it. 409: it can no longer be changed.

    `?fresh` shows the answer as it was, whatever was begun.
    """
    annotation = _annotation(request, queue, annotation_id)
    before = result_again(annotation=annotation, item=annotation.item)
    if request.method != "POST":
        is_open = annotation.status == Annotation.Status.CURRENT and answer_is_open(annotation=annotation)
        return _page(request, annotation, before) if is_open else _closed(request, queue)
    item = annotation.item
    form = RevisionForm(request.POST, config=config_of(item.schema), data=item.data, before=before)
    if not form.is_valid():
        return _page(request, annotation, before, form)
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


@require_POST
@queue_page(queues_workable_by)
def draft(request: AuthedRequest, queue: Queue, annotation_id: UUID) -> HttpResponse:
    """Keeps the change as it is written. 409: the answer was changed meanwhile, or can no longer be."""
    annotation = _annotation(request, queue, annotation_id)
    fields = draft_fields(request.POST)
    given = state_from_post(config_of(annotation.item.schema), fields)
    before = _as_given(annotation, result_again(annotation=annotation, item=annotation.item))
    is_untouched = _filled(given) == _filled(before) and "".join(fields.get("note", [])) == annotation.note
    try:
        revision_keep(annotation=annotation, fields=fields, is_untouched=is_untouched, now=timezone.now())
    except Conflict:
        return HttpResponse(status=409)
    return HttpResponse(status=204)


def _annotation(request: AuthedRequest, queue: Queue, annotation_id: UUID) -> Annotation:
    mine = Annotation.objects.filter(reviewer=request.user, item__queue=queue)
    known = mine.select_related("reviewer", "item__queue__project", "item__schema", "item__trace__payload", "schema")
    return get_object_or_404(known, pk=annotation_id)


def _as_given(annotation: Annotation, before: Result | None) -> FormState:
    item = annotation.item
    return state_from_result(config_of(item.schema), before or [], data=item.data)


def _filled(state: FormState) -> dict[str, tuple[str, ...]]:
    return {name: values for name, values in state.values.items() if any(values)}


def _closed(request: AuthedRequest, queue: Queue, words: str = "") -> HttpResponse:
    context = {"queue": queue, "words": words or _("This answer can no longer be changed.")}
    return render(request, "workbench/revise_closed.html", context, status=409)


def _page(
    request: AuthedRequest, annotation: Annotation, before: Result | None, form: RevisionForm | None = None
) -> HttpResponse:
    """The form as just sent and refused, else as kept, else with the answer in it."""
    item, config = annotation.item, config_of(annotation.item.schema)
    state, note = _as_given(annotation, before), annotation.note
    kept = None if form or "fresh" in request.GET else draft_of(item=item, reviewer=request.user)
    if form is not None:
        state, note = form.state, form.post.get("note", "")
    elif kept is not None:
        state, note = draft_again(draft=kept, item=item), "".join(kept.fields.get("note", []))
    context = {
        "queue": item.queue,
        "project": item.queue.project,
        "annotation": annotation,
        "item": item,
        "form": form,
        "note": note,
        "draft": kept,
        "has_new_labels": annotation.schema_id != item.schema_id,
        "answered": selectors.words_of(annotation) if before is None else "",
        "rendered": render_review(config, item.data, state, sends=one_press(config)),
        **cards.beside_item(item),
        "alt": cards.alt_keys(config),
    }
    return render(request, "workbench/revise.html", context, status=422 if form else 200)
