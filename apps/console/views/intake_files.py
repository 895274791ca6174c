"""Files in and out: upload with a column mapping and a preview, download of the current labels."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.console.forms_intake import MappingForm, UploadForm
from apps.console.forms_settings import form_refuse
from apps.console.guards import ProjectRequest, project_page
from apps.console.labels_csv import labels_csv
from apps.console.views.intake import intake_page
from apps.core.errors import Conflict, InvalidInput
from apps.intake import services
from apps.intake.algorithms.tabular import read_table
from apps.intake.models import Upload
from apps.intake.services.uploads import MappedTable
from apps.projects.labelling import data_from_trace
from apps.projects.models import Project
from apps.projects.rights import Right
from apps.projects.selectors import schema_current
from apps.queues.services.imports import upload_import

PREVIEW_ROWS = 6


@project_page(Right.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def upload_new(request: ProjectRequest, project: Project) -> HttpResponse:
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if form.is_bound and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            upload = services.upload_create(
                project=project, name=file.name, content=file.read(), by=request.user, now=timezone.now()
            )
        except InvalidInput as exc:
            form_refuse(form, exc)
        else:
            return redirect("console:upload", project.slug, upload.pk)
    status = 422 if form.is_bound else 200
    recent = project.uploads.exclude(state__in=["preview", "discarded"]).defer("content").order_by("-created_at")[:10]
    return intake_page(request, project, "upload_new", form=form, recent=recent, status=status)


def _upload(project: Project, upload_id: UUID) -> Upload:
    return get_object_or_404(project.uploads.select_related("created_by"), pk=upload_id)


@project_page(Right.MANAGE)
@require_safe
def upload(request: ProjectRequest, project: Project, upload_id: UUID) -> HttpResponse:
    found = _upload(project, upload_id)
    if found.state in (Upload.State.IMPORTING, Upload.State.IMPORTED, Upload.State.FAILED):
        return intake_page(request, project, "upload_report", upload=found)
    if found.state == Upload.State.DISCARDED:
        return redirect("console:upload_new", project.slug)
    return _preview(request, project, found, _mapping_form(found))


@project_page(Right.MANAGE)
@require_safe
def upload_progress(request: ProjectRequest, project: Project, upload_id: UUID) -> HttpResponse:
    """The moving part of an import; once it is over, the page comes again as a whole."""
    found = _upload(project, upload_id)
    response = intake_page(request, project, "_upload_progress", upload=found)
    if found.state != Upload.State.IMPORTING:
        response["HX-Refresh"] = "true"
    return response


def _mapping_form(found: Upload, given: Mapping[str, Any] | None = None) -> MappingForm:
    columns = read_table(bytes(found.content), name=found.name).columns
    return MappingForm(given, columns=columns, mapping=found.mapping)


def _preview(
    request: ProjectRequest, project: Project, found: Upload, form: MappingForm, *, status: int = 200
) -> HttpResponse:
    try:
        table = services.upload_rows(upload=found)
    except InvalidInput:
        table = None
    context: dict[str, Any] = {
        "upload": found,
        "form": form,
        "table": table,
        "shown": _shown(project, table) if table else [],
    }
    return intake_page(request, project, "upload_preview", status=status, **context)


def _shown(project: Project, table: MappedTable) -> list[dict[str, Any]]:
    """The first rows as a reviewer would see them, or why they could not be shown."""
    schema = schema_current(project=project)
    empty = dict.fromkeys(["input", "output", "context"]) | {"model": "", "attributes": {}}
    shown = []
    for row in table.rows[:PREVIEW_ROWS]:
        entry: dict[str, Any] = {"line": row.line, "fields": row.fields, "parts": [], "problem": ""}
        try:
            entry["parts"] = list(data_from_trace(schema.mapping, empty | row.fields).items())
        except InvalidInput as exc:
            entry["problem"] = exc.message
        shown.append(entry)
    return shown


@project_page(Right.MANAGE)
@require_POST
def upload_map(request: ProjectRequest, project: Project, upload_id: UUID) -> HttpResponse:
    """Set the mapping and look again; with the button "import", import by it at once."""
    found = _upload(project, upload_id)
    if found.state != Upload.State.PREVIEW:
        return redirect("console:upload", project.slug, found.pk)
    form = _mapping_form(found, request.POST)
    if form.is_valid():
        try:
            mapped = services.upload_map(upload=found, mapping=form.cleaned_data)
            if "import" in request.POST:
                upload_import(upload=mapped, by=request.user, now=timezone.now())
            return redirect("console:upload", project.slug, found.pk)
        except Conflict:
            return redirect("console:upload", project.slug, found.pk)
        except InvalidInput as exc:
            form_refuse(form, exc)
    return _preview(request, project, found, form, status=422)


@project_page(Right.MANAGE)
@require_POST
def upload_discard(request: ProjectRequest, project: Project, upload_id: UUID) -> HttpResponse:
    found = _upload(project, upload_id)
    if found.state == Upload.State.PREVIEW:
        services.upload_discard(upload=found, by=request.user, now=timezone.now())
    return redirect("console:upload_new", project.slug)


@project_page()
@require_safe
def labels_download(request: ProjectRequest, project: Project) -> StreamingHttpResponse:
    name = f"{slugify(project.slug)}-labels-{timezone.now():%Y%m%d}.csv"
    response = StreamingHttpResponse(labels_csv(project=project), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


_HERE = "p/<slug:slug>/intake/"
urlpatterns = [
    path(f"{_HERE}upload/", upload_new, name="upload_new"),
    path(f"{_HERE}upload/<uuid:upload_id>/", upload, name="upload"),
    path(f"{_HERE}upload/<uuid:upload_id>/progress/", upload_progress, name="upload_progress"),
    path(f"{_HERE}upload/<uuid:upload_id>/map/", upload_map, name="upload_map"),
    path(f"{_HERE}upload/<uuid:upload_id>/discard/", upload_discard, name="upload_discard"),
    path(f"{_HERE}labels.csv", labels_download, name="labels_download"),
]
