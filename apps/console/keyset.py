"""Pages of a sorted list by the last row's place, so that deep pages cost what the first one does."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.http import HttpRequest

PAGE_SIZE = 50


@dataclass(frozen=True)
class Order:
    """A way to sort. `expression` must have a value in every row; ties go by id."""

    words: Any
    expression: Any
    is_descending: bool
    read: Callable[[str], Any]  # of the cursor's word


@dataclass(frozen=True)
class KeysetPage:
    """Rows, and the addresses of the next page and of the first one; empty where there is none."""

    rows: list[Any]
    following: str
    first: str


def number(word: str) -> float:
    return float(word)


def moment(word: str) -> datetime:
    """An aware time.

    Raises:
        ValueError: it has no zone.
    """
    found = datetime.fromisoformat(word)
    if found.tzinfo is None:
        raise ValueError("A cursor's time has a zone.")
    return found


def keyset_page(request: HttpRequest, rows: QuerySet[Any], order: Order, *, size: int = PAGE_SIZE) -> KeysetPage:
    """The page behind the URL's `after`. One query; a cursor that cannot be read is the first page."""
    after = _read(request.GET.get("after", ""), order)
    rows = rows.annotate(place=order.expression)
    rows = rows.order_by(F("place").desc() if order.is_descending else F("place").asc(), "pk")
    if after is not None:
        place, pk = after
        beyond = Q(place__lt=place) if order.is_descending else Q(place__gt=place)
        rows = rows.filter(beyond | Q(place=place, pk__gt=pk))
    found = list(rows[: size + 1])
    last = found[size - 1] if len(found) > size else None
    return KeysetPage(
        rows=found[:size],
        following=_address(request, f"{_word(last.place)}~{last.pk}") if last is not None else "",
        first=_address(request, "") if after is not None else "",
    )


def _word(place: Any) -> str:
    return place.isoformat() if isinstance(place, datetime) else repr(place)


def _read(word: str, order: Order) -> tuple[Any, UUID] | None:
    place, _, pk = word.partition("~")
    try:
        return order.read(place), UUID(pk)
    except (ValueError, OverflowError):
        return None


def _address(request: HttpRequest, after: str) -> str:
    kept = [(name, value) for name, values in request.GET.lists() for value in values if name != "after" and value]
    return "?" + urlencode([*kept, ("after", after)] if after else kept)
