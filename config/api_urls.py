"""The JSON API: every floor's doors under one roof, its OpenAPI document, and the page about it."""

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularJSONAPIView

from apps.consensus.api_urls import urlpatterns as label_doors
from apps.core.api import UnknownAddress
from apps.core.api_docs import api_docs
from apps.queues.api_urls import urlpatterns as intake_doors

doors = [
    *intake_doors,
    *label_doors,
]

urlpatterns = [
    path("v1/", include((doors, "api"), namespace="api")),
    path(
        "schema/",
        SpectacularJSONAPIView.as_view(authentication_classes=[], permission_classes=[]),
        name="api_schema",
    ),
    path("docs/", api_docs, name="api_docs"),
    re_path(r"^", UnknownAddress.as_view()),
]
