"""What managers see of people in a queue that mixes in known items: who is how good, who is paused or left out."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from apps.accounts.models import User
from apps.consensus.algorithms.accuracy import AccuracyPosterior, accuracy_posterior
from apps.consensus.models import KnownVerdict, QualificationRound
from apps.consensus.services.exclusions import items_to_recompute
from apps.consensus.services.honeypots import HoneypotRecord, honeypot_records
from apps.console.quality_figures import Vote
from apps.labeling.models import Annotation
from apps.labeling.widgets import answer_words
from apps.projects.labelling import config_of
from apps.projects.models import Project
from apps.projects.selectors import schema_current
from apps.queues.models import Item, Queue, ReviewerAdmission, ReviewerExclusion, ReviewerPause
from apps.queues.selectors import reviewer_ids


@dataclass(frozen=True)
class QueueStanding:
    """One person in one queue."""

    queue: Queue
    person: User
    record: HoneypotRecord
    settled: AccuracyPosterior  # by what ordinary items settled on
    pause: ReviewerPause | None
    exclusion: ReviewerExclusion | None
    n_stale: int  # items that are still to be recomputed

    @property
    def known(self) -> AccuracyPosterior:
        return accuracy_posterior(self.record.n_right, self.record.n)

    @property
    def has_known(self) -> bool:
        return self.record.n > 0 or self.queue.honeypot_share > 0

    @property
    def run(self) -> list[dict[str, Any]]:
        """The test's evidence after each known item, for a line chart."""
        return [{"x": str(at), "y": value, "n": at} for at, value in enumerate(self.record.path, start=1)]

    @property
    def evidence(self) -> tuple[float, float]:
        """What there is now, and what pauses."""
        return self.record.evidence, self.record.test.limit


def standings_of(*, person: User, queues: Iterable[Queue], votes: Sequence[Vote]) -> list[QueueStanding]:
    """The person in each queue where he answered. `votes`: his latest ones in the project. Some queries a queue."""
    answered = Annotation.objects.filter(reviewer=person, status=Annotation.Status.CURRENT)
    here = set(answered.order_by().values_list("item__queue", flat=True).distinct())
    return [each for queue in queues if queue.pk in here for each in _standings(queue, [person], votes)]


def _standings(queue: Queue, people: Sequence[User], votes: Sequence[Vote] = ()) -> list[QueueStanding]:
    """Several people in one queue. Four queries, and two for each person whose answers were ever left out."""
    records = honeypot_records(queue=queue, reviewers=[person.pk for person in people])
    paused = ReviewerPause.objects.filter(queue=queue, reviewer__in=people, ended_at=None).select_related("started_by")
    pauses = {row.reviewer_id: row for row in paused}
    left_out = ReviewerExclusion.objects.filter(queue=queue, reviewer__in=people).select_related("started_by")
    exclusions = {row.reviewer_id: row for row in left_out if row.ended_at is None}
    ever_out = {row.reviewer_id for row in left_out}
    judged: dict[UUID, list[bool]] = defaultdict(list)
    for vote in votes:
        if vote.queue_id == queue.pk and vote.settled:
            judged[vote.reviewer_id].append(vote.label == vote.settled)
    return [
        QueueStanding(
            queue=queue,
            person=person,
            record=records[person.pk],
            settled=accuracy_posterior(sum(judged[person.pk]), len(judged[person.pk])),
            pause=pauses.get(person.pk),
            exclusion=exclusions.get(person.pk),
            n_stale=items_to_recompute(queue=queue, reviewer=person).count() if person.pk in ever_out else 0,
        )
        for person in people
    ]


def held_people(*, project: Project) -> QuerySet[ReviewerPause]:
    """Who is paused now in any queue of the project, the longest first."""
    paused = ReviewerPause.objects.filter(queue__project=project, ended_at__isnull=True)
    return paused.select_related("queue", "reviewer", "started_by").order_by("started_at", "pk")


