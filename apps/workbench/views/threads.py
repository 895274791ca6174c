"""Questions about items: one's own with their replies, and those that an adjudicator may answer."""

from collections.abc import Iterable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.http import AuthedRequest
from apps.core.errors import InvalidInput
from apps.labeling.models import Thread
from apps.labeling.threads import replies_read, thread_ask, thread_reply
from apps.labeling.widgets import render_item
from apps.projects.labelling import config_of
from apps.workbench import selectors_help
from apps.workbench.guards import bench_page

SHOWN = 50


@require_safe
@bench_page
def mine(request: AuthedRequest) -> HttpResponse:
    """What one asked, with the replies."""
    threads = list(selectors_help.threads_of(user=request.user)[:SHOWN])
    return render(request, "workbench/questions.html", {"threads": threads})


@require_POST
@bench_page
def seen(request: AuthedRequest) -> HttpResponse:
    """The replies on the page are read."""
    replies_read(asker=request.user, now=timezone.now())
    return HttpResponse(status=204) if request.htmx else redirect("workbench:questions")


@require_POST
@bench_page
def ask_on(request: AuthedRequest, thread_id: UUID) -> HttpResponse:
    """Another word to one's own question."""
    thread = get_object_or_404(selectors_help.threads_of(user=request.user), pk=thread_id)
    try:
        thread_ask(item=thread.item, asker=request.user, text=request.POST.get("text", ""), now=timezone.now())
        messages.success(request, _("Your question is sent."))
    except InvalidInput as exc:
        messages.warning(request, exc.message)
    return redirect("workbench:questions")


@require_safe
@bench_page
def waiting(request: AuthedRequest) -> HttpResponse:
    """Reviewers' questions that one may answer: those that wait, then what was replied to last."""
    known = selectors_help.threads_answerable_by(user=request.user)
    done = known.filter(is_waiting=False).order_by("-last_at", "-pk")  # type: ignore[misc]  # annotated there
    context = {
        "open_rows": _with_items(known.filter(is_waiting=True)[:SHOWN]),  # type: ignore[misc]
        "done_rows": _with_items(done[:SHOWN]),
    }
    return render(request, "workbench/questions_waiting.html", context)


def _with_items(threads: Iterable[Thread]) -> list[tuple[Thread, str]]:
    """Each with what its item shows."""
    return [(thread, render_item(config_of(thread.item.schema), thread.item.data)) for thread in threads]


@require_POST
@bench_page
def reply(request: AuthedRequest, thread_id: UUID) -> HttpResponse:
    thread = get_object_or_404(selectors_help.threads_answerable_by(user=request.user), pk=thread_id)
    try:
        thread_reply(thread=thread, author=request.user, text=request.POST.get("text", ""), now=timezone.now())
        messages.success(request, _("Your reply is sent."))
    except InvalidInput as exc:
        messages.warning(request, exc.message)
    return redirect("workbench:questions_waiting")
