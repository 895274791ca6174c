"""What a reviewer does with an item: answer, undo, skip, escalate, release, keep a draft. All are POSTs."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from apps.accounts.http import AuthedRequest
from apps.consensus.services import FACTS, Facts
from apps.core.errors import Conflict
from apps.labeling.models import Annotation
from apps.labeling.services import Sent, draft_drop, draft_of, draft_save
from apps.labeling.suggestions import suggestion_filled_in
from apps.labeling.widgets import Result, initial_state, state_from_post
from apps.projects.labelling import config_of
from apps.queues.models import Queue, Review
from apps.queues.selectors import queues_workable_by
from apps.queues.services import review_enter, review_leave, review_lock, review_return
from apps.workbench import selectors, services
from apps.workbench.forms import AnswerForm, EscalateForm, SkipForm, TokenForm, draft_fields
from apps.workbench.guards import bench_page, queue_page, review_page
from apps.workbench.shown_again import taken_back_again
from apps.workbench.views import cards
from apps.workbench.views.review import next_card

LONGEST_MS = 2**31 - 1  # what the column holds: 24 days


@require_POST
@bench_page
def answer(request: AuthedRequest, queue_id: UUID, review_id: UUID) -> HttpResponse:
    """Stores the answer and brings the next item. 422: it does not fit. 409: the lease is over; a draft is kept."""
    now = timezone.now()
    try:
        # Locked from the first look on: what the form was checked against is what the answer is stored under.
        with transaction.atomic():
            review, facts = review_enter(reviewer=request.user, queue_id=queue_id, review_id=review_id, beside=FACTS)
            item = review.item
            before = _before(request, review)
            form = AnswerForm(request.POST, config=config_of(item.schema), data=item.data, before=before)
            annotation = _stored(review, facts, form.cleaned_data, now) if form.is_valid() else None
    except Review.DoesNotExist as exc:
        raise Http404 from exc
    except Conflict as exc:
        _keep_unless_answered(request, review)
        return _late(request, item.queue, review, exc)
    if annotation is None:
        return cards.show(request, item.queue, cards.review_card(review=review, form=form), now=now, status=422)
    words = selectors.words_of(annotation)
    # A form that was sent twice brings back its first answer, which need not be the last one any more.
    last = annotation if annotation.created_at == now else None
    return cards.show(request, item.queue, next_card(request, item.queue), now=now, answered=words, last=last)


def _stored(review: Review, facts: Facts, given: dict[str, Any], now: datetime) -> Annotation:
    """Raises Conflict where the answer comes too late."""
    sent = Sent(
        token=given["token"],
        result=given["result"],
        duration_ms=_duration(review, given["duration_ms"], now),
        note=given["note"],
    )
    return services.answer_store(review=review, facts=facts, sent=sent, now=now)


def _before(request: AuthedRequest, review: Review) -> Result | None:
    """The answer that the form began with, where the page says that it began with one that was taken back."""
    if "again" not in request.POST:
        return None
    again = taken_back_again(item=review.item, review_id=review.pk)
    return again.result if again and str(again.annotation.pk) == request.POST["again"] else None


def _duration(review: Review, measured: int | None, now: datetime) -> int:
    """What the page measured, never more than the lease has lasted."""
    lasted = min(max(int((now - review.leased_at).total_seconds() * 1000), 0), LONGEST_MS)
    return lasted if measured is None else min(measured, lasted)


def _late(request: AuthedRequest, queue: Queue, review: Review, exc: Conflict) -> HttpResponse:
    """What happened, what was kept, what to do."""
    is_kept = draft_of(item=review.item, reviewer=request.user) is not None
    card = cards.Card("workbench/_late.html", {"message": exc.message, "is_kept": is_kept, "item": review.item})
    return cards.show(request, queue, card, now=timezone.now(), status=409)


def _keep_unless_answered(request: AuthedRequest, review: Review) -> None:
    """Keep what was sent or is being written. A draft that arrives after its answer has no use any more."""
    with transaction.atomic():
        # As an answer does, the item first: to store a draft looks at its item's row, which the answer holds.
        locked = review_lock(review_id=review.pk, reviewer=request.user)
        if locked.state != Review.State.SUBMITTED:
            _keep(request, review)


def _keep(request: AuthedRequest, review: Review) -> None:
    """Store the form as a draft; drop the draft where the form is as untouched."""
    config = config_of(review.item.schema)
    fields = draft_fields(request.POST)
    given = {name: values for name, values in state_from_post(config, fields).values.items() if values}
    begun = [initial_state(config, review.item.data)]
    if guess := suggestion_filled_in(review=review):
        begun.append(cards.untouched_state(config, review.item, guess.guess))
    untouched = [{name: values for name, values in state.values.items() if any(values)} for state in begun]
    if given in untouched and not fields.get("note"):
        draft_drop(item=review.item, reviewer=request.user)
    else:
        draft_save(item=review.item, reviewer=request.user, fields=fields, now=timezone.now())


@require_POST
@review_page
def draft(request: AuthedRequest, queue: Queue, review: Review) -> HttpResponse:
    """Keeps what is written so far."""
    _keep_unless_answered(request, review)
    return HttpResponse(status=204)


@require_POST
@queue_page(queues_workable_by)
def undo(request: AuthedRequest, queue: Queue) -> HttpResponse:
    """Takes the last answer back and shows its item again. 409: there is nothing to undo."""
    now = timezone.now()
    if _is_undone(request, queue):
        return cards.show(request, queue, next_card(request, queue), now=now, answered="")
    try:
        review = services.answer_undo(reviewer=request.user, queue=queue, now=now)
    except Conflict as exc:
        return _refused(request, queue, exc)
    card = cards.review_card(review=review)
    return cards.show(request, queue, card, now=now, answered="")


def _is_undone(request: AuthedRequest, queue: Queue) -> bool:
    """Whether the answer that the form names was taken back already: the reply to the first press was lost."""
    named = request.POST.get("answer", "")
    last = selectors.last_answer(queue=queue, user=request.user)
    return bool(named) and (last is None or str(last.pk) != named)


def _refused(request: AuthedRequest, queue: Queue, exc: Conflict) -> HttpResponse:
    """Nothing changed: the page stays as it is and says why."""
    if not request.htmx:
        messages.warning(request, exc.message)
        return redirect("workbench:queue", queue.pk)
    response = HttpResponse(status=409, headers={"HX-Reswap": "none"})
    return trigger_client_event(response, "toast", {"text": exc.message, "level": "warn"})


@require_http_methods(["GET", "HEAD", "POST"])
@review_page
def skip(request: AuthedRequest, queue: Queue, review: Review) -> HttpResponse:
    """GET asks for the reason where no script opens the dialog; POST passes and brings the next item."""
    form = SkipForm(request.POST if request.method == "POST" else {"token": review.token})
    if request.method != "POST" or not form.is_valid():
        return _ask(request, queue, review, form, "workbench/_skip_form.html")
    try:
        services.answer_skip(review=review, token=form.cleaned_data["token"], reason=form.cleaned_data["reason"])
    except Conflict as exc:
        return _late(request, queue, review, exc)
    return cards.show(request, queue, next_card(request, queue), now=timezone.now(), answered=_("skipped"))


@require_http_methods(["GET", "HEAD", "POST"])
@review_page
def escalate(request: AuthedRequest, queue: Queue, review: Review) -> HttpResponse:
    """GET asks for a note where no script opens the dialog; POST sends the item to an adjudicator."""
    form = EscalateForm(request.POST if request.method == "POST" else {"token": review.token})
    if request.method != "POST" or not form.is_valid():
        return _ask(request, queue, review, form, "workbench/_escalate_form.html")
    now = timezone.now()
    try:
        services.answer_to_adjudicator(review_id=review.pk, reviewer=request.user, now=now, **form.cleaned_data)
    except Conflict as exc:
        return _late(request, queue, review, exc)
    return cards.show(request, queue, next_card(request, queue), now=now, answered=_("sent to an adjudicator"))


def _ask(
    request: AuthedRequest, queue: Queue, review: Review, form: SkipForm | EscalateForm, template: str
) -> HttpResponse:
    is_sent = request.method == "POST"
    context = {
        "queue": queue,
        "project": queue.project,
        "review": review,
        "problem": _first(form) if is_sent else "",
        "fragment": template,
    }
    if request.htmx:
        response = render(request, template, context, status=422 if is_sent else 200)
        response["HX-Retarget"] = f"#{'skip' if 'skip' in template else 'escalate'}-form"
        response["HX-Reswap"] = "outerHTML"
        return response
    return render(request, "workbench/ask.html", context, status=422 if is_sent else 200)


def _first(form: TokenForm) -> str:
    return str(next(iter(form.errors.values()))[0])


@require_POST
@review_page
def leave(request: AuthedRequest, queue: Queue, review: Review) -> HttpResponse:
    """The page was left with the item untouched: it goes back to the queue soon, unless the page comes back."""
    form = TokenForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=422)
    review_leave(review=review, token=form.cleaned_data["token"], now=timezone.now())
    return HttpResponse(status=204)


@require_POST
@review_page
def back(request: AuthedRequest, queue: Queue, review: Review) -> HttpResponse:
    """The page came back, after a reload: it keeps its item."""
    form = TokenForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=422)
    review_return(review=review, token=form.cleaned_data["token"])
    return HttpResponse(status=204)
