"""Projects and everything that is decided once for a project: roles, keys, schemas, guidelines, reasons, versions."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from apps.core.models import UUIDModel

_WRITTEN_ONCE = pgtrigger.Update | pgtrigger.Delete


class Project(UUIDModel):
    """A kind of judgement about one product's outputs."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    description = models.TextField(blank=True)
    # Overrides of intake's default signal weights, {kind: weight in [0, 1]}.
    signal_weights = models.JSONField(default=dict, blank=True)
    is_sample = models.BooleanField(default=False)  # loaded by `load_sample`; marked on every page
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Membership(UUIDModel):
    """What a person may do in a project. One role each; a later role contains what stands in `ROLE_RIGHTS`."""

    class Role(models.TextChoices):
        VIEWER = "viewer", gettext_lazy("Viewer")  # reads the console
        REVIEWER = "reviewer", gettext_lazy("Reviewer")  # answers items
        ADJUDICATOR = "adjudicator", gettext_lazy("Adjudicator")  # answers items and settles disagreements
        MANAGER = "manager", gettext_lazy("Manager")  # everything in the project

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "user"], name="membership_once"),
            models.CheckConstraint(
                condition=Q(role__in=["viewer", "reviewer", "adjudicator", "manager"]), name="membership_role_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} is {self.role} of {self.project}"


class ApiKey(UUIDModel):
    """A client's key. Only its hash is kept; `prefix` lets a person recognise it."""

    SCOPES = ("ingest", "read", "manage")

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=120)
    prefix = models.CharField(max_length=12)
    key_hash = models.CharField(max_length=64, unique=True)  # SHA-256 hex
    scopes = models.JSONField(default=list)  # a non-empty part of SCOPES
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)  # null: never; written at most once a minute
    revoked_at = models.DateTimeField(null=True)  # null: valid

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(scopes=[]), name="apikey_has_scope")]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class LabelSchema(UUIDModel):
    """One immutable version of a project's labelling config and of how a trace becomes its variables."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="label_schemas")
    version = models.PositiveIntegerField()
    config = models.TextField()  # Label Studio XML, as given
    sha256 = models.CharField(max_length=64)  # of the config's UTF-8 bytes
    mapping = models.JSONField()  # {variable: JMESPath over the trace}
    # From the version before: {old label: new label} for renamed and merged ones; others keep their name.
    label_map = models.JSONField(default=dict, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "version"], name="labelschema_version_once")]
        triggers = [pgtrigger.Protect(name="labelschema_immutable", operation=_WRITTEN_ONCE)]

    def __str__(self) -> str:
        return f"{self.project} schema {self.version}"


class Guideline(UUIDModel):
    """One immutable version of the instructions, in Markdown."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="guidelines")
    version = models.PositiveIntegerField()
    text = models.TextField(blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "version"], name="guideline_version_once")]
        triggers = [pgtrigger.Protect(name="guideline_immutable", operation=_WRITTEN_ONCE)]

    def __str__(self) -> str:
        return f"{self.project} guideline {self.version}"


class EscalationReason(UUIDModel):
    """Why somebody asks for a human answer; what an API client names by `code`."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="escalation_reasons")
    code = models.SlugField(max_length=60)
    text = models.CharField(max_length=200)
    severity = models.PositiveSmallIntegerField()  # 1 (mild) to 5 (worst)
    label = models.CharField(max_length=200, blank=True)  # the label it stands for; empty: none
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "code"], name="escalationreason_code_once"),
            models.CheckConstraint(condition=Q(severity__gte=1, severity__lte=5), name="escalationreason_severity_1_5"),
        ]

    def __str__(self) -> str:
        return self.text


class ProductVersion(UUIDModel):
    """A release of the product whose outputs are judged. A breaking one makes older feedback stale."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="product_versions")
    name = models.CharField(max_length=60)
    released_at = models.DateTimeField()
    is_breaking = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="productversion_name_once")]

    def __str__(self) -> str:
        return self.name
