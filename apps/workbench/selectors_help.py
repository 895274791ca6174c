"""Help at hand: guideline with what changed, examples by label, questions and replies."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import BooleanField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery

from apps.accounts.models import User
from apps.labeling.algorithms.label_help import LabelHelp, label_help
from apps.labeling.algorithms.word_diff import Piece, word_diff, words_changed
from apps.labeling.models import Annotation, Comment, GuidelineReading, Thread
from apps.labeling.widgets import label_words
from apps.projects.labelling import config_of
from apps.projects.models import Guideline, Project
from apps.projects.selectors import guideline_current, schema_current
from apps.queues.models import Item, Queue, QueueMember
from apps.queues.selectors import queues_adjudicable_by, queues_workable_by


@dataclass(frozen=True)
class GuidelineShown:
    """The version that applies, with what changed since the person last read one."""

    guideline: Guideline
    read: Guideline | None  # the latest version that he has read; None: none yet
    pieces: Sequence[Piece] = ()
    added: int = 0
    removed: int = 0

    @property
    def is_read(self) -> bool:
        return self.read is not None and self.read.pk == self.guideline.pk


def guideline_shown(*, project: Project, user: User) -> GuidelineShown | None:
    """None before the first version is written. Two queries."""
    guideline = guideline_current(project=project)
    if guideline is None:
        return None
    readings = GuidelineReading.objects.filter(reader=user, guideline__project=project)
    reading = readings.select_related("guideline").order_by("-guideline__version").first()
    if reading is None or reading.guideline_id == guideline.pk:
        return GuidelineShown(guideline, reading.guideline if reading else None)
    pieces = word_diff(reading.guideline.text, guideline.text)
    added, removed = words_changed(pieces)
    return GuidelineShown(guideline, reading.guideline, pieces, added, removed)


def guideline_is_new(*, project: Project, user: User) -> int | None:
    """The version that was written since the person last read one; None: nothing new, or never read any."""
    current = project.guidelines.order_by("-version").values_list("version", flat=True).first()
    read = GuidelineReading.objects.filter(reader=user, guideline__project=project)
    latest = read.order_by("-guideline__version").values_list("guideline__version", flat=True).first()
    return current if current is not None and latest is not None and latest < current else None


def examples_of(*, project: Project, guideline: Guideline) -> list[LabelHelp]:
    """Examples and counter-examples that the guideline gives for the labels of the current schema."""
    config = config_of(schema_current(project=project))
    words = {label_words(config, label): label for label in config.classes}
    return label_help(guideline.text, [*words, *(label for label in config.classes if label not in words)])


def threads_of(*, user: User) -> QuerySet[Thread]:
    """The person's own questions, the ones with news first."""
    unread = Comment.objects.filter(thread=OuterRef("pk"), read_at=None).exclude(author=user)
    mine = Thread.objects.filter(asked_by=user, item__queue__in=queues_workable_by(user=user))
    shown = mine.annotate(has_news=Exists(unread)).select_related("item__queue__project").prefetch_related("comments")
    return shown.order_by("-has_news", "-created_at", "-pk")


def thread_on(*, item: Item, user: User) -> Thread | None:
    """What the person asked about the item."""
    return Thread.objects.filter(item=item, asked_by=user).prefetch_related("comments").first()


def replies_unread(*, user: User) -> int:
    """How many replies the person has not seen."""
    return Comment.objects.filter(thread__asked_by=user, read_at=None).exclude(author=user).count()


def threads_answerable_by(*, user: User) -> QuerySet[Thread]:
    """Questions that the person may answer, those that wait first. The only way an adjudicator reaches a thread.

    Not his own, and not about items that he may still get as a reviewer, or has: a question can tell its asker's mind.
    """
    last = Comment.objects.filter(thread=OuterRef("pk")).order_by("-created_at", "-pk")
    named = QueueMember.objects.filter(queue=OuterRef("item__queue"), user=user)
    answers_there = Q(item__state=Item.State.OPEN) & Exists(named)
    threads = Thread.objects.filter(item__queue__in=queues_adjudicable_by(user=user)).exclude(asked_by=user)
    threads = threads.exclude(answers_there).alias(last_author=Subquery(last.values("author")[:1]))
    is_waiting = ExpressionWrapper(Q(last_author=F("asked_by")), output_field=BooleanField())
    shown = threads.annotate(is_waiting=is_waiting, last_at=Subquery(last.values("created_at")[:1]))
    shown = shown.select_related("item__queue__project", "item__schema", "asked_by")
    return shown.prefetch_related("comments__author").order_by("-is_waiting", "last_at", "pk")


def threads_waiting(*, user: User) -> QuerySet[Thread]:
    """Of those, whose last word is the asker's."""
    return threads_answerable_by(user=user).filter(is_waiting=True)  # type: ignore[misc]  # annotated there


def my_answers_found(*, queue: Queue, user: User, words: str) -> QuerySet[Annotation]:
    """The person's own answers in the queue that hold the words in item, answer or note; newest first."""
    mine = Annotation.objects.filter(reviewer=user, item__queue=queue).select_related("item", "schema")
    found = Q(item__search_text__icontains=words) | Q(label__icontains=words) | Q(note__icontains=words)
    return (mine.filter(found) if words else mine).order_by("-created_at", "-pk")
