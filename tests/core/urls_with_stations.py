"""A console of three pages."""

from django.http import HttpResponse
from django.urls import include, path


def page(request, slug):
    return HttpResponse()


console = (
    [path(f"p/<slug:slug>/{name}/", page, name=name) for name in ("home", "intake", "golden", "people")],
    "console",
)
urlpatterns = [path("", include(console))]
