"""Golden sets and their frozen versions."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.core.models import UUIDModel

# A frozen version's rows are refused by the database itself; only the payload may be erased.
_FROZEN_VERSION = pgtrigger.Q(old__frozen_at__isnull=False)


class GoldenSet(UUIDModel):
    """A named collection of settled items and the registry of which side of the split each belongs to, for ever."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="golden_sets")
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60)
    description = models.TextField(blank=True)
    salt = models.CharField(max_length=64)  # of item hashes and of the split; never shown
    test_share = models.FloatField(default=0.2)  # in [0, 1); 0: no test side of its own
    allows_simulated = models.BooleanField(default=False)  # the manifest then says so
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "slug"], name="goldenset_slug_once"),
            models.CheckConstraint(condition=Q(test_share__gte=0, test_share__lt=1), name="goldenset_test_share"),
        ]

    def __str__(self) -> str:
        return self.name


class GoldenMember(UUIDModel):
    """A settled item gathered into a set; what the next version is frozen from."""

    golden_set = models.ForeignKey(GoldenSet, on_delete=models.PROTECT, related_name="members")
    item = models.ForeignKey("queues.Item", on_delete=models.PROTECT, related_name="golden_members")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["golden_set", "item"], name="goldenmember_once")]

    def __str__(self) -> str:
        return f"{self.item_id} in {self.golden_set}"


class SplitAssignment(UUIDModel):
    """The side of one item in its set, kept for ever; duplicates share their first member's side."""

    golden_set = models.ForeignKey(GoldenSet, on_delete=models.PROTECT, related_name="split_assignments")
    item = models.ForeignKey("queues.Item", on_delete=models.PROTECT, related_name="+")
    cluster_key = models.CharField(max_length=64)  # salted hash of the cluster's first member
    side = models.CharField(max_length=16)  # train | test | quarantined

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["golden_set", "item"], name="splitassignment_once"),
            models.CheckConstraint(
                condition=Q(side__in=["train", "test", "quarantined"]), name="splitassignment_side_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.side}"


class GoldenVersion(UUIDModel):
    """A frozen dataset. `content_hash` is the Merkle root over its items; after freezing the row never changes."""

    golden_set = models.ForeignKey(GoldenSet, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="children")  # null: the first
    schema = models.ForeignKey("projects.LabelSchema", on_delete=models.PROTECT, related_name="+")
    content_hash = models.CharField(max_length=64)
    manifest = models.JSONField()  # counts by side and label, quarantined ids, simulated share, schema, guideline, code
    note = models.TextField(blank=True)
    frozen_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    frozen_at = models.DateTimeField(null=True)  # null only inside the transaction that freezes it

    class Meta:
        constraints = [models.UniqueConstraint(fields=["golden_set", "number"], name="goldenversion_number_once")]
        triggers = [
            pgtrigger.Protect(name="goldenversion_frozen", operation=pgtrigger.Update, condition=_FROZEN_VERSION),
            pgtrigger.Protect(name="goldenversion_kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.golden_set} v{self.number}"


class GoldenItem(UUIDModel):
    """One item of a frozen version. Refused: any change, and any insert once the version is frozen."""

    version = models.ForeignKey(GoldenVersion, on_delete=models.PROTECT, related_name="items")
    item = models.ForeignKey("queues.Item", on_delete=models.PROTECT, related_name="+")
    item_hash = models.CharField(max_length=64)  # salted SHA-256 of the canonical {data, label, result, split}
    label = models.CharField(max_length=500, blank=True)
    split = models.CharField(max_length=16)  # train | test
    confidence = models.FloatField()
    # What it rests on: consensus_id, consensus_label (as aggregated), method, annotation_ids, adjudication_id,
    # guideline_versions, schema_version, sources, and what of it is simulated.
    provenance = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "item"], name="goldenitem_once"),
            models.CheckConstraint(condition=Q(split__in=["train", "test"]), name="goldenitem_split_known"),
        ]
        indexes = [models.Index(fields=["version", "split"], name="goldenitem_by_split")]  # training and evaluation
        triggers = [
            pgtrigger.Protect(name="goldenitem_immutable", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="goldenitem_no_late_insert",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                declare=[("v_frozen", "timestamptz")],
                func="""
                    SELECT frozen_at INTO v_frozen FROM golden_goldenversion WHERE id = NEW.version_id;
                    IF v_frozen IS NOT NULL THEN
                        RAISE EXCEPTION 'pgtrigger: golden version % is frozen', NEW.version_id;
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.label}"


class GoldenPayload(models.Model):
    """The erasable content of a golden item. Erasure blanks it; hash and label stay, and exports name the gap."""

    golden_item = models.OneToOneField(GoldenItem, on_delete=models.PROTECT, primary_key=True, related_name="payload")
    data = models.JSONField(null=True)  # what was shown; null once erased
    result = models.JSONField(null=True)  # Label Studio result; null once erased
    erased_at = models.DateTimeField(null=True)  # null: content is here

    class Meta:
        triggers = [
            pgtrigger.Protect(
                name="goldenpayload_only_erased",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(new__data__isnull=False) | pgtrigger.Q(new__erased_at__isnull=True),
            ),
            pgtrigger.Protect(name="goldenpayload_kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"payload of {self.golden_item_id}"
