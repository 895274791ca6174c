"""The append-only event log: audit trail now, outbox of webhooks later."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models.expressions import RawSQL

from apps.core.models import UUIDModel


class Event(UUIDModel):
    """Something that happened. Its payload holds ids and numbers, never personal text."""

    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    actor_kind = models.CharField(max_length=16)  # person | api_key | system
    actor_ref = models.CharField(max_length=64, blank=True)  # the API key's id, or the name of the job
    verb = models.CharField(max_length=64)  # "<entity>.<past tense>", e.g. "golden_version.frozen"
    object_type = models.CharField(max_length=64)
    object_id = models.CharField(max_length=64)
    project_id = models.UUIDField(null=True)  # no foreign key: this floor lies below the projects; null: house-wide
    payload = models.JSONField(default=dict)
    at = models.DateTimeField()
    # Ids and clocks are not commit order; a reader takes only events below the oldest running transaction.
    transaction_id = models.BigIntegerField(db_default=RawSQL("(pg_current_xact_id()::text::bigint)", []))

    class Meta:
        indexes = [
            models.Index(fields=["project_id", "-at"], name="event_by_project"),  # the audit page
            models.Index(fields=["object_type", "object_id", "at"], name="event_by_object"),  # an object's history
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(actor_kind__in=["person", "api_key", "system"]), name="event_actor_kind_known"
            )
        ]
        triggers = [pgtrigger.Protect(name="event_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.verb} {self.object_type} {self.object_id}"
