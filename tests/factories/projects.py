"""People and projects."""

import hashlib
import itertools
from collections.abc import Sequence
from uuid import UUID
from xml.sax.saxutils import quoteattr

from django.utils.text import slugify

from apps.accounts.models import User
from apps.projects.models import Guideline, LabelSchema, Membership, Project
from tests.factories.clock import NOW

LABELS = ("Refund", "Exchange", "Order status")
PASSWORD = "a long password for tests"
_number = itertools.count(1)


def choices_config(labels: Sequence[str] = LABELS, *, choice: str = "single") -> str:
    """A labelling config as a team would write it: one text, one choice."""
    choices = "".join(f"\n    <Choice value={quoteattr(label)}/>" for label in labels)
    return (
        '<View>\n  <Text name="message" value="$message"/>\n'
        f'  <Choices name="intent" toName="message" choice="{choice}" required="true">{choices}\n  </Choices>\n</View>'
    )


def person(name: str = "Person", **fields) -> User:
    number = next(_number)
    email = fields.pop("email", f"{slugify(name) or 'person'}-{number}@example.org")
    return User.objects.create_user(email, fields.pop("password", PASSWORD), name=name, **fields)


def project(
    name: str = "Support intents",
    *,
    config: str = "",
    labels: Sequence[str] = LABELS,
    created_by: User | None = None,
    **fields,
) -> Project:
    """A project with its first schema: `$message` is the trace's `input`. Nobody is a member yet."""
    number = next(_number)
    creator = created_by or person("Creator")
    made = Project.objects.create(
        name=name, slug=f"{slugify(name)}-{number}", created_by=creator, created_at=NOW, **fields
    )
    schema(made, config=config or choices_config(labels))
    return made


def schema(project: Project, *, config: str = "", mapping: dict[str, str] | None = None, label_map=None) -> LabelSchema:
    """The next schema version."""
    xml = config or choices_config()
    return LabelSchema.objects.create(
        project=project,
        version=project.label_schemas.count() + 1,
        config=xml,
        sha256=hashlib.sha256(xml.encode()).hexdigest(),
        mapping=mapping or {"message": "input"},
        label_map=label_map or {},
        created_by=project.created_by,
        created_at=NOW,
    )


def guideline(project: Project, text: str = "Read twice, answer once.") -> Guideline:
    """The next guideline version."""
    return Guideline.objects.create(
        project=project,
        version=project.guidelines.count() + 1,
        text=text,
        created_by=project.created_by,
        created_at=NOW,
    )


def known_id(number: int) -> UUID:
    """For rows by whose ids chance decides: with the queue's seed it decides the same in every run."""
    return UUID(int=number)


def member(project: Project, role: str = "reviewer", *, user: User | None = None, name: str = "") -> User:
    """A person (a new one unless given) with the role."""
    user = user or person(name or role.capitalize())
    Membership.objects.create(project=project, user=user, role=role, created_at=NOW)
    return user
