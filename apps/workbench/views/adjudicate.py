"""An adjudicator's page: one disputed item, its votes side by side, and one decision."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from apps.accounts.http import AuthedRequest
from apps.consensus.services.starting_points import starting_point
from apps.core.errors import Conflict
from apps.labeling.services import draft_drop, draft_of, draft_save
from apps.labeling.widgets import FormState, initial_state, render_review, state_from_result
from apps.projects.labelling import LabellingConfig, config_of
from apps.projects.selectors import guideline_current
from apps.queues.explain import explain_to_adjudicator
from apps.queues.models import Item, Queue
from apps.queues.selectors import items_to_adjudicate, queues_adjudicable_by
from apps.workbench import disputes, selectors, services
from apps.workbench.comparison import votes_shown
from apps.workbench.disputes import narrowing_from
from apps.workbench.forms import DecisionForm, draft_fields
from apps.workbench.guards import queue_page
from apps.workbench.posterior import posterior_rows
from apps.workbench.shown_again import draft_again
from apps.workbench.views import cards


@dataclass(frozen=True)
class Kept:
    """How the decision's form begins."""

    state: FormState
    reason: str = ""
    question: str = ""  # to the reviewers, if it goes back
    has_draft: bool = False
    undone: str = ""  # the decision that was taken back, in words
    is_merged: bool = False  # it begins with what the answers have in common


def _kept(*, item: Item, request: AuthedRequest, config: LabellingConfig, form: DecisionForm | None) -> Kept:
    if form is not None:
        return Kept(form.state, reason=form.post.get("reason", ""), question=form.post.get("question", ""))
    draft = draft_of(item=item, reviewer=request.user)
    if draft is not None:
        reason, question = ("".join(draft.fields.get(name, [])) for name in ("reason", "question"))
        return Kept(draft_again(draft=draft, item=item), reason=reason, question=question, has_draft=True)
    undone = selectors.decision_taken_back(item=item, user=request.user)
    if undone is not None and undone.result:
        words = selectors.decision_words(undone)
        return Kept(state_from_result(config, undone.result, data=item.data), reason=undone.reason, undone=words)
    if start := _vote_to_start_from(request, item):
        return Kept(state_from_result(config, start, data=item.data))
    if merged := starting_point(item=item, consensus=getattr(item, "consensus", None)):
        return Kept(state_from_result(config, merged, data=item.data), is_merged=True)
    return Kept(initial_state(config, item.data))


def _vote_to_start_from(request: AuthedRequest, item: Item) -> list[dict[str, Any]] | None:
    """The answer named by `?from=`, for decisions that mend one of several texts."""
    wanted = request.GET.get("from", "")
    return next(
        (vote.annotation.result for vote in selectors.votes_on(item=item) if str(vote.annotation.pk) == wanted), None
    )


def _item_card(
    request: AuthedRequest, item: Item, *, now: datetime, form: DecisionForm | None = None, problem: str = ""
) -> cards.Card:
    config = config_of(item.schema)
    kept = _kept(item=item, request=request, config=config, form=form)
    consensus = getattr(item, "consensus", None)
    votes, narrowed = selectors.votes_on(item=item), narrowing_from(request.GET)
    context = {
        "item": item,
        "why": explain_to_adjudicator(item=item, now=now),
        "rendered": render_review(config, item.data, kept.state, sends=False),
        **cards.beside_item(item, is_blind=False),
        "votes": votes_shown(config, votes, data=item.data),
        "history": disputes.history_of(item=item),
        "guesses": disputes.guesses_on(item=item),
        "threads": disputes.threads_about(item=item, user=request.user),
        "has_text": any(control.kind in ("text", "spans", "chat") for control in config.controls),
        "alt": cards.alt_keys(config),
        "consensus": consensus,
        "posterior": posterior_rows(config, consensus.posterior) if consensus else [],
        "guideline": guideline_current(project=item.queue.project),
        "following": selectors.item_after(queue=item.queue, user=request.user, item=item, narrowed=narrowed),
        "problem": problem or (form.problem if form else ""),
        **vars(kept),
    }
    return cards.Card("workbench/_dispute.html", context)


def _next_card(request: AuthedRequest, queue: Queue, *, now: datetime) -> cards.Card:
    found = items_to_adjudicate(queue=queue, user=request.user, narrowed=narrowing_from(request.GET))
    item_id = next(iter(found.values_list("pk", flat=True)[:1]), None)
    if item_id is None:
        done = selectors.adjudication_tally(queue=queue, user=request.user, now=now).today
        return cards.Card("workbench/_settled.html", {"done": done})
    return _item_card(request, selectors.items_decidable(queue=queue, user=request.user).get(pk=item_id), now=now)


