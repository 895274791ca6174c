"""Types of requests as views see them."""

from typing import TYPE_CHECKING

from django.http import HttpRequest

from apps.accounts.models import User

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails


class AuthedRequest(HttpRequest):
    """A request behind `login_required`."""

    user: User
    htmx: "HtmxDetails"
