"""A queue's label budget: so many answers in all. The database refuses what goes beyond it (`LabelSpending`)."""

from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.models import User
from apps.core.errors import Conflict, InvalidInput
from apps.core.stored import stored
from apps.events.services import event_record
from apps.queues.models import Item, LabelSpending, Queue, Review
from apps.queues.selectors_budget import items_resting, labels_left
from apps.queues.services.slots import answers_of, item_lock, item_to_adjudication, slots_adjust, strand_check

_SPENT = stored("the label budget is spent")
_MOST = 2**31 - 1
_LOCK_NOT_AVAILABLE = "55P03"


def label_budget_check(budget: int | None) -> None:
    """Raises InvalidInput where it cannot be a number of answers."""
    if budget is not None and not 1 <= budget <= _MOST:
        raise InvalidInput(_("A label budget is at least 1 answer; leave it empty for none."), field="label_budget")


def reviews_hold_still(*, queue: Queue) -> bool:
    """Before a queue's first budget: nobody stores an answer until this transaction ends, so that none is missed.

    Call it before any other lock is taken. Whether it was needed: with a spending the answers are counted already.

    Raises:
        Conflict: a long run stores answers just now.
    """
    if LabelSpending.objects.filter(queue=queue).exists():
        return False
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '5s'")
            cursor.execute("LOCK TABLE queues_review IN SHARE MODE")
            cursor.execute("SET LOCAL lock_timeout = DEFAULT")
    except OperationalError as exc:
        if getattr(exc.__cause__, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
            raise
        raise Conflict(_("Many answers are being stored just now. Set the budget again in a minute.")) from exc
    return True


def reviews_will_change() -> None:
    """Before a queue is locked by whoever then ends its leases: a first budget holds all reviews, then the queue.

    Call it before any other lock is taken; it waits for such a budget, and for nothing else.
    """
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE queues_review IN ROW EXCLUSIVE MODE")


def label_budget_set(*, queue: Queue, budget: int | None, is_still: bool) -> None:
    """Set, raise, lower or end the budget. The last lock of the caller's transaction.

    Args:
        is_still: nobody can store an answer now (`reviews_hold_still`), so they can be counted.

    Raises:
        InvalidInput: below what is spent already.
        Conflict: an earlier budget was forgotten at the same moment.
    """
    spending = LabelSpending.objects.select_for_update().filter(queue=queue).first()
    if spending is None and budget is not None:
        if not is_still:
            raise Conflict(_("The earlier budget was being ended just now. Set the budget again."))
        live = Review.objects.filter(item__queue=queue, state__in=[Review.State.LEASED, Review.State.SUBMITTED])
        spent = live.exclude(item__source=Item.Source.HONEYPOT).count()
        spending = LabelSpending.objects.create(queue=queue, spent=spent)
    if budget is not None and spending is not None and budget < spending.spent:
        words = ngettext(
            "%(n)s answer is given or being given already; the budget cannot be lower.",
            "%(n)s answers are given or being given already; the budget cannot be lower.",
            spending.spent,
        )
        raise InvalidInput(words % {"n": spending.spent}, field="label_budget")
    queue.label_budget = budget
    queue.save(update_fields=["label_budget"])


def labels_left_locked(*, queue: Queue) -> int | None:
    """As `labels_left`; nobody else spends any until the transaction ends.

    The spending is else the last lock of a writer: afterwards the caller locks only its own rows, or with SKIP LOCKED.
    """
    if queue.label_budget is not None:
        LabelSpending.objects.select_for_update().filter(queue=queue).first()
    return labels_left(queue=queue)


def item_wake(*, item: Item) -> bool:
    """Ask for one more answer to a resting item. The caller holds its lock. Whether it asks now."""
    answers = answers_of(item)
    is_resting = item.state == Item.State.OPEN and not answers.live and answers.submitted >= item.wanted
    if not is_resting or item.wanted >= item.wanted_max:
        return False
    item.wanted = answers.submitted + 1
    if strand_check(item=item, answers=answers):
        return False
    slots_adjust(item=item, answers=answers)
    return True


@transaction.atomic
def items_give_up_rest(*, queue: Queue, limit: int, by: User) -> int:
    """Let adjudicators decide what rests because the budget is spent, the oldest first. Returns how many went.

    Raises:
        Conflict: there is budget left; it is spent first.
    """
    if labels_left(queue=queue) != 0:
        raise Conflict(_("There are answers left in the budget; these items wait for their turn."))
    oldest = items_resting(queue=queue).order_by("enqueued_at", "pk").values_list("pk", flat=True)[:limit]
    done = 0
    for item_id in sorted(oldest):
        item = item_lock(item_id=item_id)
        answers = answers_of(item)
        if item.state == Item.State.OPEN and not answers.live and answers.submitted >= item.wanted:
            item_to_adjudication(item=item, reason=_SPENT, answers=answers)
            event_record(verb="item.given_up", obj=item, project_id=queue.project_id, actor=by)
            done += 1
    return done


@transaction.atomic
def spending_forget(*, queue: Queue) -> None:
    """The budget was ended and nothing rests any more: the queue is like one that never had any."""
    spending = LabelSpending.objects.select_for_update().filter(queue=queue).first()
    # Read after the spending was locked: whoever sets a budget holds it, and one that he has set stays.
    if spending is not None and Queue.objects.filter(pk=queue.pk, label_budget=None).exists():
        spending.delete()
