"""Items: find them, look at one's whole history, and act on many."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.models import User
from apps.console.forms_items import BulkForm, ItemFilterForm
from apps.console.guards import ProjectRequest, project_page
from apps.console.item_history import item_history, items_shown
from apps.console.item_search import ORDERS, items_found, queues_hidden_from
from apps.console.keyset import keyset_page
from apps.core.errors import Conflict, InvalidInput, TouchstoneError
from apps.labeling.widgets import render_item
from apps.projects.labelling import config_of
from apps.projects.models import Project
from apps.projects.rights import Right
from apps.queues import services
from apps.queues.models import Item

# Counting stops here, and so does what one act may touch.
COUNTED = 1000


def items_page(
    request: ProjectRequest, project: Project, name: str, *, status: int = 200, **context: Any
) -> HttpResponse:
    frame = {"project": project, "station": "items", "can_manage": Right.MANAGE in request.rights}
    return render(request, f"console/items/{name}.html", frame | context, status=status)


@project_page()
@require_safe
def items(request: ProjectRequest, project: Project) -> HttpResponse:
    return _list(request, project, BulkForm(project=project))


def _list(
    request: ProjectRequest, project: Project, bulk: BulkForm, *, error: str = "", status: int = 200
) -> HttpResponse:
    form, rows, hidden = _found(request, project)
    wanted = form.cleaned_data if form.is_valid() else {}
    page = keyset_page(request, rows, ORDERS[wanted.get("sort") or "newest"])
    for each in page.rows:
        each.is_blind = each.state == Item.State.OPEN and each.queue_id in hidden
    context: dict[str, Any] = {
        "form": form,
        "bulk": bulk,
        "is_filtered": any(value not in (None, "") for name, value in wanted.items() if name != "sort"),
        "is_any": project.queues.exists(),
        "page": page,
        "count": rows[: COUNTED + 1].count(),
        "counted": COUNTED,
        "query": request.GET.urlencode(),
        "error": error,
        "now": timezone.now(),
    }
    return items_page(request, project, "list", status=status, **context)


def _found(request: ProjectRequest, project: Project) -> tuple[ItemFilterForm, Any, set[UUID]]:
    """The filters of the URL, what fits them, and the queues whose votes are hidden from the person."""
    form = ItemFilterForm(request.GET, project=project, orders=ORDERS)
    hidden = queues_hidden_from(user=request.user, project=project)
    wanted = form.cleaned_data if form.is_valid() else {}
    return form, items_found(project=project, wanted=wanted, hidden=hidden, now=timezone.now()), hidden


@project_page()
@require_safe
def item(request: ProjectRequest, project: Project, item_id: UUID) -> HttpResponse:
    found = get_object_or_404(items_shown(project=project), pk=item_id)
    return _item_page(request, project, found, BulkForm(project=project))


def _item_page(
    request: ProjectRequest, project: Project, item: Item, bulk: BulkForm, *, error: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "item": item,
        "shown": render_item(config_of(item.schema), item.data),
        "history": item_history(item=item, user=request.user, now=timezone.now()),
        "can_adjudicate": Right.ADJUDICATE in request.rights,
        "bulk": bulk,
        "error": error,
        "now": timezone.now(),
    }
    return items_page(request, project, "item", status=status, **context)


@project_page(Right.MANAGE)
@require_POST
def items_act(request: ProjectRequest, project: Project) -> HttpResponse:
    """One act on the ticked items, or on all that fit the URL's filters. An empty selection changes nothing: 422."""
    form = BulkForm(request.POST, project=project)
    ids = _chosen(request, project)
    if ids is None:
        words = _("A filter no longer fits what is in the project. Set the filters anew; nothing was changed.")
        return _list(request, project, form, error=words, status=422)
    if not ids:
        return _list(request, project, form, error=_("Tick the items first; nothing was changed."), status=422)
    if not form.is_valid():
        return _list(request, project, form, error=_first_error(form), status=422)
    try:
        words = _act(form.cleaned_data, ids, by=request.user)
    except (InvalidInput, Conflict) as exc:
        return _list(request, project, form, error=exc.message, status=422 if isinstance(exc, InvalidInput) else 409)
    messages.success(request, words)
    return redirect(f"{reverse('console:items', args=[project.slug])}?{_without_cursor(request.GET)}")


