"""The known items of a queue: what they are, how they are answered, and the people they test."""

import random
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.models import User
from apps.consensus.services.qualification import honeypot_take_out
from apps.console import people_standing
from apps.console.guards import ProjectRequest, project_page
from apps.console.views.queues import queue_of, queues_page
from apps.core.errors import Conflict, InvalidInput
from apps.golden.models import GoldenVersion
from apps.golden.selectors import versions_of
from apps.golden.services.honeypots import MOST, honeypots_add
from apps.projects.models import Project
from apps.projects.rights import Right
from apps.queues.models import Item, Queue
from apps.queues.selectors import queues_workable_by, reviewer_ids
from apps.queues.services import reviewer_admission_end, reviewer_admit

_CHANCE = random.SystemRandom()
SHOWN = 200


class KnownForm(forms.Form):
    """From which golden version, and how many."""

    version: "forms.ModelChoiceField[GoldenVersion]" = forms.ModelChoiceField(
        label=gettext_lazy("From the training side of"),
        queryset=GoldenVersion.objects.none(),
        empty_label=None,
        error_messages={"required": gettext_lazy("Choose a frozen golden version of this project.")},
    )
    n = forms.IntegerField(label=gettext_lazy("How many"), min_value=1, max_value=MOST, initial=50)

    def __init__(self, posted: Any = None, *, project: Project) -> None:
        super().__init__(posted)
        field = self.fields["version"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = versions_of(project=project)


def _reviewer(queue: Queue, user_id: UUID) -> User:
    return get_object_or_404(User, pk=user_id, pk__in=reviewer_ids(queue=queue))


@project_page(Right.MANAGE)
@require_safe
def known(request: ProjectRequest, project: Project, queue_slug: str) -> HttpResponse:
    return _page(request, project, queue_of(project, queue_slug), KnownForm(project=project))


def _page(
    request: ProjectRequest, project: Project, queue: Queue, form: KnownForm, *, status: int = 200
) -> HttpResponse:
    found = people_standing.known_items(queue=queue)
    # Whoever answers here must not learn which items are known.
    is_blind = queues_workable_by(user=request.user).filter(pk=queue.pk).exists()
    context = {
        "queue": queue,
        "form": form,
        "has_versions": versions_of(project=project).exists(),
        "n_known": len(found),
        "n_resting": people_standing.n_resting(queue=queue),
        "labels": people_standing.labels_of(found),
        "items": [] if is_blind else found[:SHOWN],
        "is_blind": is_blind,
        "newcomers": people_standing.newcomers(queue=queue),
        "people": people_standing.people_tested(queue=queue),
        "now": timezone.now(),
    }
    return queues_page(request, project, "known", status=status, **context)


@project_page(Right.MANAGE)
@require_POST
def known_add(request: ProjectRequest, project: Project, queue_slug: str) -> HttpResponse:
    queue = queue_of(project, queue_slug)
    form = KnownForm(request.POST, project=project)
    if form.is_valid():
        try:
            made = honeypots_add(queue=queue, **form.cleaned_data, by=request.user, now=timezone.now(), rng=_CHANCE)
        except InvalidInput as exc:
            form.add_error(exc.field if exc.field in form.fields else None, exc.message)
        else:
            _tell(request, made, form.cleaned_data["n"])
            return redirect("console:queue_known", project.slug, queue.slug)
    return _page(request, project, queue, form, status=422)


def _tell(request: ProjectRequest, made: int, asked: int) -> None:
    if not made:
        messages.warning(request, _("None were added: all that this version could give are here already."))
        return
    words = ngettext("%(n)s known item was added.", "%(n)s known items were added.", made) % {"n": made}
    if made < asked:
        words += " " + _("The version has no more.")
    messages.success(request, words)


@project_page(Right.MANAGE)
@require_POST
def known_remove(request: ProjectRequest, project: Project, queue_slug: str, item_id: UUID) -> HttpResponse:
    """Its known answer was wrong, or all know it by now: it tests nobody any more, and its answers count no more."""
    queue = queue_of(project, queue_slug)
    item = get_object_or_404(queue.items.filter(state=Item.State.HONEYPOT), pk=item_id)
    honeypot_take_out(item=item, by=request.user, now=timezone.now())
    messages.success(request, _("Taken out. Answers to it count no more, for nobody."))
    return redirect("console:queue_known", project.slug, queue.slug)


@project_page(Right.MANAGE)
@require_POST
def admit(request: ProjectRequest, project: Project, queue_slug: str, user_id: UUID) -> HttpResponse:
    queue = queue_of(project, queue_slug)
    person = _reviewer(queue, user_id)
    reviewer_admit(queue=queue, reviewer=person, reason=_("by hand"), by=request.user, now=timezone.now())
    messages.success(request, _("%(who)s is let in.") % {"who": person})
    return redirect("console:queue_known", project.slug, queue.slug)


@project_page(Right.MANAGE)
@require_POST
def admission_end(request: ProjectRequest, project: Project, queue_slug: str, user_id: UUID) -> HttpResponse:
    queue = queue_of(project, queue_slug)
    person = _reviewer(queue, user_id)
    try:
        reviewer_admission_end(queue=queue, reviewer=person, by=request.user, now=timezone.now())
        messages.success(request, _("%(who)s has to qualify again. What they answered stays.") % {"who": person})
    except Conflict as exc:
        messages.warning(request, exc.message)
    return redirect("console:queue_known", project.slug, queue.slug)


_HERE = "p/<slug:slug>/queues/<slug:queue_slug>/known/"
urlpatterns = [
    path(_HERE, known, name="queue_known"),
    path(f"{_HERE}add/", known_add, name="queue_known_add"),
    path(f"{_HERE}people/<uuid:user_id>/admit/", admit, name="queue_admit"),
    path(f"{_HERE}people/<uuid:user_id>/unadmit/", admission_end, name="queue_unadmit"),
    path(f"{_HERE}<uuid:item_id>/remove/", known_remove, name="queue_known_remove"),
]
