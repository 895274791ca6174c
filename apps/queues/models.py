"""Queues, the items in them, and the reviews: an item leased to a reviewer."""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy

from apps.core.models import UUIDModel
from apps.queues.models_budget import LabelSpending
from apps.queues.models_people import ReviewerAdmission, ReviewerExclusion, ReviewerPause

__all__ = [
    "Item",
    "LabelSpending",
    "Queue",
    "QueueMember",
    "Review",
    "ReviewerAdmission",
    "ReviewerCursor",
    "ReviewerExclusion",
    "ReviewerPause",
]

CLAIMABLE = Q(state="open", open_slots__gt=0, reserved_for__isnull=True)
DISPUTED = Q(state="adjudication")


class Queue(UUIDModel):
    """A stream of items for a group of reviewers, with its policy."""

    class State(models.TextChoices):
        OPEN = "open"  # takes items in and gives them out
        PAUSED = "paused"  # takes items in, gives none out
        DRAINING = "draining"  # takes none in, gives out what is left
        CLOSED = "closed"  # neither; what was waiting is retired

    class Acquisition(models.TextChoices):
        LEAST_CONFIDENCE = "least_confidence", gettext_lazy("Least confidence")
        MARGIN = "margin", gettext_lazy("Margin")
        ENTROPY = "entropy", gettext_lazy("Entropy")
        RANDOM = "random", gettext_lazy("Random")

    class Assistance(models.TextChoices):
        NONE = "none"  # blind: no model's guess is shown
        AFTER_ANSWER = "after_answer"  # shown once the person has answered, who may then change his answer
        PRE_ANNOTATED = "pre_annotated"  # filled in when the item opens; some wrong on purpose, to measure acceptance

    class Method(models.TextChoices):
        MAJORITY = "majority", gettext_lazy("Majority")
        DAWID_SKENE = "dawid_skene", gettext_lazy("Dawid–Skene")

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="queues")
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60)
    state = models.CharField(max_length=16, choices=State, default=State.OPEN)
    takes_traces = models.BooleanField(default=True)  # every new trace of the project becomes an item
    takes_escalations = models.BooleanField(default=True)  # escalated traces become items, with severity and deadline
    acquisition = models.CharField(max_length=24, choices=Acquisition, default=Acquisition.MARGIN)
    overlap_min = models.PositiveSmallIntegerField(default=2)  # answers asked for at first
    overlap_max = models.PositiveSmallIntegerField(default=3)  # at most
    label_budget = models.PositiveIntegerField(null=True)  # answers in all, known items left out; null: no limit
    settle_threshold = models.FloatField(default=0.9)  # confidence from which an item is settled
    consensus_method = models.CharField(max_length=16, choices=Method, default=Method.DAWID_SKENE)
    audit_share = models.FloatField(default=0.05)  # probability of joining the audit slice at intake
    deadline_share = models.FloatField(default=0.5)  # share of claims that look at the deadline lane first
    audit_lane_share = models.FloatField(default=0.1)  # share of claims that look at the audit lane first
    lease_seconds = models.PositiveIntegerField(default=900)
    sla_hours = models.FloatField(default=24)  # promised time from arrival to settled
    score_cap = models.FloatField(default=10)  # S: scores are clamped to [0, S]
    ageing_rate = models.FloatField(default=0.1)  # points an hour; overtaken only by arrivals within S / rate hours
    epoch = models.DateTimeField()  # zero of the ageing clock
    seed = models.BigIntegerField()  # of the audit draw
    is_open_to_all = models.BooleanField(default=True)  # every person with the reviewer role, besides the members below
    shows_escalation_reason = models.BooleanField(default=True)  # to reviewers, beside the item
    asks_best = models.BooleanField(default=False)  # further answers are asked of those whose answers tell most
    allows_revision = models.BooleanField(default=True)  # reviewers may change their answers from their history
    honeypot_share = models.FloatField(default=0)  # of a person's items, whose right answer is known; 0: none
    honeypot_good = models.FloatField(default=0.92)  # accuracy from which a reviewer is left alone
    honeypot_floor = models.FloatField(default=0.75)  # accuracy up to which he is paused
    honeypot_alpha = models.FloatField(default=0.05)  # probability of ever pausing somebody of the good level
    honeypot_beta = models.FloatField(default=0.01)  # probability of ever trusting somebody of the floor fully
    qualification_items = models.PositiveSmallIntegerField(default=0)  # of a newcomer's round; 0: no round is asked
    qualification_threshold = models.FloatField(default=0.8)  # share of right answers that lets him in
    qualification_tries = models.PositiveSmallIntegerField(default=2)  # rounds he may take, each with other items
    assistance = models.CharField(max_length=16, choices=Assistance, default=Assistance.NONE)
    assistance_wrong_share = models.FloatField(default=0.1)  # of pre-annotated guesses, shown wrong on purpose
    shows_similar = models.BooleanField(default=False)  # to reviewers: settled items like theirs, with their labels
    shows_model_to_adjudicator = models.BooleanField(default=True)  # what models said of a disputed item
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "slug"], name="queue_slug_once"),
            models.CheckConstraint(
                condition=Q(assistance__in=["none", "after_answer", "pre_annotated"]), name="queue_assistance_known"
            ),
            models.CheckConstraint(
                condition=Q(assistance_wrong_share__gte=0, assistance_wrong_share__lte=0.5),
                name="queue_wrong_share_half",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "paused", "draining", "closed"]), name="queue_state_known"
            ),
            models.CheckConstraint(
                condition=Q(overlap_min__gte=1, overlap_max__lte=9, overlap_min__lte=F("overlap_max")),
                name="queue_overlap_1_9",
            ),
            models.CheckConstraint(
                condition=Q(label_budget__isnull=True) | Q(label_budget__gte=1), name="queue_budget_1"
            ),
            models.CheckConstraint(
                condition=Q(settle_threshold__gte=0.5, settle_threshold__lte=1), name="queue_threshold_half_1"
            ),
            models.CheckConstraint(
                condition=Q(audit_share__gte=0, audit_share__lte=1)
                & Q(deadline_share__gte=0, deadline_share__lte=1)
                & Q(audit_lane_share__gte=0, audit_lane_share__lte=1),
                name="queue_shares",
            ),
            models.CheckConstraint(
                condition=Q(lease_seconds__gte=5, lease_seconds__lte=86_400), name="queue_lease_5s_1d"
            ),
            models.CheckConstraint(condition=Q(score_cap__gt=0, ageing_rate__gt=0), name="queue_ageing_positive"),
            models.CheckConstraint(
                condition=Q(honeypot_share__gte=0, honeypot_share__lte=0.5), name="queue_honeypot_share_0_half"
            ),
            models.CheckConstraint(
                condition=Q(honeypot_floor__gt=0, honeypot_floor__lt=F("honeypot_good"), honeypot_good__lt=1)
                & Q(honeypot_alpha__gt=0, honeypot_alpha__lt=1, honeypot_beta__gt=0, honeypot_beta__lt=1),
                name="queue_honeypot_test",
            ),
            models.CheckConstraint(
                condition=Q(qualification_items__lte=50, qualification_tries__gte=1, qualification_tries__lte=9)
                & Q(qualification_threshold__gt=0, qualification_threshold__lte=1),
                name="queue_qualification",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class QueueMember(UUIDModel):
    """A person named to work in a queue: in one that is not open to all reviewers, or in spite of another role."""

    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["queue", "user"], name="queuemember_once")]

    def __str__(self) -> str:
        return f"{self.user} in {self.queue}"


