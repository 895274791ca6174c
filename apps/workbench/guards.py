"""Doors of the workbench: who may open a page, and where somebody goes whose session has ended."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from uuid import UUID

from django.contrib.auth.middleware import get_user
from django.contrib.auth.views import redirect_to_login
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, resolve_url
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode

from apps.accounts.models import User
from apps.queues.models import Queue
from apps.queues.selectors import review_reached

View = Callable[..., HttpResponse]


def bench_page(view: View) -> View:
    """A page for people with a session. Its address answers page and fragment, so it varies on `HX-Request`."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        request.user = get_user(request)  # the person himself, not the proxy that looks him up at each question
        response = view(request, *args, **kwargs) if request.user.is_authenticated else _to_login(request, kwargs)
        patch_vary_headers(response, ["HX-Request"])
        # An item that lies in a cache could be shown to the next person at this computer.
        response["Cache-Control"] = "max-age=0, no-cache, no-store, must-revalidate, private"
        return response

    return guarded


def queue_page(reachable: Callable[..., QuerySet[Queue]]) -> Callable[[View], View]:
    """Turn `view(request, queue, ...)` into the view of a URL with `queue_id`; who may not reach it gets 404."""

    def decorate(view: View) -> View:
        @bench_page
        @wraps(view)
        def guarded(request: HttpRequest, queue_id: UUID, **kwargs: Any) -> HttpResponse:
            return view(request, get_object_or_404(reachable(user=request.user), pk=queue_id), **kwargs)

        return guarded

    return decorate


def review_page(view: View) -> View:
    """Turn `view(request, queue, review)` into the view of a URL with `queue_id` and `review_id`: the person's own
    review in a queue where he works; anybody else gets 404."""

    @bench_page
    @wraps(view)
    def guarded(request: HttpRequest, queue_id: UUID, review_id: UUID, **kwargs: Any) -> HttpResponse:
        review = review_reached(user=cast(User, request.user), queue_id=queue_id, review_id=review_id)
        if review is None:
            raise Http404
        return view(request, review.item.queue, review, **kwargs)

    return guarded


def is_fragment(request: HttpRequest) -> bool:
    """What `request.htmx` says, for the one view in which reading all headers would be felt."""
    return request.META.get("HTTP_HX_REQUEST") == "true"


def _to_login(request: HttpRequest, kwargs: dict[str, Any]) -> HttpResponse:
    """To the login and back to the page. A script gets 401: a followed redirect would look like success to it."""
    page = request.get_full_path() if request.method == "GET" else _page_of(request, kwargs)
    if request.htmx:  # type: ignore[attr-defined]
        back = urlencode({"next": request.htmx.current_url_abs_path or page})  # type: ignore[attr-defined]
        return HttpResponse(status=401, headers={"HX-Redirect": f"{resolve_url('accounts:login')}?{back}"})
    if request.headers.get("X-Requested-With") == "fetch":
        return HttpResponse(status=401)
    return redirect_to_login(page)


def _page_of(request: HttpRequest, kwargs: dict[str, Any]) -> str:
    """The page that a form was sent from; the form's own address cannot be opened."""
    if "queue_id" not in kwargs:
        return reverse("workbench:home")
    name = (
        "adjudicate" if request.path.startswith(reverse("workbench:adjudicate", args=[kwargs["queue_id"]])) else "queue"
    )
    return reverse(f"workbench:{name}", args=[kwargs["queue_id"]])
