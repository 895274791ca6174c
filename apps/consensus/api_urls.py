"""Addresses of the label doors, below /api/v1/."""

from django.urls import path

from apps.consensus import api
from apps.core import converters as _converters  # noqa: F401  (registers client_id)

urlpatterns = [
    path("traces/<client_id:trace_id>", api.TraceDetail.as_view(), name="trace"),
    path("labels", api.Labels.as_view(), name="labels"),
]
