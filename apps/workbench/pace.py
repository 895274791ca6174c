"""A person's own figures: today, speed, and how often his answers were the settled ones."""

from dataclasses import dataclass
from datetime import datetime
from statistics import median

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.selectors import preferences_of
from apps.consensus.models import Consensus
from apps.evaluation.algorithms.metrics import wilson
from apps.labeling.models import AgreementDay, Annotation
from apps.queues.models import Item

ENOUGH = 20  # answers or items below which a figure says more about chance
WINDOW = 200  # of the latest ones


@dataclass(frozen=True)
class Pace:
    """What a person's start page says about his own work; None where there is too little of it."""

    today: int
    goal: int | None
    seconds: float | None  # median of an answer
    agreement: AgreementDay | None

    @property
    def agreed(self) -> float:
        return self.agreement.n_agreed / self.agreement.n_items if self.agreement else 0.0

    @property
    def agreed_between(self) -> tuple[float, float]:
        """The 95 % interval of `agreed`."""
        return wilson(self.agreement.n_agreed, self.agreement.n_items) if self.agreement else (0.0, 1.0)

    @property
    def is_reached(self) -> bool:
        return self.goal is not None and self.today >= self.goal


def pace_of(*, user: User, now: datetime) -> Pace:
    """Three queries, whatever the person has done, where he came with his preferences."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    mine = _answers(user)
    durations = list(mine.order_by("-created_at").values_list("duration_ms", flat=True)[:WINDOW])
    return Pace(
        today=mine.filter(created_at__gte=midnight).count(),
        goal=preferences_of(user=user).daily_goal,
        seconds=median(durations) / 1000 if len(durations) >= ENOUGH else None,
        agreement=AgreementDay.objects.filter(reviewer=user).order_by("-day").first(),
    )


def _answers(user: User) -> QuerySet[Annotation]:
    return Annotation.objects.filter(reviewer=user, status=Annotation.Status.CURRENT, source=Annotation.Source.HUMAN)


@transaction.atomic
def agreement_day_update(*, reviewer: User, now: datetime) -> AgreementDay | None:
    """Count anew how often the person's answers were the settled ones, over the last 200 settled items.

    At most once a day, over at least 20 items, and only when at least 20 were settled since the last count: so no
    change of the figure tells of a single item. None: nothing new is shown.
    """
    today = timezone.localtime(now).date()
    last = AgreementDay.objects.filter(reviewer=reviewer).order_by("-day").first()
    if last is not None and last.day >= today:
        return None
    settled = _settled(reviewer)
    fresh = [row for row in settled if last is None or row[2] > last.counted_until]
    if len(fresh) < ENOUGH:
        return None
    day, is_new = AgreementDay.objects.get_or_create(
        reviewer=reviewer,
        day=today,
        defaults={
            "n_items": len(settled),
            "n_agreed": sum(own == common for own, common, _at in settled),
            "counted_until": max(at for _own, _common, at in settled),
        },
    )
    return day if is_new else None


def _settled(reviewer: User) -> list[tuple[str, str, datetime]]:
    """(own label, settled label, when it was settled), latest first."""
    voted = _answers(reviewer).exclude(label="").filter(item__state=Item.State.SETTLED)
    sure = voted.filter(item__consensus__state__in=[Consensus.State.SETTLED, Consensus.State.ADJUDICATED])
    rows = sure.exclude(item__consensus__label="").order_by("-item__settled_at", "-pk")
    found = rows.values_list("label", "item__consensus__label", "item__settled_at")[:WINDOW]
    return [(own, common, at) for own, common, at in found if at is not None]


def agreement_days_update(*, now: datetime) -> int:
    """For everybody who answers. Returns how many figures are new; each person's is a transaction of its own."""
    people = User.objects.filter(is_active=True, is_simulated=False)
    people = people.filter(pk__in=Annotation.objects.filter(source=Annotation.Source.HUMAN).values("reviewer"))
    return sum(agreement_day_update(reviewer=person, now=now) is not None for person in people.iterator())
