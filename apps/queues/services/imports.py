"""Importing an uploaded file: in chunks, each with its items and its place in the file in one transaction."""

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import OperationalError, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.intake import services as intake
from apps.intake.errors import UploadDone
from apps.intake.models import Upload
from apps.intake.services.uploads import MappedTable
from apps.queues.services.receiving import traces_receive

CHUNK = 500
# As many rows as a person waits for; more of them go to a worker, and the page shows how far it is.
AT_ONCE = 1000
STALE_AFTER = timedelta(seconds=60)


def upload_import(*, upload: Upload, by: User, now: datetime) -> Upload:
    """Begin the import of a previewed file; a small one is done when this returns.

    Not one transaction: each chunk commits by itself, so that a killed import goes on where it stopped.

    Raises:
        UploadDone: it was imported or discarded before.
        InvalidInput: the mapping names no column for the input.
    """
    confirmed = intake.upload_confirm(upload=upload, by=by, now=now)
    if confirmed.n_rows <= AT_ONCE:
        upload_import_execute(upload_id=confirmed.pk)
    else:
        _send(confirmed.pk)
    confirmed.refresh_from_db()
    return confirmed


def upload_import_execute(*, upload_id: UUID) -> None:
    """Import what is left of a confirmed file. A second delivery, also at the same time, stores nothing twice."""
    upload = Upload.objects.get(pk=upload_id)
    if upload.state != Upload.State.IMPORTING:
        return
    try:
        table = intake.upload_rows(upload=upload)
        while _chunk(upload, table):
            pass
    except OperationalError:
        raise  # The database was away; `imports_resume` tries again.
    except Exception:
        # Another try would break off at the same row, for ever.
        intake.upload_fail(upload=upload)
        raise


@transaction.atomic
def _chunk(upload: Upload, table: MappedTable) -> bool:
    """The next rows. Returns whether there may be more."""
    now = timezone.now()
    try:
        held = intake.upload_hold(upload=upload, state=Upload.State.IMPORTING)
    except UploadDone:
        return False
    rows = table.rows[held.position : held.position + CHUNK]
    received = traces_receive(project=held.project, rows=[row.fields for row in rows], now=now)
    intake.upload_advance(upload=held, rows=rows, verdicts=received.verdicts, not_queued=received.not_queued, now=now)
    return held.state == Upload.State.IMPORTING


def imports_resume(*, now: datetime) -> int:
    """Send imports again whose worker stopped or whose message was lost. Returns how many."""
    stale = Upload.objects.filter(state=Upload.State.IMPORTING, heartbeat_at__lt=now - STALE_AFTER)
    ids = list(stale.values_list("pk", flat=True))
    for upload_id in ids:
        _send(upload_id)
    return len(ids)


def _send(upload_id: UUID) -> None:
    from apps.queues import tasks

    transaction.on_commit(partial(tasks.upload_import_execute.delay, str(upload_id)))
