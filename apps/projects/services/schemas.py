"""Label schemas: immutable versions of a labelling config and of the mapping from a trace."""

import hashlib
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.errors import Conflict
from apps.events.services import event_record
from apps.projects import selectors
from apps.projects.labelling import LabelMap, check_mapping, config_of, parse_config, schema_diff
from apps.projects.models import LabelSchema, Project
from apps.projects.services._versions import project_lock


def schema_first(*, project: Project, config: str, mapping: Mapping[str, str], by: User, now: datetime) -> LabelSchema:
    """Version 1, in the transaction that creates the project."""
    return _write(project, 1, config, mapping, {}, by, now)


@transaction.atomic
def schema_publish(
    *,
    project: Project,
    config: str,
    mapping: Mapping[str, str],
    label_map: Mapping[str, str],
    by: User,
    now: datetime,
) -> LabelSchema:
    """The next version. Items made before keep theirs, and open leases finish under it.

    Args:
        label_map: old label to new label, for those renamed or merged. Added labels need nothing.
    Raises:
        ConfigError, MappingError: the config or the mapping is wrong; names tag and line, or the variable.
        SchemaChangeRefused: a label goes without a successor; names it.
        Conflict: nothing changed.
    """
    project = project_lock(project)
    current = selectors.schema_current(project=project)
    if current.config == config and dict(current.mapping) == dict(mapping):
        raise Conflict(_("Nothing changed since version %(version)s.") % {"version": current.version}, field="config")
    changes = schema_diff(config_of(current), parse_config(config), label_map)
    schema = _write(project, current.version + 1, config, mapping, label_map, by, now)
    _carry_reasons(project, current, changes)
    return schema


def _write(
    project: Project,
    version: int,
    config: str,
    mapping: Mapping[str, str],
    label_map: Mapping[str, str],
    by: User,
    now: datetime,
) -> LabelSchema:
    check_mapping(parse_config(config), mapping)
    schema = LabelSchema.objects.create(
        project=project,
        version=version,
        config=config,
        sha256=hashlib.sha256(config.encode()).hexdigest(),
        mapping=dict(mapping),
        label_map=dict(label_map),
        created_by=by,
        created_at=now,
    )
    payload = {"version": version, "sha256": schema.sha256, "renamed": len(label_map)}
    event_record(verb="label_schema.published", obj=schema, project_id=project.pk, actor=by, payload=payload, at=now)
    return schema


def _carry_reasons(project: Project, before: LabelSchema, changes: LabelMap) -> None:
    """An escalation reason goes on standing for the same answer under its new name."""
    labels = changes.labels[config_of(before).primary.name]
    for reason in project.escalation_reasons.exclude(label=""):
        successor = labels.get(reason.label, reason.label)
        if successor != reason.label:
            reason.label = successor
            reason.save(update_fields=["label"])
