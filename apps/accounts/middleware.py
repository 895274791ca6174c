"""What holds for everything that a person asks for."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from apps.accounts.selectors import preferences_of
from apps.accounts.shifts import zone_of


def own_time_zone(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Times are shown, days begin and days end by the clock of the person's time zone, where he has named one."""

    def answer(request: HttpRequest) -> HttpResponse:
        zone = zone_of(preferences_of(user=request.user)) if request.user.is_authenticated else None
        with timezone.override(zone):
            return get_response(request)

    return answer