@project_page(Right.MANAGE)
@require_POST
def item_act(request: ProjectRequest, project: Project, item_id: UUID) -> HttpResponse:
    found = get_object_or_404(items_shown(project=project), pk=item_id)
    form = BulkForm(request.POST, project=project)
    error, status = "", 422
    if form.is_valid():
        try:
            messages.success(request, _act(form.cleaned_data, [found.pk], by=request.user))
        except TouchstoneError as exc:
            error, status = exc.message, 409 if isinstance(exc, Conflict) else 422
        else:
            return redirect("console:item", project.slug, found.pk)
    return _item_page(request, project, found, form, error=error or _first_error(form), status=status)


def _chosen(request: ProjectRequest, project: Project) -> list[UUID] | None:
    """Items of this project that were ticked, or all that fit, at most `COUNTED`. Others' ids are nobody's.

    None: all that fit were asked for, and the filters cannot be read. The list then shows everything, as when a label
    in the address was renamed, and everything is not what was meant.
    """
    if request.POST.get("scope") == "all":
        form, rows, _hidden = _found(request, project)
        if not form.is_valid():
            return None
        return list(rows.order_by("pk").values_list("pk", flat=True)[:COUNTED])
    ticked = [one for one in map(_as_uuid, request.POST.getlist("item")) if one is not None]
    return list(items_shown(project=project).filter(pk__in=ticked[:COUNTED]).values_list("pk", flat=True))


def _as_uuid(word: str) -> UUID | None:
    try:
        return UUID(word)
    except ValueError:
        return None


def _first_error(form: BulkForm) -> str:
    return next(str(error) for errors in form.errors.values() for error in errors)


def _without_cursor(query: QueryDict) -> str:
    kept = query.copy()
    kept.pop("after", None)
    return kept.urlencode()


def _act(values: dict[str, Any], ids: Sequence[UUID], *, by: User) -> str:
    """Do it and say what was done.

    Raises:
        InvalidInput, Conflict: nothing was done; for several items handed over, nothing to the first of them.
    """
    if values["action"] == "hand":
        return _hand(ids, values["person"], by=by)
    if values["action"] == "retire":
        n = services.item_retire(item_ids=ids, reason=values["reason"], by=by, now=timezone.now())
        words = ngettext("%(n)s item is taken out.", "%(n)s items are taken out.", n)
    elif values["action"] == "prioritise":
        n = services.item_prioritise(item_ids=ids, priority=values["priority"], by=by)
        words = ngettext("%(n)s item has its new priority.", "%(n)s items have their new priority.", n)
    else:
        n = services.item_requeue(item_ids=ids, by=by, now=timezone.now())
        words = ngettext("%(n)s item waits for another answer.", "%(n)s items wait for another answer.", n)
    left = len(ids) - n
    more = ngettext("%(n)s other was left as it is.", "%(n)s others were left as they are.", left) if left else ""
    return " ".join(filter(None, [words % {"n": n}, more % {"n": left} if more else ""]))


def _hand(ids: Sequence[UUID], person: User, *, by: User) -> str:
    """Hand each item over by itself: one that cannot be handed does not keep the others back."""
    refusals: list[TouchstoneError] = []
    for item_id in ids:
        try:
            services.item_hand_to(item_id=item_id, user=person, by=by)
        except (InvalidInput, Conflict) as exc:
            refusals.append(exc)
    done = len(ids) - len(refusals)
    if not done:
        raise refusals[0]
    words = ngettext("%(n)s item goes to %(who)s next.", "%(n)s items go to %(who)s next.", done)
    told = words % {"n": done, "who": person}
    if refusals:
        told += " " + _("Not handed over: %(n)s. %(why)s") % {"n": len(refusals), "why": refusals[0].message}
    return told


_HERE = "p/<slug:slug>/items/"
urlpatterns = [
    path(_HERE, items, name="items"),
    path(f"{_HERE}act/", items_act, name="items_act"),
    path(f"{_HERE}<uuid:item_id>/", item, name="item"),
    path(f"{_HERE}<uuid:item_id>/act/", item_act, name="item_act"),
]
