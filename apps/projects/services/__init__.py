"""Writes of projects and what is decided once for them."""

from apps.projects.services.api_keys import api_key_create, api_key_revoke
from apps.projects.services.guidelines import guideline_publish
from apps.projects.services.members import membership_remove, membership_set
from apps.projects.services.projects import project_create, project_rename, signal_weights_set
from apps.projects.services.reasons import product_version_create, reason_create, reason_labels, reason_update
from apps.projects.services.schemas import schema_publish

__all__ = [
    "api_key_create",
    "api_key_revoke",
    "guideline_publish",
    "membership_remove",
    "membership_set",
    "product_version_create",
    "project_create",
    "project_rename",
    "reason_create",
    "reason_labels",
    "reason_update",
    "schema_publish",
    "signal_weights_set",
]
