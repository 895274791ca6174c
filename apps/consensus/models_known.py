"""Items whose right answer is known, and the round in which a newcomer is measured on them."""

from typing import Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.core.models import UUIDModel


class KnownAnswer(UUIDModel):
    """The right answer to a honeypot, as a frozen golden version has it."""

    item = models.OneToOneField("queues.Item", on_delete=models.PROTECT, related_name="known_answer")
    label = models.CharField(max_length=500, blank=True)  # canonical; empty: the answer is a text
    result = models.JSONField()  # in Label Studio's result format; what is right is told by `answer_is_right`
    golden_item = models.UUIDField()  # where it was taken from; golden stands above this floor, so no key leads there
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        # Verdicts are stored by it. One that was wrong is taken out with its item.
        triggers = [pgtrigger.ReadOnly(name="knownanswer_frozen", fields=["item", "label", "result"])]

    def __str__(self) -> str:
        return f"{self.label} for {self.item_id}"


class KnownVerdictQuerySet(models.QuerySet["KnownVerdict"]):
    def counted(self) -> Self:
        """Of answers that stand, to known items that were not taken out."""
        return self.filter(annotation__status="current", annotation__item__state="honeypot")


class KnownVerdict(models.Model):
    """Whether one answer to a honeypot is right, told once, when it is given.

    Neither side of the comparison can change afterwards: an answer, a known answer and a schema version are frozen. A
    changed answer is another annotation with a verdict of its own.
    """

    annotation = models.OneToOneField(
        "labeling.Annotation", on_delete=models.PROTECT, primary_key=True, related_name="known_verdict"
    )
    # Of the annotation, so that one index finds a person's latest ones in a queue.
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, db_index=False, related_name="+")
    queue = models.ForeignKey("queues.Queue", on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField()  # when the item was first answered: an answer that was changed keeps its place
    is_right = models.BooleanField()

    objects = KnownVerdictQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["reviewer", "queue", "given_at"], name="knownverdict_latest")]  # the test
        triggers = [
            pgtrigger.Protect(name="knownverdict_told_once", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="knownverdict_of_its_answer",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=(
                    "IF NOT EXISTS (SELECT 1 FROM labeling_annotation a JOIN queues_item i ON i.id = a.item_id"
                    " JOIN consensus_knownanswer k ON k.item_id = a.item_id WHERE a.id = NEW.annotation_id"
                    " AND a.reviewer_id = NEW.reviewer_id AND i.queue_id = NEW.queue_id) THEN"
                    " RAISE EXCEPTION 'a verdict stands on an answer to a known item, of its person and queue';"
                    " END IF; RETURN NEW;"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.annotation_id}: {self.is_right}"


class QualificationRound(UUIDModel):
    """One try of a newcomer at a queue's known items, under the rules that held when it began."""

    queue = models.ForeignKey("queues.Queue", on_delete=models.PROTECT, related_name="qualification_rounds")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()  # 1 for the first try
    threshold = models.FloatField()  # share of right answers asked for
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)  # null: items are left
    is_passed = models.BooleanField(null=True)  # null until finished, and where no item was left to measure by

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["queue", "reviewer", "number"], name="qualificationround_number_once"),
            models.UniqueConstraint(
                fields=["queue", "reviewer"],
                condition=Q(finished_at__isnull=True),
                name="qualificationround_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(is_passed__isnull=True) | Q(finished_at__isnull=False),
                name="qualificationround_verdict_at_the_end",
            ),
        ]

    def __str__(self) -> str:
        return f"round {self.number} of {self.reviewer} in {self.queue}"


class QualificationAnswerQuerySet(models.QuerySet["QualificationAnswer"]):
    def counted(self) -> Self:
        """Without items that were taken out of the known ones in the midst of their round."""
        return self.filter(is_void=False)


class QualificationAnswer(UUIDModel):
    """One item of a round, and what was answered. It counts for nothing but the round."""

    round = models.ForeignKey(QualificationRound, on_delete=models.PROTECT, related_name="answers")
    item = models.ForeignKey("queues.Item", on_delete=models.PROTECT, related_name="+")
    place = models.PositiveSmallIntegerField()  # from 1
    label = models.CharField(max_length=500, blank=True)
    result = models.JSONField(null=True)  # null: not answered yet
    is_right = models.BooleanField(null=True)
    answered_at = models.DateTimeField(null=True)
    is_void = models.BooleanField(default=False)  # the item was taken out in the midst of the round

    objects = QualificationAnswerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["round", "place"], name="qualificationanswer_place_once"),
            models.UniqueConstraint(fields=["round", "item"], name="qualificationanswer_item_once"),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, result__isnull=True, is_right__isnull=True)
                | Q(answered_at__isnull=False, result__isnull=False, is_right__isnull=False),
                name="qualificationanswer_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.place} of {self.round_id}"


class KnownDay(UUIDModel):
    """How often a person's answers to known items were right, in all queues, as shown to him from that day on.

    A new row needs 20 answers more than the last one counted, so that no change of the figure tells of a single item.
    """

    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    n_items = models.PositiveIntegerField()
    n_right = models.PositiveIntegerField()
    counted_until = models.DateTimeField()  # answers given after this are not in it

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reviewer", "day"], name="knownday_once"),
            models.CheckConstraint(condition=Q(n_items__gte=20), name="knownday_from_20"),
            models.CheckConstraint(condition=Q(n_right__lte=models.F("n_items")), name="knownday_share"),
        ]

    def __str__(self) -> str:
        return f"{self.reviewer} on {self.day}"
