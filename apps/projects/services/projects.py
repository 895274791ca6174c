"""A project begins and changes its name."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.errors import InvalidInput
from apps.core.typed import typed
from apps.events.services import event_record
from apps.projects.models import Membership, Project
from apps.projects.services._versions import project_lock
from apps.projects.services.schemas import schema_first

SLUG_LENGTH = 60


@transaction.atomic
def project_create(
    *,
    name: str,
    description: str,
    config: str,
    mapping: Mapping[str, str],
    created_by: User,
    now: datetime,
    is_sample: bool = False,
) -> Project:
    """A project with its first label schema; whoever creates it manages it.

    Raises:
        InvalidInput: no name; ConfigError and MappingError name tag and line, or the variable.
    """
    project = Project.objects.create(
        name=_name(name),
        slug=_free_slug(name),
        description=typed(description),
        is_sample=is_sample,
        created_by=created_by,
        created_at=now,
    )
    Membership.objects.create(project=project, user=created_by, role=Membership.Role.MANAGER, created_at=now)
    schema_first(project=project, config=config, mapping=mapping, by=created_by, now=now)
    event_record(verb="project.created", obj=project, project_id=project.pk, actor=created_by, at=now)
    return project


@transaction.atomic
def project_rename(*, project: Project, name: str, description: str, by: User, now: datetime) -> Project:
    """Other words for the project. Its address stays, so that links keep working."""
    project.name, project.description = _name(name), typed(description)
    project.save(update_fields=["name", "description"])
    event_record(verb="project.renamed", obj=project, project_id=project.pk, actor=by, at=now)
    return project


@transaction.atomic
def signal_weights_set(*, project: Project, weights: Mapping[str, float], by: User, now: datetime) -> Project:
    """Replace the project's own signal weights; a kind left out keeps the default.

    Raises:
        InvalidInput: a weight outside [0, 1]; the field is the kind.
    """
    for kind, weight in weights.items():
        if not 0 <= weight <= 1:
            raise InvalidInput(_("A weight lies between 0 and 1."), field=kind)
    locked = project_lock(project)
    locked.signal_weights = dict(weights)
    locked.save(update_fields=["signal_weights"])
    payload = {"weights": dict(weights)}
    event_record(verb="project.signal_weights_set", obj=locked, project_id=locked.pk, actor=by, payload=payload, at=now)
    return locked


def _name(name: str) -> str:
    name = " ".join(typed(name).split())
    if not name:
        raise InvalidInput(_("Give the project a name."), field="name")
    if len(name) > 120:
        raise InvalidInput(_("The name is longer than 120 characters."), field="name")
    return name


def _free_slug(name: str) -> str:
    """The name as an address; with a number where another project has it."""
    stem = slugify(name)[: SLUG_LENGTH - 6].strip("-") or "project"
    taken = set(Project.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    candidates = (stem if number == 1 else f"{stem}-{number}" for number in range(1, len(taken) + 2))
    return next(slug for slug in candidates if slug not in taken)
