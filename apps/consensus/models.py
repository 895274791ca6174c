"""What the answers add up to."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.consensus.models_known import KnownAnswer, KnownDay, KnownVerdict, QualificationAnswer, QualificationRound
from apps.core.models import UUIDModel

__all__ = [
    "Adjudication",
    "Consensus",
    "ConsensusProposal",
    "KnownAnswer",
    "KnownDay",
    "KnownVerdict",
    "QualificationAnswer",
    "QualificationRound",
    "QualityFit",
    "ReviewerQuality",
]


class QualityFit(UUIDModel):
    """One periodic fit of a queue's reviewers. The latest one feeds the posterior of later answers."""

    queue = models.ForeignKey("queues.Queue", on_delete=models.CASCADE, related_name="quality_fits")
    labels = models.JSONField()  # order of the classes in the matrices; empty: the primary control has none
    prior = models.JSONField()  # class shares
    pooled_accuracy = models.FloatField()  # for a reviewer without a matrix
    # The posterior's logarithms are multiplied by it; below 1 where reviewers were seen to err together.
    temperature = models.FloatField(default=1)
    # {control: what its kind of answer believes of the pool}, for every control but a single choice that stands alone.
    controls = models.JSONField(default=dict)
    n_items = models.PositiveIntegerField()
    n_annotations = models.PositiveIntegerField()
    converged = models.BooleanField()
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["queue", "-created_at"], name="qualityfit_latest")]  # read at each submit

    def __str__(self) -> str:
        return f"fit of {self.queue} at {self.created_at}"


class ReviewerQuality(UUIDModel):
    """A reviewer's confusion matrix in one fit. Written by the fit only; a submit reads it."""

    fit = models.ForeignKey(QualityFit, on_delete=models.CASCADE, related_name="reviewers")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    # Rows: true label, columns: answered label; rows sum to 1. Empty where the fit has no labels.
    confusion = models.JSONField()
    controls = models.JSONField(default=dict)  # {control: his own parameters}
    accuracy = models.FloatField()  # prior-weighted diagonal
    accuracy_low = models.FloatField()
    accuracy_high = models.FloatField()
    n_annotations = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["fit", "reviewer"], name="reviewerquality_once")]

    def __str__(self) -> str:
        return f"{self.reviewer} in {self.fit_id}"


class Consensus(UUIDModel):
    """The aggregated answer to one item; recomputable from its annotations at any time."""

    class State(models.TextChoices):
        UNSETTLED = "unsettled"  # not sure enough yet
        SETTLED = "settled"  # confidence reached the queue's threshold
        ADJUDICATED = "adjudicated"  # an adjudicator decided
        AMBIGUOUS = "ambiguous"  # an adjudicator says that no single answer is right; never a hard label

    SURE = (State.SETTLED, State.ADJUDICATED)  # the states whose answer is relied on

    item = models.OneToOneField("queues.Item", on_delete=models.CASCADE, related_name="consensus")
    state = models.CharField(max_length=16, choices=State, default=State.UNSETTLED)
    label = models.CharField(max_length=500, blank=True)  # canonical value; empty: none (tie, ambiguous, free text)
    # In Label Studio's result format; null: none. While unsettled the best proposal there is.
    result = models.JSONField(null=True)
    # {label: probability}; of several labels and of regions each by itself, else they exclude each other.
    posterior = models.JSONField(default=dict)
    # Of `result`, in [0, 1]: that of its least sure part.
    confidence = models.FloatField()
    # {control: its own confidence, and what there is to tell besides}; empty where there is one single choice.
    parts = models.JSONField(default=dict)
    method = models.CharField(max_length=24)  # majority | dawid_skene | adjudication
    fit = models.ForeignKey(QualityFit, on_delete=models.SET_NULL, null=True, related_name="+")  # null: no fit used
    n_annotations = models.PositiveSmallIntegerField()
    n_simulated = models.PositiveSmallIntegerField(default=0)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(confidence__gte=0, confidence__lte=1), name="consensus_confidence_share"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["unsettled", "settled", "adjudicated", "ambiguous"]),
                name="consensus_state_known",
            ),
            # What no single answer is right for never carries one, whoever reads it.
            models.CheckConstraint(
                condition=~Q(state="ambiguous") | Q(label="", result__isnull=True), name="consensus_ambiguous_no_label"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label or 'no label'} ({self.confidence:.2f})"