def _show(
    request: AuthedRequest, queue: Queue, card: cards.Card, *, now: datetime, status: int = 200, said: str | None = None
) -> HttpResponse:
    last = selectors.last_decision(queue=queue, user=request.user)
    narrowed = narrowing_from(request.GET)
    context = {
        "narrowed_words": disputes.narrowing_words(narrowed),
        "query": disputes.narrowing_query(narrowed),
        "queue": queue,
        "project": queue.project,
        "card": card.template,
        "now": now,
        "undo_words": selectors.decision_words(last) if last else "",
        "alt": "",
        **card.context,
    }
    if not request.htmx:
        if request.method == "POST" and status == 200:
            return redirect(f"{reverse('workbench:adjudicate', args=[queue.pk])}{context['query']}")
        context["tally"] = selectors.adjudication_tally(queue=queue, user=request.user, now=now)
        return render(request, "workbench/adjudicate.html", context, status=status)
    response = render(request, "workbench/_dispute_response.html", context, status=status)
    return trigger_client_event(response, "item-answered", {"words": said}) if said is not None else response


@require_safe
@queue_page(queues_adjudicable_by)
def page(request: AuthedRequest, queue: Queue) -> HttpResponse:
    """The next disputed item, or the one that `?item=` names while it is disputed."""
    now = timezone.now()
    wanted = _uuid(request.GET.get("item", ""))
    if wanted is None:
        return _show(request, queue, _next_card(request, queue, now=now), now=now)
    item = get_object_or_404(selectors.items_decidable(queue=queue, user=request.user), pk=wanted)
    if item.state != Item.State.ADJUDICATION:
        return _show(request, queue, _next_card(request, queue, now=now), now=now)
    return _show(request, queue, _item_card(request, item, now=now), now=now)


def _uuid(text: str) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError as exc:
        raise Http404 from exc


@require_POST
@queue_page(queues_adjudicable_by)
def decide(request: AuthedRequest, queue: Queue, item_id: UUID) -> HttpResponse:
    """Stores the decision, brings the next item. 422: it does not fit. 409: somebody was quicker, or nobody is left."""
    item = get_object_or_404(selectors.items_decidable(queue=queue, user=request.user), pk=item_id)
    now = timezone.now()
    form = DecisionForm(request.POST, config=config_of(item.schema), data=item.data)
    if not form.is_valid():
        return _show(request, queue, _item_card(request, item, now=now, form=form), now=now, status=422)
    writes_rule = form.cleaned_data.pop("writes_rule")
    try:
        adjudication = services.adjudicate(item_id=item.pk, adjudicator=request.user, now=now, **form.cleaned_data)
    except Conflict as exc:
        return _refused(request, queue, item, form, exc)
    draft_drop(item=item, reviewer=request.user)
    if writes_rule:
        editor = reverse("workbench:rule", args=[queue.pk, adjudication.pk])
        return HttpResponseClientRedirect(editor) if request.htmx else redirect(editor)
    words = selectors.decision_words(adjudication)
    return _show(request, queue, _next_card(request, queue, now=now), now=now, said=words)


def _refused(request: AuthedRequest, queue: Queue, item: Item, form: DecisionForm, exc: Conflict) -> HttpResponse:
    """The item again with the reason, while it is still disputed; else what became of it."""
    now = timezone.now()
    item.refresh_from_db(fields=["state"])
    if item.state == Item.State.ADJUDICATION:
        card = _item_card(request, item, now=now, form=form, problem=exc.message)
    else:
        card = cards.Card("workbench/_decided.html", {"message": exc.message})
    return _show(request, queue, card, now=now, status=409)


@require_POST
@queue_page(queues_adjudicable_by)
def undo(request: AuthedRequest, queue: Queue) -> HttpResponse:
    """Takes the last decision back and shows its item again. 409: there is none."""
    now = timezone.now()
    try:
        undone = services.adjudication_undo(adjudicator=request.user, queue=queue, now=now)
    except Conflict as exc:
        if not request.htmx:
            messages.warning(request, exc.message)
            return redirect("workbench:adjudicate", queue.pk)
        response = HttpResponse(status=409, headers={"HX-Reswap": "none"})
        return trigger_client_event(response, "toast", {"text": exc.message, "level": "warn"})
    item = selectors.items_decidable(queue=queue, user=request.user).get(pk=undone.pk)
    return _show(request, queue, _item_card(request, item, now=now), now=now, said=_("taken back"))


@require_POST
@queue_page(queues_adjudicable_by)
def draft(request: AuthedRequest, queue: Queue, item_id: UUID) -> HttpResponse:
    """Keeps what is written so far."""
    item = get_object_or_404(selectors.items_decidable(queue=queue, user=request.user), pk=item_id)
    if item.state == Item.State.ADJUDICATION:
        fields = draft_fields(request.POST)
        draft_save(item=item, reviewer=request.user, fields=fields, now=timezone.now())
    return HttpResponse(status=204)


@require_safe
@queue_page(queues_adjudicable_by)
def tally(request: AuthedRequest, queue: Queue) -> HttpResponse:
    shown = selectors.adjudication_tally(queue=queue, user=request.user, now=timezone.now())
    return render(request, "workbench/_tally.html", {"tally": shown, "queue": queue, "oob": True, "adjudicates": True})
