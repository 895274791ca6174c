"""Reads about one person in a queue: held, let in, and how many known items come to him unseen."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q

from apps.accounts.models import User
from apps.core.statements import fetch_one
from apps.queues.models import Queue, ReviewerAdmission, ReviewerExclusion, ReviewerPause

_HOLDS = Q(ended_at__isnull=True)


def held_in(*, user: User, queues: Iterable[Queue]) -> set[UUID]:
    """Of these queues, those that give the person nothing until a manager has looked. One query."""
    here = list(queues)
    paused = ReviewerPause.objects.filter(_HOLDS, reviewer=user, queue__in=here).values_list("queue", flat=True)
    left_out = ReviewerExclusion.objects.filter(_HOLDS, reviewer=user, queue__in=here).values_list("queue", flat=True)
    return set(paused.union(left_out))


def is_held(*, user: User, queue: Queue) -> bool:
    """Whether the queue gives the person nothing until a manager has looked. One query."""
    return bool(held_in(user=user, queues=[queue]))


def newcomer_in(*, user: User, queues: Iterable[Queue]) -> set[UUID]:
    """Of these queues, those whose qualification the person still has to pass. One query, where any asks for one."""
    asking = [queue.pk for queue in queues if queue.qualification_items]
    if not asking:
        return set()
    admitted = ReviewerAdmission.objects.filter(_HOLDS, reviewer=user, queue__in=asking).values_list("queue", flat=True)
    return set(asking) - set(admitted)


def honeypots_ahead(*, queue: Queue, user: User, n_left: int) -> int:
    """How many honeypots come to the person before the last of `n_left` other items. No query where there are none."""
    if not queue.honeypot_share or not n_left:
        return 0
    row = fetch_one(
        "SELECT queues_honeypots_ahead(%(queue)s::uuid, %(user)s::uuid, %(n)s::int)",
        {"queue": queue.pk, "user": user.pk, "n": n_left},
    )
    assert row is not None
    return int(row[0])