class Item(UUIDModel):
    """Something to be judged in one queue. `data` is what is shown; `terms` say why it stands where it stands."""

    class State(models.TextChoices):
        OPEN = "open", gettext_lazy("Open")  # answers wanted, or being given
        ADJUDICATION = "adjudication", gettext_lazy("Adjudication")  # an adjudicator decides
        SETTLED = "settled", gettext_lazy("Settled")  # has a consensus
        RETIRED = "retired", gettext_lazy("Retired")  # a manager took it out; `retired_reason` says why
        HONEYPOT = (
            "honeypot",
            gettext_lazy("Honeypot"),
        )  # its answer is known: given out to test reviewers, asks for nothing, never settles

    class Source(models.TextChoices):
        TRACE = "trace", gettext_lazy("Trace")
        ESCALATION = "escalation", gettext_lazy("Escalation")  # a trace that came in by an escalation
        COMPARISON = "comparison", gettext_lazy("Comparison")  # two outputs side by side
        HONEYPOT = (
            "honeypot",
            gettext_lazy("Honeypot"),
        )  # a copy of an item whose answer is known; `original` is that item

    class DisputeKind(models.TextChoices):
        SPLIT = "split"  # the answers wanted are in and leave doubt
        CHOICE = "choice"  # texts that cannot be voted on: one has to be chosen
        ASKED = "asked"  # a reviewer sent it
        NOBODY_LEFT = "nobody_left"  # who could answer it has had it
        TAKEN_BACK = "taken_back"  # an adjudicator withdrew his decision

    # Written at every answer: a foreign key has no index of its own where another begins with it.
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, db_index=False, related_name="items")
    trace = models.ForeignKey(
        "intake.Trace", on_delete=models.PROTECT, null=True, related_name="items"
    )  # null: comparison
    source = models.CharField(max_length=16, choices=Source, default=Source.TRACE)
    source_key = models.CharField(max_length=200)  # what makes it one item a queue and source
    original = models.ForeignKey(  # null: no copy
        "self", on_delete=models.PROTECT, null=True, db_index=False, related_name="copies"
    )
    # A schema is never deleted and is most of a project's items': an index would only be written.
    schema = models.ForeignKey("projects.LabelSchema", on_delete=models.PROTECT, db_index=False, related_name="+")
    data = models.JSONField()  # {variable: value}, built from the trace by the schema's mapping
    search_text = models.TextField(blank=True)  # the first shown text, for the items page
    state = models.CharField(max_length=16, choices=State, default=State.OPEN)
    adjudication_reason = models.CharField(max_length=200, blank=True)  # why it went to adjudication, in words
    # Of the latest dispute; they mean something only while the state is adjudication.
    dispute_kind = models.CharField(max_length=16, choices=DisputeKind, blank=True)
    dispute_labels = models.JSONField(default=list)  # labels that are in the running
    doubt = models.FloatField(null=True)  # how hard it is: entropy in bits, in tenths; null: not judged yet
    guidance = models.TextField(blank=True)  # what an adjudicator who sent it back tells whoever gets it next
    retired_reason = models.CharField(max_length=200, blank=True)
    open_slots = models.PositiveSmallIntegerField()  # answers that may still be leased; by SQL alone, see decision 0014
    wanted = models.PositiveSmallIntegerField()  # answers asked for so far; grows by one while unsettled
    wanted_max = (
        models.PositiveSmallIntegerField()
    )  # the most answers it may get: the queue's maximum, or more after "send back"
    score = models.FloatField(default=0)  # sum of the terms, before clamping
    terms = models.JSONField(default=list)  # [{name, value, words, public: bool}]
    sort_key = models.FloatField()  # clamp(score) - rate * hours(enqueued_at - epoch); larger comes first
    prediction = models.ForeignKey(
        "intake.Prediction", on_delete=models.PROTECT, null=True, db_index=False, related_name="+"
    )  # scored by; null: none
    severity = models.PositiveSmallIntegerField(default=0)  # highest of its escalations; 0: none
    priority = models.FloatField(default=0)  # a manager's own term
    due_at = models.DateTimeField(null=True)  # earliest deadline; null: none
    is_audit = models.BooleanField(default=False)  # drawn at intake, before and independent of any score
    audit_probability = models.FloatField()  # with which it was drawn (or not)
    audit_rank = models.FloatField()  # random order inside the audit lane
    reserved_for = models.ForeignKey(  # handed to a named person; null: for everybody
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, db_index=False, related_name="reserved_items"
    )
    # Until then it waits for that person, and for everybody afterwards; null: as long as it takes.
    reserved_until = models.DateTimeField(null=True)
    # Grows whenever the item (re-)enters the claimable rows; readers that have passed its place look at it first.
    bumped_seq = models.BigIntegerField(db_default=RawSQL("nextval('queues_bump_seq')", []))
    enqueued_at = models.DateTimeField()  # never changes
    settled_at = models.DateTimeField(null=True)  # null: not settled now

    # Why its trace was escalated, in words; set by a claim, which reads them with the item. None: not read.
    escalation_reasons: list[str] | None = None

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["queue", "source", "source_key"], name="item_source_once"),
            models.CheckConstraint(
                condition=Q(state__in=["open", "adjudication", "settled", "retired", "honeypot"]),
                name="item_state_known",
            ),
            models.CheckConstraint(
                condition=Q(source="honeypot", original__isnull=False, state__in=["honeypot", "retired"], wanted_max=0)
                | (~Q(source="honeypot") & Q(original__isnull=True) & ~Q(state="honeypot")),
                name="item_honeypot_asks_nothing",
            ),
            models.CheckConstraint(condition=Q(open_slots__lte=F("wanted")), name="item_slots_within_wanted"),
            models.CheckConstraint(condition=Q(wanted__lte=F("wanted_max")), name="item_wanted_within_max"),
            models.CheckConstraint(condition=Q(state="open") | Q(open_slots=0), name="item_slots_only_open"),
            models.CheckConstraint(
                condition=Q(audit_probability__gte=0, audit_probability__lte=1), name="item_audit_probability"
            ),
            models.CheckConstraint(
                condition=(Q(state="settled") & Q(settled_at__isnull=False)) | ~Q(state="settled"),
                name="item_settled_has_time",
            ),
        ]
        indexes = [
            # The main lane of a claim.
            models.Index(
                "queue", F("sort_key").desc(), "id", name="item_lane_main", condition=CLAIMABLE & Q(is_audit=False)
            ),
            # What re-entered above a reviewer's cursor.
            models.Index(
                fields=["queue", "bumped_seq"], name="item_lane_bumped", condition=CLAIMABLE & Q(is_audit=False)
            ),
            # The deadline lane, earliest first.
            models.Index(
                fields=["queue", "due_at"], name="item_lane_deadline", condition=CLAIMABLE & Q(due_at__isnull=False)
            ),
            # The audit lane, in random order.
            models.Index(
                fields=["queue", "audit_rank"], name="item_lane_audit", condition=CLAIMABLE & Q(is_audit=True)
            ),
            # Items handed to a named person.
            models.Index(
                fields=["reserved_for", "queue"], name="item_reserved", condition=Q(reserved_for__isnull=False)
            ),
            # What refers to few others.
            models.Index(fields=["original"], name="item_original", condition=Q(original__isnull=False)),
            models.Index(fields=["prediction"], name="item_prediction", condition=Q(prediction__isnull=False)),
            # The items page and the adjudicator's queue.
            models.Index(fields=["queue", "state", "enqueued_at"], name="item_by_state"),
            # The honeypots of a queue.
            models.Index(fields=["queue"], name="item_honeypots", condition=Q(state="honeypot")),
            # The adjudicator's queue, hardest first: all of it, and what came for one reason.
            models.Index(
                "queue",
                F("doubt").desc(),
                "due_at",
                F("severity").desc(),
                "enqueued_at",
                "id",
                name="item_disputed_hardest",
                condition=DISPUTED,
            ),
            models.Index(
                "queue",
                "dispute_kind",
                F("doubt").desc(),
                "due_at",
                F("severity").desc(),
                "enqueued_at",
                "id",
                name="item_disputed_kind",
                condition=DISPUTED,
            ),
            # The same by deadline.
            models.Index(
                "queue", "due_at", F("doubt").desc(), "enqueued_at", "id", name="item_disputed_due", condition=DISPUTED
            ),
            # Disputed items in which a label is in the running.
            GinIndex(fields=["dispute_labels"], name="item_disputed_labels", condition=DISPUTED, fastupdate=False),
            # The periodic look for disputed items that nobody has judged yet.
            models.Index(fields=["id"], name="item_disputed_unjudged", condition=DISPUTED & Q(doubt__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"item {self.pk}"


class Review(UUIDModel):
    """An item leased to a reviewer. One row a pair for ever; a new lease gets a new token."""

    class State(models.TextChoices):
        LEASED = "leased"  # he has it until `expires_at`
        SUBMITTED = "submitted"  # he answered
        SKIPPED = "skipped"  # he passed, with a reason; it does not come back to him
        EXPIRED = "expired"  # the lease ran out or was given back; it may come back to him

    item = models.ForeignKey(Item, on_delete=models.PROTECT, db_index=False, related_name="reviews")
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, db_index=False, related_name="reviews"
    )
    state = models.CharField(max_length=16, choices=State, default=State.LEASED)
    token = models.BigIntegerField()  # fencing: names this lease; from the sequence queues_token_seq
    lane = models.CharField(max_length=16)  # main | deadline | audit | reserved | honeypot: where the claim found it
    leased_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)  # null unless submitted
    skip_reason = models.CharField(max_length=300, blank=True)
    # Whether he was shown a model's guess on the item; then his answers say so. For ever: nobody forgets what he saw.
    sees_guess = models.BooleanField(default=False, db_default=False)

    is_fresh = False  # set by a claim: just leased, and never his before, so he has no draft or older answer to it

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "reviewer"], name="review_once"),
            models.CheckConstraint(
                condition=Q(state__in=["leased", "submitted", "skipped", "expired"]), name="review_state_known"
            ),
            models.CheckConstraint(
                condition=(Q(state="submitted") & Q(submitted_at__isnull=False)) | ~Q(state="submitted"),
                name="review_submitted_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state="skipped") | ~Q(skip_reason=""), name="review_skipped_has_reason"
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], name="review_stale", condition=Q(state="leased")),  # expiry
            models.Index(fields=["reviewer", "state", "-leased_at"], name="review_of_person"),  # my lease, my history
        ]

    def __str__(self) -> str:
        return f"{self.reviewer} on {self.item_id}"


class ReviewerCursor(UUIDModel):
    """How far a reviewer has come in a queue's main lane: all claimable items before the place were had by him."""

    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, db_index=False, related_name="cursors")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    sort_key = models.FloatField(null=True)  # null: at the top
    item_id = models.UUIDField(null=True)  # breaks ties of equal sort keys; null: at the top
    seen_seq = models.BigIntegerField()  # `bumped_seq` up to which re-entered items were looked at
    started_at = models.DateTimeField()  # when it last stood at the top
    n_turns = models.BigIntegerField(default=0, db_default=0)  # claims so far that could have brought a honeypot

    class Meta:
        constraints = [models.UniqueConstraint(fields=["queue", "reviewer"], name="reviewercursor_once")]

    def __str__(self) -> str:
        return f"cursor of {self.reviewer} in {self.queue}"
