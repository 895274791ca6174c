"""Finding items by what is known of them, without telling a reviewer among the managers what he may not know."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import DateTimeField, Exists, F, FloatField, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.consensus.services.comparisons import items_won
from apps.console.forms_items import AGES, LATE, RESTING_STATE, UNDECIDED_STATE
from apps.console.keyset import Order, moment, number
from apps.console.queue_figures import UNDECIDED, late_items
from apps.intake.models import Escalation
from apps.labeling.models import Annotation
from apps.labeling.suggestions import independent
from apps.projects.models import Project
from apps.queues.models import Item
from apps.queues.selectors import items_of_project, queues_workable_by
from apps.queues.selectors_budget import RESTING

_NEVER = datetime(9999, 1, 1, tzinfo=UTC)
_NO_CONFIDENCE_LAST = Value(2.0, output_field=FloatField())
_NO_CONFIDENCE_LOW = Value(-1.0, output_field=FloatField())

# The first one is what the page shows unless told otherwise.
ORDERS: dict[str, Order] = {
    "newest": Order(_("newest first"), F("enqueued_at"), True, moment),
    "oldest": Order(_("oldest first"), F("enqueued_at"), False, moment),
    "queue": Order(_("the queue’s order"), F("sort_key"), True, number),
    "due": Order(_("due first"), Coalesce("due_at", Value(_NEVER), output_field=DateTimeField()), False, moment),
    "unsure": Order(_("least sure first"), Coalesce("consensus__confidence", _NO_CONFIDENCE_LAST), False, number),
    "sure": Order(_("surest first"), Coalesce("consensus__confidence", _NO_CONFIDENCE_LOW), True, number),
}
# What is found or sorted by votes or by the model's doubt would tell them.
_STATES = {UNDECIDED_STATE: UNDECIDED, RESTING_STATE: RESTING & Q(queue__label_budget__isnull=False)}
_TELLING = (
    *("label", "answered", "reviewer", "differs", "first_from", "first_to", "preferred"),
    *("confidence_from", "confidence_to", "audit"),
)
_BLIND = ("answered", "differs", "first_from", "first_to")  # compared as in the figures that lead here
_TELLING_ORDERS = ("queue", "unsure", "sure")


def queues_hidden_from(*, user: User, project: Project) -> set[UUID]:
    """Queues in which the person answers himself: undecided items there show him neither votes nor scores."""
    return set(queues_workable_by(user=user).filter(project=project).values_list("pk", flat=True))


def items_found(*, project: Project, wanted: Mapping[str, Any], hidden: set[UUID], now: datetime) -> QuerySet[Item]:
    """The project's items that fit the filters of a valid `ItemFilterForm`.

    Args:
        hidden: `queues_hidden_from` the person who asks; where the filters or the order would tell what is hidden,
            undecided items of these queues are left out.
    """
    rows = items_of_project(project=project).select_related("queue", "trace", "consensus", "schema")
    rows = rows.filter(*_plain(wanted), *_by_votes(wanted), *_by_age(wanted, now=now))
    if wanted.get("preferred"):
        queue = project.queues.filter(slug=wanted["queue"]).first() if wanted.get("queue") else None
        sides = {"won": wanted["preferred"], "lost": wanted["over"]}
        rows = rows.filter(pk__in=items_won(project=project, control=wanted["question"], queue=queue, **sides))
    if reason := wanted.get("reason"):
        asked = Escalation.objects.filter(trace=OuterRef("trace"))
        rows = rows.filter(Exists(asked if reason == "any" else asked.filter(reason__code=reason)), severity__gt=0)
    is_telling = any(wanted.get(name) not in (None, "") for name in _TELLING) or wanted.get("sort") in _TELLING_ORDERS
    if hidden and (is_telling or wanted.get("state") == RESTING_STATE):
        rows = rows.exclude(queue__in=hidden, state=Item.State.OPEN)
    return rows


def _plain(wanted: Mapping[str, Any]) -> list[Q]:
    found = []
    if text := wanted.get("q"):
        found.append(Q(search_text__icontains=text) | Q(source_key__startswith=text))
    if wanted.get("queue"):
        found.append(Q(queue__slug=wanted["queue"]))
    if state := wanted.get("state"):
        found.append(_STATES.get(state) or Q(state=state))
    if wanted.get("audit"):
        found.append(Q(is_audit=wanted["audit"] == "yes"))
    return found


def _by_votes(wanted: Mapping[str, Any]) -> list[Q]:
    found = []
    if wanted.get("label"):
        found.append(Q(consensus__label=wanted["label"]))
    if wanted.get("confidence_from") is not None:
        found.append(Q(consensus__confidence__gte=wanted["confidence_from"]))
    if wanted.get("confidence_to") is not None:
        found.append(Q(consensus__confidence__lte=wanted["confidence_to"]))
    if wanted.get("reviewer") or any(wanted.get(name) for name in _BLIND):
        found += _in_time(_answers(wanted), wanted.get("first_from"), wanted.get("first_to"))
    return found


def _in_time(answers: QuerySet[Annotation], start: date | None, end: date | None) -> list[Q]:
    """Whether the first of an item's answers that fit was given in these days, both included, in UTC."""
    until = answers if end is None else answers.filter(created_at__lt=_midnight(end + timedelta(days=1)))
    if start is None:
        return [Q(Exists(until))]
    before = answers.filter(created_at__lt=_midnight(start))
    return [Q(Exists(until.filter(created_at__gte=_midnight(start)))), ~Q(Exists(before))]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


def _answers(wanted: Mapping[str, Any]) -> QuerySet[Annotation]:
    """An item's answers that fit; whether they were given blind matters where they are compared, as in the figures."""
    answers = Annotation.objects.filter(item=OuterRef("pk"))
    if reviewer := wanted.get("reviewer"):
        answers = answers.filter(reviewer=reviewer)
    if not any(wanted.get(name) for name in _BLIND):
        return answers.filter(status=Annotation.Status.CURRENT)
    answers = answers.filter(independent()).exclude(label="")
    if label := wanted.get("answered"):
        answers = answers.filter(label=label)
    if other := wanted.get("differs"):
        theirs = Annotation.objects.filter(independent(), item=OuterRef("item"), reviewer=other).exclude(label="")
        answers = answers.filter(Exists(theirs.exclude(label=OuterRef("label"))))
    return answers


def _by_age(wanted: Mapping[str, Any], *, now: datetime) -> list[Q]:
    age = wanted.get("age")
    if age == LATE:
        return [late_items(now=now)]
    return [Q(enqueued_at__lt=now - AGES[age])] if age else []
