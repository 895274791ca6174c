"""Addresses of the intake doors, below /api/v1/."""

from django.urls import path

from apps.core import converters as _converters  # noqa: F401  (registers client_id)
from apps.intake import api as intake_api
from apps.queues import api

urlpatterns = [
    path("traces", api.Traces.as_view(), name="traces"),
    path("traces/batch", api.TraceBatch.as_view(), name="trace_batch"),
    path("signals", api.Signals.as_view(), name="signals"),
    path("escalations", api.Escalations.as_view(), name="escalations"),
    path("escalations/<uuid:escalation_id>", intake_api.EscalationState.as_view(), name="escalation"),
    path("adversarial-users", intake_api.AdversarialUsers.as_view(), name="adversarial_users"),
    path("adversarial-users/<client_id:user_ref>", intake_api.AdversarialUser.as_view(), name="adversarial_user"),
]
