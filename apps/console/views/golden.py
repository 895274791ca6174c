"""Golden sets: gather, freeze, look at a version, compare, verify, take away."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.console.forms_golden import GatherForm, GoldenSetForm
from apps.console.forms_settings import form_refuse
from apps.console.guards import ProjectRequest, project_page
from apps.console.paging import page_of
from apps.core.errors import Conflict, InvalidInput
from apps.core.typed import typed
from apps.golden import exports, selectors, services
from apps.golden.models import GoldenSet, GoldenVersion
from apps.projects.models import Project
from apps.projects.rights import Right

EXPORTS = {
    "jsonl": (exports.export_jsonl, "jsonl", "application/x-ndjson"),
    "label-studio": (exports.export_label_studio, "label-studio.json", "application/json"),
    "dataset": (exports.export_parquet_folder, "zip", "application/zip"),
}


def golden_page(
    request: ProjectRequest, project: Project, name: str, *, status: int = 200, **context: Any
) -> HttpResponse:
    frame = {"project": project, "station": "golden", "can_manage": Right.MANAGE in request.rights}
    return render(request, f"console/golden/{name}.html", frame | context, status=status)


@project_page()
@require_safe
def golden(request: ProjectRequest, project: Project) -> HttpResponse:
    return _list(request, project, GoldenSetForm())


def _list(request: ProjectRequest, project: Project, form: GoldenSetForm, *, status: int = 200) -> HttpResponse:
    sets = selectors.sets_of(project=project)
    return golden_page(request, project, "list", sets=sets, form=form, status=status)


@project_page(Right.MANAGE)
@require_POST
def golden_create(request: ProjectRequest, project: Project) -> HttpResponse:
    form = GoldenSetForm(request.POST)
    if form.is_valid():
        try:
            made = services.golden_set_create(
                project=project, **form.fields_of_service(), by=request.user, now=timezone.now()
            )
        except InvalidInput as exc:
            form_refuse(form, exc)
        else:
            messages.success(request, _("The set is made. Gather settled items into it."))
            return redirect("console:golden_set", project.slug, made.slug)
    return _list(request, project, form, status=422)


def _set(project: Project, set_slug: str) -> GoldenSet:
    return get_object_or_404(selectors.sets_of(project=project), slug=set_slug)


def _version(project: Project, set_slug: str, number: int) -> GoldenVersion:
    return get_object_or_404(selectors.versions_of(project=project), golden_set__slug=set_slug, number=number)


@project_page()
@require_safe
def golden_set(request: ProjectRequest, project: Project, set_slug: str) -> HttpResponse:
    """The set, its members and versions. With filters in the URL it also counts what would be gathered."""
    found = _set(project, set_slug)
    is_asked = any(request.GET.get(name) for name in ("gather", "queue", "label", "confidence", "since"))
    form = GatherForm(request.GET if is_asked else None, project=project)
    n_gatherable = None
    if is_asked and form.is_valid():
        n_gatherable = selectors.items_gatherable(golden_set=found, wanted=form.wanted()).count()
    status = 422 if is_asked and not form.is_valid() else 200
    return _set_page(request, project, found, form, n_gatherable=n_gatherable, status=status)


def _set_page(
    request: ProjectRequest,
    project: Project,
    found: GoldenSet,
    form: GatherForm,
    *,
    n_gatherable: int | None = None,
    status: int = 200,
) -> HttpResponse:
    latest = selectors.version_latest(golden_set=found)
    standing = request.GET.get("standing", "")
    members = selectors.members_of(
        golden_set=found, latest=latest, standing=standing if standing in selectors.STANDINGS else ""
    )
    context = {
        "golden_set": found,
        "latest": latest,
        "versions": selectors.versions_of(project=project).filter(golden_set=found),
        "counts": selectors.standing_counts(golden_set=found, latest=latest),
        "standing": standing,
        "rows": page_of(request, members),
        "form": form,
        "n_gatherable": n_gatherable,
    }
    return golden_page(request, project, "set", status=status, **context)


@project_page(Right.MANAGE)
@require_POST
def golden_gather(request: ProjectRequest, project: Project, set_slug: str) -> HttpResponse:
    found = _set(project, set_slug)
    form = GatherForm(request.POST, project=project)
    if not form.is_valid():
        return _set_page(request, project, found, form, status=422)
    items = selectors.items_gatherable(golden_set=found, wanted=form.wanted())
    added = services.golden_gather(golden_set=found, items=items, by=request.user, now=timezone.now())
    words = ngettext("%(n)s item gathered.", "%(n)s items gathered.", added) % {"n": added}
    messages.success(request, words if added else _("Nothing new: all such items are in the set already."))
    return redirect("console:golden_set", project.slug, found.slug)


@project_page(Right.MANAGE)
@require_POST
def golden_drop(request: ProjectRequest, project: Project, set_slug: str, item_id: UUID) -> HttpResponse:
    found = _set(project, set_slug)
    if services.golden_member_drop(golden_set=found, item_id=item_id, by=request.user, now=timezone.now()):
        messages.success(request, _("The item stays out of the versions to come. Frozen ones keep it."))
    return redirect("console:golden_set", project.slug, found.slug)


@project_page(Right.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def golden_freeze(request: ProjectRequest, project: Project, set_slug: str) -> HttpResponse:
    """GET says exactly what will happen; POST does it."""
    found = _set(project, set_slug)
    error, status = "", 200
    if request.method == "POST":
        note = request.POST.get("note", "")[:2000]
        try:
            version = services.golden_freeze(golden_set=found, by=request.user, now=timezone.now(), note=note)
        except Conflict as exc:
            error, status = exc.message, 409
        else:
            messages.success(request, _("Version %(n)s is frozen.") % {"n": version.number})
            return redirect("console:golden_version", project.slug, found.slug, version.number)
    latest = selectors.version_latest(golden_set=found)
    counts = selectors.standing_counts(golden_set=found, latest=latest)
    context = {
        "golden_set": found,
        "latest": latest,
        "counts": counts,
        "n_items": sum(counts.values()) - counts[selectors.MemberState.UNSETTLED],
        "n_simulated": selectors.simulated_members(golden_set=found),
        "number": (latest.number if latest else 0) + 1,
        "error": error,
    }
    return golden_page(request, project, "freeze", status=status, **context)


@project_page()
@require_safe
def golden_version(request: ProjectRequest, project: Project, set_slug: str, number: int) -> HttpResponse:
    version = _version(project, set_slug, number)
    items = version.items.select_related("payload").order_by("item_id")
    split, label = (typed(request.GET.get(name, "")) for name in ("split", "label"))
    if split:
        items = items.filter(split=split)
    if label:
        items = items.filter(label=label)
    rows = page_of(request, items)
    context: dict[str, Any] = {
        "version": version,
        "golden_set": version.golden_set,
        "is_latest": version == selectors.version_latest(golden_set=version.golden_set),
        "n_changed": selectors.items_changed_since(version=version),
        "splits": [split for split in ("train", "test") if version.manifest["splits"].get(split)],
        "rows": rows,
        "items": list(exports.rows_of(version, rows)),
        "split": split,
        "label": label,
    }
    return golden_page(request, project, "version", **context)


@project_page()
@require_safe
def golden_verify(request: ProjectRequest, project: Project, set_slug: str, number: int) -> HttpResponse:
    """Recomputes every hash while one waits; writes nothing."""
    version = _version(project, set_slug, number)
    found = services.golden_verify(version)
    return golden_page(request, project, "verify", version=version, golden_set=version.golden_set, found=found)


@project_page()
@require_safe
def golden_diff(request: ProjectRequest, project: Project, set_slug: str, number: int) -> HttpResponse:
    """Against the version named by `against`, by default the parent."""
    version = _version(project, set_slug, number)
    others = selectors.versions_of(project=project).filter(golden_set=version.golden_set).exclude(pk=version.pk)
    against = request.GET.get("against", "")
    parent = version.parent.number if version.parent else 0
    wanted = int(against) if against.isdecimal() and len(against) < 7 else parent
    older = others.filter(number=wanted).first()
    if older is None and against:
        return redirect("console:golden_diff", project.slug, set_slug, number)
    context: dict[str, Any] = {"version": version, "golden_set": version.golden_set, "older": older, "others": others}
    if older is not None:
        diff = selectors.version_diff(older, version)
        rows = page_of(request, selectors.diff_lines(diff))
        context |= {"diff": diff, "rows": rows, "lines": selectors.diff_words(rows, older=older, newer=version)}
    return golden_page(request, project, "diff", **context)


@project_page()
@require_safe
def golden_export(
    request: ProjectRequest, project: Project, set_slug: str, number: int, kind: str
) -> StreamingHttpResponse:
    """Streamed as it is read, so that a large version does not wait in memory."""
    version = _version(project, set_slug, number)
    if kind not in EXPORTS:
        raise Http404
    export, ending, content_type = EXPORTS[kind]
    response = StreamingHttpResponse(export(version), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{set_slug}-v{number}.{ending}"'
    return response


_SET = "p/<slug:slug>/golden/sets/<slug:set_slug>/"
_NUMBERED = f"{_SET}v/<int:number>/"
urlpatterns = [
    path("p/<slug:slug>/golden/", golden, name="golden"),
    path("p/<slug:slug>/golden/create/", golden_create, name="golden_create"),
    path(_SET, golden_set, name="golden_set"),
    path(f"{_SET}gather/", golden_gather, name="golden_gather"),
    path(f"{_SET}drop/<uuid:item_id>/", golden_drop, name="golden_drop"),
    path(f"{_SET}freeze/", golden_freeze, name="golden_freeze"),
    path(_NUMBERED, golden_version, name="golden_version"),
    path(f"{_NUMBERED}verify/", golden_verify, name="golden_verify"),
    path(f"{_NUMBERED}diff/", golden_diff, name="golden_diff"),
    path(f"{_NUMBERED}export/<str:kind>/", golden_export, name="golden_export"),
]
