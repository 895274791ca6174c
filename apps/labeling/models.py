"""Answers, never edited; drafts, seen by their writer only; questions about items; what a person has read."""

from typing import Any

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from apps.core.models import UUIDModel


class Annotation(UUIDModel):
    """One reviewer's answer to one item. Rows are superseded or withdrawn, never edited (trigger annotation_frozen)."""

    class Status(models.TextChoices):
        CURRENT = "current"  # counts towards the consensus
        SUPERSEDED = "superseded"  # replaced by a later answer of the same reviewer
        WITHDRAWN = "withdrawn"  # undone; the review was given back

    class Source(models.TextChoices):
        HUMAN = "human", gettext_lazy("Human")
        SIMULATED = "simulated", gettext_lazy("Simulated")  # demos and benchmarks; marked everywhere
        MODEL = "model", gettext_lazy("Model")
        IMPORTED = "imported", gettext_lazy("Imported")

    class Assistance(models.TextChoices):
        NONE = "none"  # given blind
        ACCEPTED = "accepted"  # the model's guess stood in the form and was sent as it was
        CHANGED = "changed"  # the model's guess stood in the form; sent otherwise
        REVISED = "revised"  # given after an own blind answer, once the model's guess was seen

    item = models.ForeignKey("queues.Item", on_delete=models.PROTECT, related_name="annotations")
    review = models.ForeignKey("queues.Review", on_delete=models.PROTECT, related_name="annotations")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, db_index=False, related_name="+")
    # Neither is ever deleted, and each is that of many thousand answers: an index would only be written.
    schema = models.ForeignKey("projects.LabelSchema", on_delete=models.PROTECT, db_index=False, related_name="+")
    guideline = models.ForeignKey(  # null: none yet
        "projects.Guideline", on_delete=models.PROTECT, null=True, db_index=False, related_name="+"
    )
    result = models.JSONField()  # Label Studio result: a list of regions
    label = models.CharField(
        max_length=500, blank=True
    )  # canonical value for consensus; empty: free text, not voted on
    note = models.TextField(blank=True)  # for the adjudicator
    status = models.CharField(max_length=16, choices=Status, default=Status.CURRENT)
    source = models.CharField(max_length=16, choices=Source, default=Source.HUMAN)
    token = (
        models.BigIntegerField()
    )  # of the lease it was given under: the same token and answer again is the same answer
    duration_ms = models.PositiveIntegerField()
    assistance = models.CharField(max_length=16, choices=Assistance, default=Assistance.NONE)
    suggestion = models.ForeignKey(
        "labeling.Suggestion", on_delete=models.PROTECT, null=True, db_index=False, related_name="annotations"
    )  # what he had seen; null: nothing
    is_batch = models.BooleanField(default=False)  # given in a grid of many items
    weight = models.FloatField(default=1)  # as a vote: 1, or less where it repeats a guess that was seen before
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(assistance="none", suggestion__isnull=True)
                | Q(assistance__in=["accepted", "changed", "revised"], suggestion__isnull=False),
                name="annotation_assistance_known",
            ),
            models.CheckConstraint(
                condition=Q(is_batch=False) | Q(assistance__in=["accepted", "changed"]),
                name="annotation_batch_saw_guess",
            ),
            models.CheckConstraint(condition=Q(weight__gte=0, weight__lte=1), name="annotation_weight_share"),
            models.UniqueConstraint(
                fields=["item", "reviewer"], condition=Q(status="current"), name="annotation_one_current"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["current", "superseded", "withdrawn"]), name="annotation_status_known"
            ),
            models.CheckConstraint(
                condition=Q(source__in=["human", "simulated", "model", "imported"]), name="annotation_source_known"
            ),
        ]
        indexes = [
            models.Index(fields=["reviewer", "-created_at"], name="annotation_of_person"),  # history, undo
            models.Index(fields=["suggestion"], name="annotation_of_suggestion", condition=Q(suggestion__isnull=False)),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="annotation_frozen", exclude=["status"]),
            pgtrigger.Protect(name="annotation_kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="annotation_not_revived",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(new__status="current") & ~pgtrigger.Q(old__status="current"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reviewer}: {self.label}"


class Suggestion(UUIDModel):
    """What one person is shown of the model's guess on one item, drawn once, so that it is always the same.

    `is_wrong` is a secret from reviewers. Items of the random audit stay blind; the database refuses anything else.
    """

    class Blind(models.TextChoices):
        AUDIT = "audit"  # of the honest random slice
        CONTROL = "control"  # by chance, so that a blind item gives away no audit
        NO_GUESS = "no_guess"  # no model has told anything that is an answer to the config

    class Outcome(models.TextChoices):
        SAME = "same"  # he had said the same; nothing was shown
        KEPT = "kept"
        CHANGED = "changed"

    item = models.ForeignKey("queues.Item", on_delete=models.PROTECT, related_name="suggestions")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    schema = models.ForeignKey("projects.LabelSchema", on_delete=models.PROTECT, related_name="+")
    mode = models.CharField(max_length=16)  # the queue's assistance when it was drawn
    prediction = models.ForeignKey(
        "intake.Prediction", on_delete=models.PROTECT, null=True, related_name="+"
    )  # null: blind, or the trace's own output
    result = models.JSONField(null=True)  # the guess as a Label Studio result; null: shown blind
    label = models.CharField(max_length=500, blank=True)  # its canonical value; empty: blind, or not compared
    blind_reason = models.CharField(max_length=16, choices=Blind, blank=True)  # empty: not blind
    is_wrong = models.BooleanField(default=False)  # shown wrong on purpose
    wrong_share = models.FloatField()  # the probability with which that was drawn
    outcome = models.CharField(max_length=16, choices=Outcome, blank=True)  # after an own answer: what he did then
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "reviewer", "schema"], name="suggestion_once"),
            models.CheckConstraint(
                condition=Q(result__isnull=False, blind_reason="")
                | Q(result__isnull=True, blind_reason__in=["audit", "control", "no_guess"], is_wrong=False),
                name="suggestion_shown_or_blind",
            ),
            models.CheckConstraint(
                condition=Q(mode="pre_annotated") | Q(mode="after_answer", is_wrong=False), name="suggestion_mode"
            ),
            models.CheckConstraint(
                condition=Q(outcome="") | Q(outcome__in=["same", "kept", "changed"], mode="after_answer"),
                name="suggestion_outcome_known",
            ),
        ]
        indexes = [
            # What a person has seen after his answer and not yet decided on.
            models.Index(
                fields=["reviewer"],
                name="suggestion_undecided",
                condition=Q(mode="after_answer", outcome="", result__isnull=False),
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="suggestion_frozen", exclude=["outcome"]),
            pgtrigger.Protect(name="suggestion_kept", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="suggestion_never_on_audit",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                condition=pgtrigger.Q(new__result__isnull=False),
                func=(
                    "IF EXISTS (SELECT 1 FROM queues_item WHERE id = NEW.item_id AND is_audit) THEN"
                    " RAISE EXCEPTION 'an item of the random audit shows no guess'; END IF; RETURN NEW;"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"what {self.reviewer} sees on {self.item_id}"

    @property
    def guess(self) -> list[dict[str, Any]]:
        """What is shown; nothing where the item is shown blind."""
        return self.result or []


class Draft(UUIDModel):
    """Unfinished work on an item. It survives the lease and is shown to nobody else."""

    item = models.ForeignKey("queues.Item", on_delete=models.CASCADE, db_index=False, related_name="+")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    fields = models.JSONField()  # the form as posted, {name: [values]}
    schema = models.ForeignKey(
        "projects.LabelSchema", on_delete=models.PROTECT, null=True, related_name="+"
    )  # of the form; null: kept before schemas were
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "reviewer"], name="draft_once")]

    def __str__(self) -> str:
        return f"draft of {self.reviewer} on {self.item_id}"


