"""The doors of the house."""

from django.urls import URLPattern, URLResolver, include, path

from apps.console.views.start import start

urlpatterns: list[URLPattern | URLResolver] = [
    path("", start, name="home"),
    path("api/", include("config.api_urls")),
    path("", include("apps.workbench.urls")),
    path("", include("apps.accounts.urls")),
    path("", include("apps.console.urls")),
]
