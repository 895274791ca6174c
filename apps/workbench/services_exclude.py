"""Leave a person's answers out of a queue's consensus, and put them back; every item they touch is recomputed."""

from datetime import datetime
from functools import partial

from django.db import transaction

from apps.accounts.models import User
from apps.consensus.services import consensus_update, quality_fit
from apps.consensus.services.exclusions import items_to_recompute, settled_recompute
from apps.queues import services as queues
from apps.queues.models import Item, Queue, ReviewerExclusion
from apps.workbench import tasks
from apps.workbench.services_revise import stand_again

Kind = Item.DisputeKind


@transaction.atomic
def reviewer_exclude(*, queue: Queue, reviewer: User, reason: str, by: User, now: datetime) -> ReviewerExclusion:
    """From now on the person's answers here count for nothing; he gets nothing more. They stay, and can be put back.

    Raises:
        InvalidInput: no reason was given.
    """
    made = queues.reviewer_exclusion_begin(queue=queue, reviewer=reviewer, reason=reason, by=by, now=now)
    transaction.on_commit(partial(tasks.exclusion_recompute.delay, str(queue.pk), str(reviewer.pk)))
    return made


@transaction.atomic
def reviewer_include(*, queue: Queue, reviewer: User, by: User, now: datetime) -> ReviewerExclusion:
    """The person's answers count again as before.

    Raises:
        Conflict: they are not left out.
    """
    ended = queues.reviewer_exclusion_end(queue=queue, reviewer=reviewer, by=by, now=now)
    transaction.on_commit(partial(tasks.exclusion_recompute.delay, str(queue.pk), str(reviewer.pk)))
    return ended


def exclusion_recompute(*, queue: Queue, reviewer: User, now: datetime) -> int:
    """Fit the queue anew and recompute what is left to recompute, each item in a transaction of its own.

    A run that was cut off is taken up by the next one. Returns how many items it did.
    """
    waiting = items_to_recompute(queue=queue, reviewer=reviewer)
    if not waiting.exists():
        return 0
    word = ReviewerExclusion.objects.filter(queue=queue, reviewer=reviewer).latest("started_at")
    if queue.quality_fits.exists():
        quality_fit(queue=queue, now=now)
    done = 0
    for item_id in list(waiting.values_list("pk", flat=True)):
        with transaction.atomic():
            _recompute(queues.item_lock(item_id=item_id), word, reviewer=reviewer, now=now)
        done += 1
    return done


def _recompute(item: Item, word: ReviewerExclusion, *, reviewer: User, now: datetime) -> None:
    """As if he had never answered, or as if nothing had been. The caller holds the item's lock."""
    if item.state == Item.State.SETTLED and not _settled_without_him(item, word):
        settled_recompute(item=item, exclusion=word, now=now)
    elif item.state == Item.State.RETIRED or (
        item.state == Item.State.ADJUDICATION and item.dispute_kind in (Kind.ASKED, Kind.TAKEN_BACK)
    ):
        consensus_update(item=item, now=now)
    else:
        if item.state == Item.State.OPEN:
            queues.item_reopen(item=item)  # what his answers made the item ask for is taken back too
        stand_again(item, reviewer=reviewer, now=now)


def _settled_without_him(item: Item, word: ReviewerExclusion) -> bool:
    """Whether the item settled only while his answers did not count, and they count again."""
    return word.ended_at is not None and item.settled_at is not None and item.settled_at >= word.started_at
