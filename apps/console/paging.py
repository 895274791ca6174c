"""Long lists in pages, by URL."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest

PAGE_SIZE = 50


def page_of(request: HttpRequest, rows: Any, *, size: int = PAGE_SIZE) -> Page[Any]:
    """The page that the URL names; the nearest one there is where it names none. Two queries for a queryset."""
    return Paginator(rows, size).get_page(request.GET.get("page"))
