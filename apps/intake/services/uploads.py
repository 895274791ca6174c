"""Files given in the browser: kept until their mapping is confirmed, then imported once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.core import figures
from apps.core.errors import InvalidInput
from apps.core.retold import retold
from apps.core.stored import stored
from apps.events.services import event_record
from apps.intake.algorithms.columns import REST, TARGETS, MappedRow, guess_mapping, map_rows
from apps.intake.algorithms.tabular import MAX_BYTES, NotATable, Table, read_table
from apps.intake.errors import UploadDone, UploadRefused
from apps.intake.models import Upload
from apps.intake.services.traces import CREATED, REFUSED, REPEATED, RowVerdict
from apps.projects.models import Project

MAX_ROWS = 50_000
MAX_REPORTED = 500
FORGOTTEN_AFTER = timedelta(days=1)
# Stored with the file: read later, by whoever looks.
_BROKE_OFF = stored(
    "The import broke off after %(done)s of %(n)s rows; these are kept. "
    "Upload the file again: rows that are here already change nothing."
)
_ALREADY = {
    Upload.State.PREVIEW: gettext_lazy("This file waits for its columns to be confirmed."),
    Upload.State.IMPORTING: gettext_lazy("This file is importing already."),
    Upload.State.IMPORTED: gettext_lazy("This file is imported already."),
    Upload.State.FAILED: gettext_lazy("The import of this file has failed already."),
    Upload.State.DISCARDED: gettext_lazy("This file is discarded already."),
}
MODEL = "model_name"  # Key of a mapping: the model's id where no column has it.


@dataclass(frozen=True)
class MappedTable:
    """A file as traces. `rows` are the ones to import, `broken` those that the file itself spoils."""

    columns: list[str]
    rows: list[MappedRow]
    broken: list[MappedRow]


@transaction.atomic
def upload_create(*, project: Project, name: str, content: bytes, by: User, now: datetime) -> Upload:
    """Keep a file with a guessed mapping. The person's earlier unfinished files are discarded.

    Raises:
        UploadRefused: too large, too many rows, or no table; says where.
    """
    table = _table(content, name=name)
    stale = Upload.objects.filter(project=project, created_by=by, state=Upload.State.PREVIEW)
    stale.update(state=Upload.State.DISCARDED, content=b"")
    upload = Upload.objects.create(
        project=project,
        name=name[:200],
        format=table.format,
        content=content,
        mapping=guess_mapping(table.columns),
        created_by=by,
        created_at=now,
    )
    payload = {"rows": len(table.rows), "bytes": len(content)}
    event_record(verb="upload.created", obj=upload, project_id=project.pk, actor=by, payload=payload, at=now)
    return upload


def _table(content: bytes, *, name: str) -> Table:
    if len(content) > MAX_BYTES:
        raise UploadRefused(
            _("The file has more than 10 MiB. Split it, or send it in batches by the API."), field="file"
        )
    try:
        table = read_table(content, name=name)
    except NotATable as exc:
        raise UploadRefused(retold(str(exc)), field="file") from exc
    if not table.rows:
        raise UploadRefused(_("The file has a header and no rows."), field="file")
    if len(table.rows) > MAX_ROWS:
        message = _("The file has %(n)s rows; %(most)s is the most at once.") % {
            "n": figures.count(len(table.rows)),
            "most": figures.count(MAX_ROWS),
        }
        raise UploadRefused(message, field="file")
    return table


@transaction.atomic
def upload_map(*, upload: Upload, mapping: Mapping[str, Any]) -> Upload:
    """Set which column fills which trace field.

    Args:
        mapping: {target: column}; and `model_name` (a text), `attributes` (whether the rest is kept).

    Raises:
        InvalidInput: no column for the input, or a column that the file does not have.
        UploadDone: it was imported or discarded before.
    """
    held = upload_hold(upload=upload)
    columns = _table(bytes(held.content), name=held.name).columns
    chosen = {target: str(mapping[target]) for target in TARGETS if mapping.get(target)}
    for target, column in chosen.items():
        if column not in columns:
            raise InvalidInput(_("The file has no column “%(column)s”.") % {"column": column}, field=target)
    if "input" not in chosen:
        raise InvalidInput(_("Choose the column that holds the input."), field="input")
    held.mapping = chosen | {MODEL: str(mapping.get(MODEL) or "")[:200], REST: bool(mapping.get(REST))}
    held.save(update_fields=["mapping"])
    return held


def upload_hold(*, upload: Upload, state: str = Upload.State.PREVIEW) -> Upload:
    """The row, locked until the transaction ends: of two clicks on "import" one imports.

    Raises:
        UploadDone: it is in another state.
    """
    held = Upload.objects.select_for_update(of=("self",)).select_related("project").get(pk=upload.pk)
    if held.state != state:
        raise UploadDone(str(_ALREADY[Upload.State(held.state)]))
    return held


def upload_rows(*, upload: Upload) -> MappedTable:
    """The file by its mapping.

    Raises:
        InvalidInput: the mapping names no column for the input.
    """
    table = _table(bytes(upload.content), name=upload.name)
    mapping = {target: column for target, column in upload.mapping.items() if target in TARGETS}
    if "input" not in mapping:
        raise InvalidInput(_("Choose the column that holds the input."), field="input")
    rows = map_rows(
        table, mapping, model=upload.mapping.get(MODEL, ""), keep_rest=bool(upload.mapping.get(REST, False))
    )
    return MappedTable(table.columns, [row for row in rows if not row.problem], [row for row in rows if row.problem])


@transaction.atomic
def upload_confirm(*, upload: Upload, by: User, now: datetime) -> Upload:
    """Let the import begin; rows that the file itself spoils are in the report from the start.

    Raises:
        UploadDone: it was imported or discarded before.
        InvalidInput: the mapping names no column for the input.
    """
    held = upload_hold(upload=upload)
    table = upload_rows(upload=held)
    broken = [{"row": row.line, "field": "", "message": row.problem} for row in table.broken]
    held.report = {"created": 0, "repeated": 0, "n_refused": len(broken)}
    held.report |= {"refused": broken[:MAX_REPORTED], "not_queued": []}
    held.state, held.n_rows, held.heartbeat_at = Upload.State.IMPORTING, len(table.rows), now
    held.save(update_fields=["report", "state", "n_rows", "heartbeat_at"])
    payload = {"rows": held.n_rows}
    event_record(verb="upload.confirmed", obj=held, project_id=held.project_id, actor=by, payload=payload, at=now)
    return held


def upload_advance(
    *,
    upload: Upload,
    rows: Sequence[MappedRow],
    verdicts: Sequence[RowVerdict],
    not_queued: Mapping[UUID, str],
    now: datetime,
) -> None:
    """Note what became of the next rows, in the transaction that stores them; after the last, drop the file."""
    report = upload.report
    for status in (CREATED, REPEATED):
        report[status] += sum(one.status == status for one in verdicts)
    report["n_refused"] += sum(one.status == REFUSED for one in verdicts)
    report["refused"] = sorted([*report["refused"], *_refused(rows, verdicts)], key=_line)[:MAX_REPORTED]
    report["not_queued"] = [*report["not_queued"], *_not_queued(rows, verdicts, not_queued)][:MAX_REPORTED]
    upload.position += len(rows)
    upload.heartbeat_at = now
    if upload.position == upload.n_rows:
        upload.state, upload.content = Upload.State.IMPORTED, b""
        payload = {name: report[name] for name in ("created", "repeated", "n_refused")}
        event_record(verb="upload.imported", obj=upload, project_id=upload.project_id, payload=payload, at=now)
    upload.save(update_fields=["report", "position", "heartbeat_at", "state", "content"])


@transaction.atomic
def upload_fail(*, upload: Upload) -> None:
    """Give an import up whose next rows cannot be stored."""
    held = upload_hold(upload=upload, state=Upload.State.IMPORTING)
    held.report["error"] = _BROKE_OFF % {"done": f"{held.position:,}", "n": f"{held.n_rows:,}"}
    held.state, held.content = Upload.State.FAILED, b""
    held.save(update_fields=["report", "state", "content"])
    event_record(verb="upload.failed", obj=held, project_id=held.project_id, payload={"position": held.position})


def _line(entry: Mapping[str, Any]) -> int:
    return int(entry["row"])


def _refused(rows: Sequence[MappedRow], verdicts: Sequence[RowVerdict]) -> list[dict[str, Any]]:
    return [
        {"row": rows[one.index].line, "field": problem.field, "message": problem.message}
        for one in verdicts
        for problem in one.problems
    ]


def _not_queued(
    rows: Sequence[MappedRow], verdicts: Sequence[RowVerdict], not_queued: Mapping[UUID, str]
) -> list[dict[str, Any]]:
    return [
        {"row": rows[one.index].line, "message": not_queued[one.trace.pk]}
        for one in verdicts
        if one.trace is not None and one.trace.pk in not_queued
    ]


@transaction.atomic
def upload_discard(*, upload: Upload, by: User, now: datetime) -> None:
    """Drop an unfinished file.

    Raises:
        UploadDone: it was confirmed or discarded before.
    """
    held = upload_hold(upload=upload)
    held.state, held.content = Upload.State.DISCARDED, b""
    held.save(update_fields=["state", "content"])
    event_record(verb="upload.discarded", obj=held, project_id=held.project_id, actor=by, at=now)


@transaction.atomic
def uploads_forget(*, now: datetime) -> int:
    """Drop the contents of files that nobody confirmed within a day."""
    stale = Upload.objects.filter(state=Upload.State.PREVIEW, created_at__lt=now - FORGOTTEN_AFTER)
    return stale.update(state=Upload.State.DISCARDED, content=b"")
