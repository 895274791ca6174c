"""Reads of a queue's label budget."""

from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum

from apps.queues.models import Item, LabelSpending, Queue, Review


@dataclass(frozen=True)
class BudgetStanding:
    """A label budget now, in answers; known items are not among them."""

    total: int
    spent: int  # given or being given
    held: int  # of those, being given
    n_resting: int  # unsettled items that have all the answers asked for, and wait until another pays best
    n_asking: int  # answers that may be given now, if the budget allows

    @property
    def left(self) -> int:
        return max(self.total - self.spent, 0)


def labels_left(*, queue: Queue) -> int | None:
    """How many answers may still be begun; None: as many as wanted. No statement where the queue has no budget."""
    if queue.label_budget is None:
        return None
    return max(queue.label_budget - _spent(queue), 0)


def _spent(queue: Queue) -> int:
    return LabelSpending.objects.filter(queue=queue).values_list("spent", flat=True).first() or 0


# Unsettled, with all the answers that were asked for, and could get more: of items of a queue with a budget.
RESTING = Q(state=Item.State.OPEN, open_slots=0, wanted__lt=F("wanted_max")) & ~Exists(
    Review.objects.filter(item=OuterRef("pk"), state=Review.State.LEASED)
)


def items_resting(*, queue: Queue) -> QuerySet[Item]:
    """Its items that wait until another answer pays best."""
    return Item.objects.filter(RESTING, queue=queue)


def budget_standing(*, queue: Queue) -> BudgetStanding | None:
    """None where the queue has no budget. Four queries."""
    if queue.label_budget is None:
        return None
    held = Review.objects.filter(item__queue=queue, state=Review.State.LEASED)
    asking = Item.objects.filter(queue=queue, state=Item.State.OPEN).aggregate(n=Sum("open_slots"))["n"] or 0
    return BudgetStanding(
        total=queue.label_budget,
        spent=_spent(queue),
        held=held.exclude(item__source=Item.Source.HONEYPOT).count(),
        n_resting=items_resting(queue=queue).count(),
        n_asking=asking,
    )


@dataclass(frozen=True)
class Room:
    """How the open slots of a queue stand."""

    n_open: int  # items that are undecided
    n_asking: int  # answers asked for
    n_further: int  # of those, beyond an item's first ones


def room_of(*, queue: Queue) -> Room:
    """One query."""
    further = Q(wanted__gt=queue.overlap_min)
    found = Item.objects.filter(queue=queue, state=Item.State.OPEN).aggregate(
        n=Count("pk"), asking=Sum("open_slots"), further=Sum("open_slots", filter=further)
    )
    return Room(found["n"], found["asking"] or 0, found["further"] or 0)
