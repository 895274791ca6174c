"""What became of the model's guesses that reviewers were shown: how often they are accepted, also the planted ones."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, F, Q

from apps.accounts.models import User
from apps.consensus.models import Consensus
from apps.evaluation.algorithms.metrics import wilson
from apps.labeling.models import Annotation, Suggestion
from apps.queues.models import Queue

# Below so many planted guesses a share says more about chance.
MIN_PLANTED = 20


@dataclass(frozen=True)
class Accepted:
    """How many of so many guesses were left as they were."""

    n_accepted: int
    n: int

    @property
    def share(self) -> float | None:
        return self.n_accepted / self.n if self.n else None

    @property
    def low(self) -> float:
        return wilson(self.n_accepted, self.n)[0]

    @property
    def high(self) -> float:
        return wilson(self.n_accepted, self.n)[1]


@dataclass(frozen=True)
class AssistanceRow:
    """One reviewer, or all together (`reviewer` None)."""

    reviewer: User | None
    planted: Accepted  # wrong on purpose
    honest: Accepted


@dataclass(frozen=True)
class AssistanceFigures:
    """`rows`: each reviewer, who accepts most of what is wrong first. `kept`, `changed`: after an own answer."""

    total: AssistanceRow
    rows: list[AssistanceRow]
    kept: int
    changed: int
    n_batch: int
    minimum: int = MIN_PLANTED

    @property
    def n_seen(self) -> int:
        return self.kept + self.changed


def assistance_figures(*, queue: Queue, but: User | None) -> AssistanceFigures | None:
    """None for a queue in which nobody has answered beside a guess. Three queries.

    A planted guess that its item has settled on turned out to be right and is left out.

    Args:
        but: somebody who reviews here and looks: without his own row nothing tells him which of his were planted.
    """
    rows = Annotation.objects.filter(item__queue=queue, status=Annotation.Status.CURRENT)
    rows = rows.filter(assistance__in=[Annotation.Assistance.ACCEPTED, Annotation.Assistance.CHANGED])
    turned_out_right = Q(suggestion__is_wrong=True, item__consensus__state__in=Consensus.SURE) & Q(
        item__consensus__label=F("suggestion__label")
    )
    rows = rows.exclude(turned_out_right) if but is None else rows.exclude(turned_out_right | Q(reviewer=but))
    seen = _outcomes(queue)
    counted: dict[tuple[UUID, bool], Accepted] = {}
    n_batch = 0
    told = rows.values_list("reviewer", "suggestion__is_wrong").annotate(
        n=Count("pk"), accepted=Count("pk", filter=Q(assistance="accepted")), batch=Count("pk", filter=Q(is_batch=True))
    )
    for reviewer, is_wrong, n, accepted, batch in told:
        counted[reviewer, is_wrong] = Accepted(accepted, n)
        n_batch += batch
    if not counted and not seen:
        return None
    people = User.objects.in_bulk({reviewer for reviewer, _ in counted})
    found = [_row(person, counted) for person in people.values()]
    found.sort(key=lambda row: (-(row.planted.share or 0.0), -row.planted.n, str(row.reviewer)))
    return AssistanceFigures(
        AssistanceRow(None, _sum(row.planted for row in found), _sum(row.honest for row in found)),
        found,
        seen[Suggestion.Outcome.KEPT],
        seen[Suggestion.Outcome.CHANGED],
        n_batch,
    )


def _row(person: User, counted: dict[tuple[UUID, bool], Accepted]) -> AssistanceRow:
    none = Accepted(0, 0)
    return AssistanceRow(person, counted.get((person.pk, True), none), counted.get((person.pk, False), none))


def _sum(each: Iterable[Accepted]) -> Accepted:
    rows = list(each)
    return Accepted(sum(row.n_accepted for row in rows), sum(row.n for row in rows))


def _outcomes(queue: Queue) -> Counter[str]:
    """After an own answer: how often it was kept, and how often changed."""
    seen = Suggestion.objects.filter(item__queue=queue).exclude(outcome="")
    return Counter(dict(seen.order_by().values_list("outcome").annotate(n=Count("pk"))))