class Thread(UUIDModel):
    """A reviewer's questions about one item. Seen by him and by the queue's adjudicators; it shows nobody's answer."""

    item = models.ForeignKey("queues.Item", on_delete=models.PROTECT, related_name="threads")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "asked_by"], name="thread_once")]

    def __str__(self) -> str:
        return f"questions of {self.asked_by} about {self.item_id}"


class Comment(UUIDModel):
    """One question or reply. Its words are never edited."""

    thread = models.ForeignKey(Thread, on_delete=models.PROTECT, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)  # when the asker saw a reply; null: not yet, or a question

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="comment_says_something")]
        indexes = [models.Index(fields=["thread", "created_at"], name="comment_in_order")]  # a thread, in order
        triggers = [
            pgtrigger.ReadOnly(name="comment_frozen", exclude=["read_at"]),
            pgtrigger.Protect(name="comment_kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.author} in {self.thread_id}"


class GuidelineReading(UUIDModel):
    """A person has read a version of a guideline."""

    reader = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    guideline = models.ForeignKey("projects.Guideline", on_delete=models.CASCADE, related_name="+")
    read_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["reader", "guideline"], name="guidelinereading_once")]

    def __str__(self) -> str:
        return f"{self.reader} read {self.guideline_id}"


class AgreementDay(UUIDModel):
    """How often a person's answers were the settled ones, as shown to him from that day on.

    A new row needs 20 items more than the last one counted, so that no change of the figure tells of a single item.
    """

    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    n_items = models.PositiveIntegerField()
    n_agreed = models.PositiveIntegerField()
    counted_until = models.DateTimeField()  # items settled after this are not in it

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reviewer", "day"], name="agreementday_once"),
            models.CheckConstraint(condition=Q(n_items__gte=20), name="agreementday_from_20"),
            models.CheckConstraint(condition=Q(n_agreed__lte=models.F("n_items")), name="agreementday_share"),
        ]

    def __str__(self) -> str:
        return f"{self.reviewer} on {self.day}"
