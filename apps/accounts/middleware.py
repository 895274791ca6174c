"""What holds for everything that a person asks for."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.middleware.locale import LocaleMiddleware
from django.utils import timezone, translation

from apps.accounts.selectors import preferences_of
from apps.accounts.shifts import zone_of


def own_time_zone(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Times are shown, days begin and days end by the clock of the person's time zone, where he has named one."""

    def answer(request: HttpRequest) -> HttpResponse:
        zone = zone_of(preferences_of(user=request.user)) if request.user.is_authenticated else None
        with timezone.override(zone):
            return get_response(request)

    return answer


class LanguageMiddleware(LocaleMiddleware):
    """What the person chose, else what the browser asks for. Programs always read English: they compare words."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        if request.path_info.startswith("/api/v1/"):
            translation.activate("en")
            request.LANGUAGE_CODE = translation.get_language()
