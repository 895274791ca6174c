"""What comes in from the product: traces, models' predictions, feedback signals, escalations."""

from typing import Any

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy

from apps.core.canonical import canonical_bytes
from apps.core.models import UUIDModel

_WRITTEN_ONCE = pgtrigger.Update | pgtrigger.Delete


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else canonical_bytes(value).decode()


class Trace(UUIDModel):
    """One logged model output with its context, never rewritten. Its texts lie in `TracePayload`."""

    class Origin(models.TextChoices):
        HUMAN = "human", gettext_lazy("Human")  # a real person's input
        SYNTHETIC = "synthetic", gettext_lazy("Synthetic")  # made up; marked everywhere

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="traces")
    trace_id = models.CharField(max_length=200)  # the client's id
    model = models.CharField(max_length=200, blank=True)  # text id of what produced the output
    prompt_version = models.CharField(max_length=100, blank=True)
    product_version = models.CharField(max_length=60, blank=True)
    user_ref = models.CharField(max_length=200, blank=True)  # pseudonym
    session_ref = models.CharField(max_length=200, blank=True)
    latency_ms = models.PositiveIntegerField(null=True)  # null: not told
    attributes = models.JSONField(default=dict, blank=True)  # cohort attributes, {name: scalar}
    policy_flags = models.JSONField(default=list, blank=True)  # codes of policies it may break
    origin = models.CharField(max_length=16, choices=Origin, default=Origin.HUMAN)
    content_hash = models.CharField(max_length=64)  # SHA-256 of the canonical {input, output}; survives erasure
    body_hash = models.CharField(
        max_length=64
    )  # of the whole canonical request: the same trace_id with another is refused
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "trace_id"], name="trace_id_once"),
            models.CheckConstraint(condition=Q(origin__in=["human", "synthetic"]), name="trace_origin_known"),
        ]
        indexes = [models.Index(fields=["project", "-received_at"], name="trace_by_arrival")]  # the intake page
        triggers = [pgtrigger.Protect(name="trace_immutable", operation=_WRITTEN_ONCE)]

    def __str__(self) -> str:
        return self.trace_id


class TracePayload(models.Model):
    """The erasable texts of a trace. Erasure blanks them and sets `erased_at`; the trace stays."""

    trace = models.OneToOneField(Trace, on_delete=models.PROTECT, related_name="payload", primary_key=True)
    input = models.JSONField(null=True)  # JSON as the client sent it; null once erased
    output = models.JSONField(null=True)  # null: no output yet (it simply needs a label), or erased
    context = models.JSONField(null=True)  # earlier turns, documents; null: none
    erased_at = models.DateTimeField(null=True)  # null: content is here

    def __str__(self) -> str:
        return f"payload of {self.trace_id}"

    @property
    def input_text(self) -> str:
        """The input as text: itself, or its canonical JSON."""
        return _as_text(self.input)

    @property
    def output_text(self) -> str:
        """The output as text: itself, or its canonical JSON; empty without one."""
        return _as_text(self.output)

    @property
    def context_text(self) -> str:
        """The context as text: itself, or its canonical JSON; empty without one."""
        return _as_text(self.context)


class Prediction(UUIDModel):
    """A model's answer to a trace: the logged one and every later re-scoring. Append-only."""

    trace = models.ForeignKey(Trace, on_delete=models.PROTECT, related_name="predictions")
    model_ref = models.CharField(max_length=200)  # text id, never a foreign key upwards
    label = models.CharField(max_length=200, blank=True)  # the most probable label; empty: none told
    probabilities = models.JSONField(null=True)  # {label: p}; null: none told
    is_logged = models.BooleanField(default=False)  # came with the trace; False: a later re-scoring
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["trace", "model_ref"], name="prediction_once_per_model")]
        triggers = [pgtrigger.Protect(name="prediction_append_only", operation=_WRITTEN_ONCE)]

    def __str__(self) -> str:
        return f"{self.model_ref}: {self.label}"

    @property
    def top(self) -> list[tuple[str, float]]:
        """The three most probable labels; empty where no probabilities were told."""
        ranked = sorted((self.probabilities or {}).items(), key=lambda pair: (-pair[1], pair[0]))
        return ranked[:3]


