"""Pages of lists that grow at the top: by cursor, so that what arrives moves nothing and nothing is counted."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest

PAGE_SIZE = 50


@dataclass(frozen=True)
class CursorPage:
    """Rows, and the addresses of the next older page and of the newest one; empty where there is none."""

    rows: list[Any]
    older: str
    newest: str


def cursor_page(request: HttpRequest, rows: QuerySet[Any], *, moment: str, size: int = PAGE_SIZE) -> CursorPage:
    """The page behind the URL's `before`, newest first. One query; a cursor that cannot be read is the newest page.

    Args:
        moment: the time field that `rows` are sorted by, descending, ties by id.
    """
    before = _read(request.GET.get("before", ""))
    if before is not None:
        at, pk = before
        rows = rows.filter(Q(**{f"{moment}__lt": at}) | Q(**{moment: at, "pk__lt": pk}))
    found = list(rows[: size + 1])
    last = found[:size][-1] if len(found) > size else None
    return CursorPage(
        rows=found[:size],
        older=_address(request, f"{getattr(last, moment).isoformat()}~{last.pk}") if last is not None else "",
        newest=_address(request, "") if before is not None else "",
    )


def _read(word: str) -> tuple[datetime, UUID] | None:
    at, _, pk = word.partition("~")
    try:
        moment, key = datetime.fromisoformat(at), UUID(pk)
    except ValueError:
        return None
    return (moment, key) if moment.tzinfo is not None else None


def _address(request: HttpRequest, before: str) -> str:
    kept = [(name, value) for name, values in request.GET.lists() for value in values if name != "before" and value]
    return "?" + urlencode([*kept, ("before", before)] if before else kept)
