"""A person's own figures: today, speed, and how often his answers were the settled ones."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from statistics import median
from typing import TypeVar

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.selectors import preferences_of
from apps.accounts.shifts import Shift, shift_of
from apps.consensus.models import Consensus, KnownDay
from apps.consensus.services.honeypots import known_latest
from apps.core import figures
from apps.evaluation.algorithms.metrics import wilson
from apps.labeling.models import AgreementDay, Annotation
from apps.queues.models import Item

Day = TypeVar("Day", AgreementDay, KnownDay)
ENOUGH = 20  # answers or items below which a figure says more about chance
WINDOW = 200  # of the latest ones
# Shares of known items from which on the words are warm, and friendly; a queue's own levels are for managers.
_KNOWN_GOOD, _KNOWN_FAIR = 0.9, 0.75


@dataclass(frozen=True)
class Pace:
    """What a person's start page says about his own work; None where there is too little of it."""

    today: int
    goal: int | None
    seconds: float | None  # median of an answer
    agreement: AgreementDay | None
    known: KnownDay | None
    shift: Shift | None
    now: datetime

    @property
    def agreed(self) -> float:
        return self.agreement.n_agreed / self.agreement.n_items if self.agreement else 0.0

    @property
    def agreed_between(self) -> tuple[float, float]:
        """The 95 % interval of `agreed`."""
        return wilson(self.agreement.n_agreed, self.agreement.n_items) if self.agreement else (0.0, 1.0)

    @property
    def known_between(self) -> tuple[float, float]:
        """The 95 % interval of the share of known items that he had right."""
        return wilson(self.known.n_right, self.known.n_items) if self.known else (0.0, 1.0)

    @property
    def known_words(self) -> str:
        """What to make of it, kindly."""
        share = self.known.n_right / self.known.n_items if self.known else 0.0
        if share >= _KNOWN_GOOD:
            return _("What you say can be built on. Thank you.")
        if share >= _KNOWN_FAIR:
            return _("Mostly right. Where you hesitate, the guideline is one key away.")
        return _(
            "Some came out otherwise. Have a look at the guideline, or ask an adjudicator; that is what they are for."
        )

    @property
    def is_reached(self) -> bool:
        return self.goal is not None and self.today >= self.goal

    @property
    def is_on_shift(self) -> bool:
        return self.shift is not None and self.shift.is_on(self.now)

    @property
    def shift_left(self) -> str:
        """In words; of a shift that has not begun, how long it will be."""
        return figures.span(self.shift.left(self.now).total_seconds()) if self.shift else ""

    @property
    def shift_done(self) -> int:
        """Per cent of the shift that are over."""
        return round(100 - 100 * (self.shift.left(self.now) / self.shift.length)) if self.shift else 0

    @property
    def to_go(self) -> int:
        return max((self.goal or 0) - self.today, 0)

    @property
    def needed_an_hour(self) -> int:
        """How many answers an hour reach the aim by the end of the shift; 0 where there is nothing to say of it."""
        left = self.shift.left(self.now) if self.shift else timedelta()
        return ceil(self.to_go / (left / timedelta(hours=1))) if left > timedelta(minutes=5) else 0


def pace_of(*, user: User, now: datetime) -> Pace:
    """Four queries, whatever the person has done, where he came with his preferences."""
    chosen = preferences_of(user=user)
    shift = shift_of(chosen, now=now)
    begun = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    if shift is not None and shift.is_on(now):
        begun = min(begun, shift.begins_at)  # a night's work is one day's
    mine = _answers(user)
    durations = list(mine.order_by("-created_at").values_list("duration_ms", flat=True)[:WINDOW])
    return Pace(
        today=mine.filter(created_at__gte=begun).count(),
        goal=chosen.daily_goal,
        seconds=median(durations) / 1000 if len(durations) >= ENOUGH else None,
        agreement=AgreementDay.objects.filter(reviewer=user).order_by("-day").first(),
        known=KnownDay.objects.filter(reviewer=user).order_by("-day").first(),
        shift=shift,
        now=now,
    )


def _answers(user: User) -> QuerySet[Annotation]:
    return Annotation.objects.filter(reviewer=user, status=Annotation.Status.CURRENT, source=Annotation.Source.HUMAN)


@transaction.atomic
def agreement_day_update(*, reviewer: User, now: datetime) -> AgreementDay | None:
    """Count anew how often the person's answers were the settled ones, over the last 200 settled items.

    At most once a day, over at least 20 items, and only when at least 20 were settled since the last count: so no
    change of the figure tells of a single item. None: nothing new is shown.
    """
    return _day_update(AgreementDay, "n_agreed", lambda: _settled(reviewer), reviewer=reviewer, now=now)


@transaction.atomic
def known_day_update(*, reviewer: User, now: datetime) -> KnownDay | None:
    """Count anew how often the person was right on known items, over his last 200, by the same rule."""
    return _day_update(
        KnownDay, "n_right", lambda: known_latest(reviewer=reviewer, limit=WINDOW), reviewer=reviewer, now=now
    )


def _day_update(
    model: type[Day], field: str, read: Callable[[], list[tuple[bool, datetime]]], *, reviewer: User, now: datetime
) -> Day | None:
    """A row for today, of what `read` finds: whether each item speaks for the person, and since when it can."""
    today = timezone.localtime(now).date()
    days = model._default_manager.filter(reviewer=reviewer)
    last = days.order_by("-day").first()
    if last is not None and last.day >= today:
        return None
    found = read()
    if sum(last is None or at > last.counted_until for _good, at in found) < ENOUGH:
        return None
    counted = {
        "n_items": len(found),
        field: sum(good for good, _at in found),
        "counted_until": max(at for _good, at in found),
    }
    day, is_new = days.get_or_create(reviewer=reviewer, day=today, defaults=counted)
    return day if is_new else None


def _settled(reviewer: User) -> list[tuple[bool, datetime]]:
    """Whether his label was the settled one, and when it was settled, latest first."""
    voted = _answers(reviewer).exclude(label="").filter(item__state=Item.State.SETTLED)
    sure = voted.filter(item__consensus__state__in=Consensus.SURE)
    rows = sure.exclude(item__consensus__label="").order_by("-item__settled_at", "-pk")
    found = rows.values_list("label", "item__consensus__label", "item__settled_at")[:WINDOW]
    return [(own == common, at) for own, common, at in found if at is not None]


def days_update(*, now: datetime) -> int:
    """For everybody who answers. Returns how many figures are new; each is a transaction of its own."""
    people = User.objects.filter(is_active=True, is_simulated=False)
    people = people.filter(pk__in=Annotation.objects.filter(source=Annotation.Source.HUMAN).values("reviewer"))
    return sum(
        update(reviewer=person, now=now) is not None
        for person in people.iterator()
        for update in (agreement_day_update, known_day_update)
    )
