"""The doors of the house, and one behind which something breaks."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from config.urls import urlpatterns as doors


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("broken on purpose")


urlpatterns = [*doors, path("broken/", broken)]
