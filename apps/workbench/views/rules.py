"""A decision written into the guideline, and the settled items that the new version may touch."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.http import AuthedRequest
from apps.consensus.models import ConsensusProposal
from apps.consensus.services import guideline_change_publish, rechecks_ask
from apps.consensus.services.proposals import proposal_revert
from apps.core.errors import Conflict, InvalidInput
from apps.labeling.widgets import render_diff
from apps.projects.selectors import guideline_current
from apps.queues.models import Queue
from apps.queues.selectors import queues_adjudicable_by
from apps.workbench import rules, selectors
from apps.workbench.guards import queue_page

PAGE = 25


class PickForm(forms.Form):
    """The settled items that were ticked."""

    item = forms.TypedMultipleChoiceField(coerce=UUID, choices=())

    def __init__(self, posted: Any, *, offered: list[UUID]) -> None:
        super().__init__(posted)
        self.fields["item"].choices = [(str(pk), "") for pk in offered]  # type: ignore[attr-defined]


@require_http_methods(["GET", "HEAD", "POST"])
@queue_page(queues_adjudicable_by)
def rule(request: AuthedRequest, queue: Queue, adjudication_id: UUID) -> HttpResponse:
    """The guideline with the decision as an example; POST publishes it. 409: another version came meanwhile."""
    adjudication = get_object_or_404(rules.decision_for_rule(queue=queue, user=request.user), pk=adjudication_id)
    current = guideline_current(project=queue.project)
    context: dict[str, Any] = {
        "queue": queue,
        "project": queue.project,
        "adjudication": adjudication,
        "words": selectors.decision_words(adjudication),
        "base": current.version if current else 0,
        "text": rules.rule_begun(adjudication=adjudication, guideline=current),
    }
    if request.method != "POST":
        return render(request, "workbench/rule_edit.html", context)
    context["text"] = request.POST.get("text", "")
    base = request.POST.get("base", "")
    try:
        change = guideline_change_publish(
            adjudication=adjudication,
            text=context["text"],
            base=int(base) if base.isascii() and base.isdigit() and len(base) < 7 else -1,
            by=request.user,
            now=timezone.now(),
        )
    except (InvalidInput, Conflict) as exc:
        context["problem"] = exc.message
        status = 409 if isinstance(exc, Conflict) else 422
        return render(request, "workbench/rule_edit.html", context, status=status)
    messages.success(request, _("Version %(n)s is what reviewers read from now on.") % {"n": change.guideline.version})
    return redirect("workbench:rule_version", queue.pk, change.guideline.version)


@require_safe
@queue_page(queues_adjudicable_by)
def version(request: AuthedRequest, queue: Queue, number: int) -> HttpResponse:
    """A version that a decision led to: what changed, what it may touch, and what was asked about again."""
    change = get_object_or_404(rules.changes_of(project=queue.project), guideline__version=number)
    before = queue.project.guidelines.filter(version=number - 1).first()
    page = Paginator(rules.touched_by(change=change), PAGE).get_page(request.GET.get("page"))
    context = {
        "queue": queue,
        "project": queue.project,
        "change": change,
        "words": selectors.decision_words(change.adjudication),
        "diff": render_diff(before.text if before else "", change.guideline.text),
        "page": page,
        "rechecks": rules.rechecks_of(change=change),
        "listed": rules.LISTED,
    }
    return render(request, "workbench/rule_version.html", context)


@require_POST
@queue_page(queues_adjudicable_by)
def again(request: AuthedRequest, queue: Queue, number: int) -> HttpResponse:
    """Asks again about the ticked items. A second click changes nothing."""
    change = get_object_or_404(rules.changes_of(project=queue.project), guideline__version=number)
    offered = [each.item.pk for each in rules.touched_by(change=change)]
    form = PickForm(request.POST, offered=offered)
    picked = form.cleaned_data["item"] if form.is_valid() else []
    n = rechecks_ask(change=change, item_ids=picked, by=request.user, now=timezone.now())
    if n:
        words = ngettext("%(n)s item asks for one answer more.", "%(n)s items ask for one answer more each.", n)
        messages.success(request, words % {"n": n})
    else:
        messages.warning(request, _("Nothing was asked again: tick at least one item that is still settled."))
    return redirect("workbench:rule_version", queue.pk, number)


@require_POST
@queue_page(queues_adjudicable_by)
def take_back(request: AuthedRequest, queue: Queue, number: int, proposal_id: UUID) -> HttpResponse:
    """Settles an item again as it was, until somebody takes it up."""
    change = get_object_or_404(rules.changes_of(project=queue.project), guideline__version=number)
    recheck = get_object_or_404(ConsensusProposal, guideline_change=change, pk=proposal_id)
    try:
        proposal_revert(proposal_id=recheck.pk, by=request.user, now=timezone.now())
        messages.success(request, _("Taken back: the item is settled as it was."))
    except Conflict as exc:
        messages.warning(request, exc.message)
    return redirect("workbench:rule_version", queue.pk, number)