class AdversarialUser(UUIDModel):
    """A pseudonym whose feedback never trains."""

    project = models.ForeignKey("projects.Project", on_delete=models.CASCADE, related_name="adversarial_users")
    user_ref = models.CharField(max_length=200)
    reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "user_ref"], name="adversarialuser_once")]

    def __str__(self) -> str:
        return self.user_ref


class Signal(UUIDModel):
    """Feedback on a trace, with what was decided about it and by which rule. Nothing is silently dropped."""

    class Kind(models.TextChoices):
        EXPLICIT_CORRECTION = "explicit_correction", gettext_lazy("Explicit correction")
        AGENT_ESCALATION = "agent_escalation", gettext_lazy("Agent escalation")
        CSAT = "csat", gettext_lazy("Satisfaction rating")
        THUMBS_DOWN = "thumbs_down", gettext_lazy("Thumbs down")
        SESSION_ABANDON = "session_abandon", gettext_lazy("Session abandoned")
        FOLLOW_UP_QUESTION = "follow_up_question", gettext_lazy("Follow-up question")
        REFORMULATION = "reformulation", gettext_lazy("Reformulation")
        COPY = "copy", gettext_lazy("Copied")
        DWELL = "dwell", gettext_lazy("Dwell time")
        SUGGESTION_ACCEPTED = "suggestion_accepted", gettext_lazy("Suggestion accepted")
        SUGGESTION_MODIFIED = "suggestion_modified", gettext_lazy("Suggestion modified")
        SUGGESTION_REJECTED = "suggestion_rejected", gettext_lazy("Suggestion rejected")
        SENSOR = "sensor", gettext_lazy("Sensor")
        THUMBS_UP = "thumbs_up", gettext_lazy("Thumbs up")

    class Verdict(models.TextChoices):
        CANDIDATE = "candidate", gettext_lazy("Candidate")  # may become a training triple
        NEGATIVE = "negative", gettext_lazy("Negative")  # a negative signal, never trained on alone
        PRIORITY = "priority", gettext_lazy("Priority")  # raises the item's priority only
        MONITORING = "monitoring", gettext_lazy("Monitoring")  # dashboards only
        REFUSED = "refused", gettext_lazy("Refused")  # kept, and never used: `rule` says why

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="signals")
    trace = models.ForeignKey(Trace, on_delete=models.PROTECT, related_name="signals")
    kind = models.CharField(max_length=32, choices=Kind)
    value = models.FloatField(null=True)  # csat 1-5, dwell seconds, sensor reading; null: the kind has none
    correction = models.TextField(blank=True)  # explicit_correction: the corrected output
    reason = models.ForeignKey(  # agent_escalation: why, a free label; null: the kind has none
        "projects.EscalationReason", on_delete=models.PROTECT, null=True, related_name="+"
    )
    weight = models.FloatField()  # in [0, 1]
    verdict = models.CharField(max_length=16, choices=Verdict)
    rule = models.CharField(max_length=200)  # the rule that gave the verdict, in words
    user_ref = models.CharField(max_length=200, blank=True)
    product_version = models.CharField(max_length=60, blank=True)
    event_hash = models.CharField(max_length=64)  # SHA-256 of the whole canonical event
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "event_hash"], name="signal_event_once"),
            models.CheckConstraint(condition=Q(weight__gte=0, weight__lte=1), name="signal_weight_share"),
            models.CheckConstraint(
                condition=Q(verdict__in=["candidate", "negative", "priority", "monitoring", "refused"]),
                name="signal_verdict_known",
            ),
        ]
        indexes = [
            models.Index(fields=["project", "-received_at"], name="signal_by_arrival"),  # the intake page
            models.Index(fields=["project", "user_ref"], name="signal_by_user"),  # adversarial users
        ]

    def __str__(self) -> str:
        return f"{self.kind} on {self.trace_id}"


