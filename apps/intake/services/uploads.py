"""Files given in the browser: kept until their mapping is confirmed, then imported once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.core.errors import InvalidInput
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
        raise UploadRefused("The file has more than 10 MiB. Split it, or send it in batches by the API.", field="file")
    try:
        table = read_table(content, name=name)
    except NotATable as exc:
        raise UploadRefused(str(exc), field="file") from exc
    if not table.rows:
        raise UploadRefused("The file has a header and no rows.", field="file")
    if len(table.rows) > MAX_ROWS:
        message = f"The file has {len(table.rows):,} rows; {MAX_ROWS:,} is the most at once."
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
            raise InvalidInput(f"The file has no column “{column}”.", field=target)
    if "input" not in chosen:
        raise InvalidInput("Choose the column that holds the input.", field="input")
    held.mapping = chosen | {MODEL: str(mapping.get(MODEL) or "")[:200], REST: bool(mapping.get(REST))}
    held.save(update_fields=["mapping"])
    return held


def upload_hold(*, upload: Upload) -> Upload:
    """The row, locked until the transaction ends: of two clicks on "import" one imports.

    Raises:
        UploadDone: it was imported or discarded before.
    """
    held = Upload.objects.select_for_update(of=("self",)).select_related("project").get(pk=upload.pk)
    if held.state != Upload.State.PREVIEW:
        raise UploadDone(f"This file was {held.get_state_display().lower()} already.")
    return held


def upload_rows(*, upload: Upload) -> MappedTable:
    """The file by its mapping.

    Raises:
        InvalidInput: the mapping names no column for the input.
    """
    table = _table(bytes(upload.content), name=upload.name)
    mapping = {target: column for target, column in upload.mapping.items() if target in TARGETS}
    if "input" not in mapping:
        raise InvalidInput("Choose the column that holds the input.", field="input")
    rows = map_rows(
        table, mapping, model=upload.mapping.get(MODEL, ""), keep_rest=bool(upload.mapping.get(REST, False))
    )
    return MappedTable(table.columns, [row for row in rows if not row.problem], [row for row in rows if row.problem])


def upload_finish(
    *, upload: Upload, table: MappedTable, verdicts: Sequence[RowVerdict], not_queued: Mapping[UUID, str]
) -> Upload:
    """Keep the report of an import, drop the file. Inside the importing transaction."""
    count = {status: sum(one.status == status for one in verdicts) for status in (CREATED, REPEATED)}
    upload.report = {
        "created": count[CREATED],
        "repeated": count[REPEATED],
        "items": count[CREATED] - len(not_queued),
        "n_refused": len(table.broken) + sum(one.status == REFUSED for one in verdicts),
        "refused": _refused(table, verdicts)[:MAX_REPORTED],
        "not_queued": _not_queued(table, verdicts, not_queued)[:MAX_REPORTED],
    }
    upload.state, upload.content = Upload.State.IMPORTED, b""
    upload.save(update_fields=["report", "state", "content"])
    return upload


def _refused(table: MappedTable, verdicts: Sequence[RowVerdict]) -> list[dict[str, Any]]:
    broken = [{"row": row.line, "field": "", "message": row.problem} for row in table.broken]
    refused = [
        {"row": table.rows[one.index].line, "field": problem.field, "message": problem.message}
        for one in verdicts
        for problem in one.problems
    ]
    return sorted([*broken, *refused], key=lambda entry: int(entry["row"]))


def _not_queued(
    table: MappedTable, verdicts: Sequence[RowVerdict], not_queued: Mapping[UUID, str]
) -> list[dict[str, Any]]:
    return [
        {"row": table.rows[one.index].line, "message": not_queued[one.trace.pk]}
        for one in verdicts
        if one.trace is not None and one.trace.pk in not_queued
    ]


@transaction.atomic
def upload_discard(*, upload: Upload, by: User, now: datetime) -> None:
    """Drop an unfinished file.

    Raises:
        UploadDone: it was imported or discarded before.
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