def left_out_people(*, project: Project) -> QuerySet[ReviewerExclusion]:
    """Whose answers count for nothing now in any queue of the project."""
    out = ReviewerExclusion.objects.filter(queue__project=project, ended_at__isnull=True)
    return out.select_related("queue", "reviewer", "started_by").order_by("started_at", "pk")


@dataclass(frozen=True)
class KnownItem:
    """A honeypot with how its answers came out: many wrong ones can mean that the known answer is."""

    item: Item
    n: int
    n_right: int

    @property
    def words(self) -> str:
        """The known answer."""
        return answer_words(config_of(self.item.schema), self.item.known_answer.result)

    @property
    def is_doubtful(self) -> bool:
        """Wrong for most of at least five people."""
        return self.n >= 5 and self.n_right * 2 < self.n


def known_items(*, queue: Queue) -> list[KnownItem]:
    """The queue's honeypots, the most often missed first. Two queries."""
    rows: Any = queue.items.filter(state=Item.State.HONEYPOT).select_related("known_answer", "schema")
    verdicts = KnownVerdict.objects.counted().filter(queue=queue).order_by().values_list("annotation__item")
    told = verdicts.annotate(n=Count("pk"), n_right=Count("pk", filter=Q(is_right=True)))
    counts = {item_id: (n, n_right) for item_id, n, n_right in told}
    found = [KnownItem(row, *counts.get(row.pk, (0, 0))) for row in rows]
    return sorted(found, key=lambda one: (one.n_right - one.n, one.item.search_text))


def labels_of(found: Sequence[KnownItem]) -> list[tuple[str, int]]:
    """How many there are of each label, the commonest first; of questions with fixed answers."""
    counts: dict[str, int] = defaultdict(int)
    for one in (each for each in found if config_of(each.item.schema).classes):
        counts[one.item.known_answer.label] += 1
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def n_resting(*, queue: Queue) -> int:
    """Honeypots under older labels, which are given to nobody."""
    current = schema_current(project=queue.project)
    return queue.items.filter(state=Item.State.HONEYPOT).exclude(schema=current).count()


@dataclass(frozen=True)
class Newcomer:
    """Somebody who works in a queue that asks for a qualification."""

    person: User
    admission: ReviewerAdmission | None
    rounds: Sequence[QualificationRound]  # with `n_right` and `n_items`


def newcomers(*, queue: Queue) -> list[Newcomer]:
    """Everybody who works in the queue, those who are not in yet first. Empty where nothing is asked. Four queries."""
    if not queue.qualification_items:
        return []
    people = User.objects.filter(pk__in=reviewer_ids(queue=queue)).order_by("name", "email")
    rows = queue.revieweradmissions.filter(ended_at=None).select_related("started_by")
    admitted = {row.reviewer_id: row for row in rows}
    rounds = defaultdict(list)
    counted = queue.qualification_rounds.annotate(
        n_items=Count("answers", filter=Q(answers__is_void=False)),
        n_right=Count("answers", filter=Q(answers__is_void=False, answers__is_right=True)),
    )
    for each in counted.order_by("number"):
        rounds[each.reviewer_id].append(each)
    found = [Newcomer(person, admitted.get(person.pk), rounds[person.pk]) for person in people]
    return sorted(found, key=lambda one: one.admission is not None)


def people_tested(*, queue: Queue) -> list[QueueStanding]:
    """Everybody with an answer to a known item, a pause or an exclusion here, those with most evidence first."""
    given = KnownVerdict.objects.counted().filter(queue=queue)
    ids: set[UUID] = set(given.order_by().values_list("reviewer", flat=True).distinct())
    for model in (ReviewerPause, ReviewerExclusion):
        ids |= set(model._default_manager.filter(queue=queue, ended_at=None).values_list("reviewer", flat=True))
    found = _standings(queue, list(User.objects.filter(pk__in=ids)))
    return sorted(found, key=lambda one: (one.pause is None, -one.record.evidence, str(one.person)))
