"""What came in, in numbers; and whether the loop should run on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.functions import TruncDate
from django.utils.translation import gettext as _

from apps.core import figures
from apps.intake.models import AdversarialUser, Escalation, Signal, Trace
from apps.projects.models import Project

MONTH = timedelta(days=30)
MIN_VALIDATED_A_MONTH = 500
MAX_ADVERSARIAL_SHARE = 0.10
USED_VERDICTS = (Signal.Verdict.CANDIDATE, Signal.Verdict.NEGATIVE)


@dataclass(frozen=True)
class DayCount:
    """Traces that arrived on one day (UTC)."""

    day: date
    count: int
    synthetic: int


@dataclass(frozen=True)
class SignalGroup:
    """Signals of one kind with one verdict by one rule."""

    kind: str
    kind_words: str
    verdict: str
    rule: str
    count: int


@dataclass(frozen=True)
class LoopWarning:
    """Why the loop should not run now. `value` and `limit` are the numbers behind the words."""

    code: str
    words: str
    value: float
    limit: float


def traces_by_day(*, project: Project, now: datetime, days: int = 28) -> list[DayCount]:
    """One entry a day, oldest first, today last, days without traces included. One query."""
    first = (now - timedelta(days=days - 1)).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = (
        Trace.objects.filter(project=project, received_at__gte=first)
        .annotate(day=TruncDate("received_at"))
        .values("day")
        .annotate(count=Count("pk"), synthetic=Count("pk", filter=Q(origin="synthetic")))
    )
    found = {row["day"]: DayCount(row["day"], row["count"], row["synthetic"]) for row in rows}
    every = [first.date() + timedelta(days=offset) for offset in range(days)]
    return [found.get(day, DayCount(day, 0, 0)) for day in every]


def signal_groups(*, project: Project, since: datetime) -> list[SignalGroup]:
    """Counts by kind, verdict and rule, the most frequent kind's first. One query."""
    rows = (
        Signal.objects.filter(project=project, received_at__gte=since)
        .values("kind", "verdict", "rule")
        .annotate(count=Count("pk"))
        .order_by("kind", "-count", "rule")
    )
    names = dict(Signal.Kind.choices)
    return [
        SignalGroup(row["kind"], str(names[row["kind"]]), row["verdict"], row["rule"], row["count"]) for row in rows
    ]


def escalation_counts(*, project: Project, now: datetime) -> dict[str, int]:
    """How many wait, how many of those are late, how many have an answer."""
    waiting = Q(state=Escalation.State.WAITING)
    return Escalation.objects.filter(project=project).aggregate(
        waiting=Count("pk", filter=waiting),
        late=Count("pk", filter=waiting & Q(deadline_at__lt=now)),
        answered=Count("pk", filter=Q(state__in=[Escalation.State.ANSWERED, Escalation.State.CORRECTED])),
    )


def loop_warnings(*, project: Project, now: datetime) -> list[LoopWarning]:
    """Why the loop should not run on the last 30 days' feedback; empty when nothing speaks against it. Two queries."""
    recent = Signal.objects.filter(project=project, received_at__gt=now - MONTH, received_at__lte=now)
    validated = recent.filter(verdict__in=USED_VERDICTS).count()
    return [*_too_little(validated), *_too_adversarial(recent_counts(project=project, now=now))]


def recent_counts(*, project: Project, now: datetime) -> tuple[int, int]:
    """Signals of the last 30 days, and those of them by users now on the adversarial list."""
    listed = AdversarialUser.objects.filter(project=project, user_ref=OuterRef("user_ref"))
    recent = Signal.objects.filter(project=project, received_at__gt=now - MONTH, received_at__lte=now)
    counts = recent.aggregate(all=Count("pk"), adversarial=Count("pk", filter=Exists(listed)))
    return counts["all"], counts["adversarial"]


def _too_little(validated: int) -> list[LoopWarning]:
    if validated >= MIN_VALIDATED_A_MONTH:
        return []
    words = _(
        "%(count)s validated feedback events in 30 days; below %(limit)s a model learns noise. "
        "Wait, or train once a quarter."
    ) % {"count": figures.count(validated), "limit": MIN_VALIDATED_A_MONTH}
    return [LoopWarning("too_little_feedback", words, validated, MIN_VALIDATED_A_MONTH)]


def _too_adversarial(counts: Sequence[int]) -> list[LoopWarning]:
    total, adversarial = counts
    share = adversarial / total if total else 0.0
    if share <= MAX_ADVERSARIAL_SHARE:
        return []
    words = _(
        "%(share)s %% of the feedback of 30 days (%(count)s of %(total)s) comes from adversarial users; "
        "above %(limit)s %% the loop would learn from them. Use automated evaluations."
    ) % {
        "share": f"{100 * share:.1f}",
        "count": figures.count(adversarial),
        "total": figures.count(total),
        "limit": f"{100 * MAX_ADVERSARIAL_SHARE:.0f}",
    }
    return [LoopWarning("too_adversarial", words, share, MAX_ADVERSARIAL_SHARE)]