class ConsensusProposal(UUIDModel):
    """What a fit, or a reviewer left out, would change about a settled item. Nothing happens by itself."""

    class State(models.TextChoices):
        OPEN = "open"  # waits for a manager; the next fit writes these anew
        APPLIED = "applied"  # the item was opened for one answer more
        DISMISSED = "dismissed"  # the label stands; not proposed again for the same answers
        REVERTED = "reverted"  # applied, then taken back before anybody had answered

    item = models.ForeignKey("queues.Item", on_delete=models.CASCADE, related_name="consensus_proposals")
    fit = models.ForeignKey(QualityFit, on_delete=models.SET_NULL, null=True, related_name="+")  # null: fit forgotten
    exclusion = models.ForeignKey(  # of a reviewer, which changed the votes; null: the fit did
        "queues.ReviewerExclusion", on_delete=models.PROTECT, null=True, related_name="proposals"
    )
    label = models.CharField(max_length=500)  # what the item settled on
    confidence_before = models.FloatField()
    confidence = models.FloatField()  # of `label`, under the fit
    leader = models.CharField(max_length=500)  # who leads under the fit; often `label` itself
    leader_confidence = models.FloatField()
    n_annotations = models.PositiveSmallIntegerField()  # answers that both judgements rest on
    state = models.CharField(max_length=16, choices=State, default=State.OPEN)
    created_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)  # null: open
    guideline_change = models.ForeignKey(  # null: a fit proposed it
        "consensus.GuidelineChange", on_delete=models.PROTECT, null=True, related_name="rechecks"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item"], condition=Q(state="open"), name="consensusproposal_one_open"),
            # A second click asks nobody a second time.
            models.UniqueConstraint(fields=["guideline_change", "item"], name="consensusproposal_once_a_change"),
            models.CheckConstraint(
                condition=Q(state__in=["open", "applied", "dismissed", "reverted"]),
                name="consensusproposal_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_by__isnull=True, decided_at__isnull=True)
                | (~Q(state="open") & Q(decided_by__isnull=False, decided_at__isnull=False)),
                name="consensusproposal_decided_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} → {self.leader} ({self.confidence:.2f})"


class GuidelineChange(UUIDModel):
    """A guideline version that was written because of a decision. Written once."""

    guideline = models.OneToOneField("projects.Guideline", on_delete=models.PROTECT, related_name="change")
    adjudication = models.ForeignKey("consensus.Adjudication", on_delete=models.PROTECT, related_name="changes")
    labels = models.JSONField(default=list)  # labels that it may touch: the one decided for and those it was taken for

    class Meta:
        triggers = [pgtrigger.Protect(name="guidelinechange_frozen", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.guideline} by decision {self.adjudication_id}"


class Adjudication(UUIDModel):
    """An adjudicator's decision on an item. Withdrawn by him only, never edited."""

    class Decision(models.TextChoices):
        LABEL = "label"  # decided for an answer
        AMBIGUOUS = "ambiguous"  # no single answer is right
        SENT_BACK = "sent_back"  # more answers wanted

    class Status(models.TextChoices):
        CURRENT = "current"
        WITHDRAWN = "withdrawn"  # undone
        SUPERSEDED = "superseded"  # the item was asked about again and decided anew

    item = models.ForeignKey("queues.Item", on_delete=models.PROTECT, related_name="adjudications")
    adjudicator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decision = models.CharField(max_length=16, choices=Decision)
    result = models.JSONField(null=True)  # null unless a label was decided
    label = models.CharField(max_length=500, blank=True)
    reason = models.TextField(blank=True)
    question = models.TextField(blank=True)  # to the reviewers; only of what is sent back
    is_simulated = models.BooleanField(default=False)
    status = models.CharField(max_length=16, choices=Status, default=Status.CURRENT)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item"],
                condition=Q(status="current", decision__in=["label", "ambiguous"]),
                name="adjudication_one_current",
            ),
            models.CheckConstraint(
                condition=~Q(decision="label") | Q(result__isnull=False), name="adjudication_label_has_result"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["current", "withdrawn", "superseded"]), name="adjudication_status_known"
            ),
            models.CheckConstraint(
                condition=Q(question="") | Q(decision="sent_back"), name="adjudication_question_sent_back"
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="adjudication_frozen", exclude=["status"]),
            pgtrigger.Protect(name="adjudication_kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.decision} by {self.adjudicator}"