class Escalation(UUIDModel):
    """Somebody asks for a human answer to a trace, by a deadline."""

    class State(models.TextChoices):
        WAITING = "waiting", gettext_lazy("Waiting")  # no human answer yet
        ANSWERED = "answered", gettext_lazy("Answered")  # `answer` holds it; given out from `answer_ready_at` on
        CORRECTED = "corrected", gettext_lazy("Corrected")  # a later revision of an answer that was already given out
        UNANSWERABLE = (
            "unanswerable",
            gettext_lazy("Unanswerable"),
        )  # the item was retired or the queue closed; `note_to_client` says why

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="escalations")
    trace = models.ForeignKey(Trace, on_delete=models.PROTECT, related_name="escalations")
    reason = models.ForeignKey("projects.EscalationReason", on_delete=models.PROTECT, related_name="+")
    severity = models.PositiveSmallIntegerField()  # 1-5; the reason's unless the client says otherwise
    comment = models.TextField(blank=True)  # the client's words
    deadline_at = models.DateTimeField(null=True)  # null: none
    state = models.CharField(max_length=16, choices=State, default=State.WAITING)
    answer = models.JSONField(null=True)  # what the people said, with its revision; null while waiting
    revision = models.PositiveIntegerField(default=0)
    answer_ready_at = models.DateTimeField(null=True)  # grace: 60 s or a fifth of the time left; null while waiting
    answered_at = models.DateTimeField(null=True)
    note_to_client = models.CharField(max_length=300, blank=True)
    # What makes it one request: the hash of the idempotency key, else of the body; empty: made without a request.
    request_hash = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "request_hash"], condition=~Q(request_hash=""), name="escalation_request_once"
            ),
            models.CheckConstraint(condition=Q(severity__gte=1, severity__lte=5), name="escalation_severity_1_5"),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "answered", "corrected", "unanswerable"]),
                name="escalation_state_known",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["answered", "corrected"]) | Q(answer__isnull=False),
                name="escalation_answered_has_answer",
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True) | Q(answered_at__gte=F("created_at")),
                name="escalation_answered_later",
            ),
        ]
        indexes = [models.Index(fields=["project", "state", "deadline_at"], name="escalation_waiting")]  # intake page

    def __str__(self) -> str:
        return f"escalation of {self.trace_id}"


class IdempotentResponse(UUIDModel):
    """The stored response to a client's `Idempotency-Key`, written in the request's own transaction."""

    api_key = models.ForeignKey("projects.ApiKey", on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    body_hash = models.CharField(max_length=64)  # of method, path and canonical body
    status = models.PositiveSmallIntegerField()
    response = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["api_key", "key"], name="idempotentresponse_key_once")]

    def __str__(self) -> str:
        return self.key


class Upload(UUIDModel):
    """A CSV or JSONL file given in the browser: first previewed with a column mapping, then imported."""

    class State(models.TextChoices):
        PREVIEW = "preview"  # waits for its mapping to be confirmed
        IMPORTING = "importing"  # confirmed; `position` rows are done, `heartbeat_at` tells whether it goes on
        IMPORTED = "imported"
        FAILED = "failed"  # the import broke off; what it had stored stays, `report.error` says what to do
        DISCARDED = "discarded"

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="uploads")
    name = models.CharField(max_length=200)
    format = models.CharField(max_length=8)  # csv | jsonl
    content = models.BinaryField()  # at most 10 MiB; emptied once imported or discarded
    mapping = models.JSONField(default=dict)  # {trace field: column}
    state = models.CharField(max_length=16, choices=State, default=State.PREVIEW)
    report = models.JSONField(default=dict)  # {created, repeated, n_refused, refused: [{row, field, message}]}
    position = models.PositiveIntegerField(default=0)  # rows done; written in the transaction that stores them
    n_rows = models.PositiveIntegerField(default=0)  # rows to do; 0 before it is confirmed
    heartbeat_at = models.DateTimeField(null=True)  # null: not confirmed
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(format__in=["csv", "jsonl"]), name="upload_format_known"),
            models.CheckConstraint(
                condition=Q(state__in=["preview", "importing", "imported", "failed", "discarded"]),
                name="upload_state_known",
            ),
            models.CheckConstraint(condition=Q(position__lte=F("n_rows")), name="upload_position_within"),
        ]

    def __str__(self) -> str:
        return self.name
