"""Whose answer is asked for next, where the first ones left an item open."""

import random
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import numpy as np

from apps.consensus.algorithms.overlap import information, worth_asking
from apps.consensus.services.facts import Facts, skills_known
from apps.queues.models import Item
from apps.queues.services import item_ask, reviewers_at_work

_CHANCE = random.SystemRandom()


def best_ask(*, item: Item, facts: Facts, now: datetime, rng: random.Random = _CHANCE) -> UUID | None:
    """Keep an item that wants more than the first answers for somebody whose answer tells most.

    None, and everybody may take it: where the queue does not choose, a deadline runs, or the people at work differ too
    little for a choice. The caller holds the item's lock.
    """
    queue = item.queue
    wants_more = item.state == Item.State.OPEN and item.open_slots > 0 and item.wanted > queue.overlap_min
    if not queue.asks_best or not wants_more or item.due_at is not None or facts.fit_id is None:
        return None
    if item.reserved_for_id is not None:
        return item.reserved_for_id
    good = _worth(reviewers_at_work(item=item, now=now), fit_id=facts.fit_id)
    if not good:
        return None
    chosen = rng.choice(good)
    item_ask(item=item, reviewer_id=chosen, now=now)
    return chosen


def _worth(reviewers: Sequence[UUID], *, fit_id: UUID) -> list[UUID]:
    """Those about as good as the best of them; empty where that is all of them, or nobody is known."""
    skills = {each: skills_known(fit_id, each).get("", {}).get("confusion") for each in reviewers}
    known = [each for each, confusion in skills.items() if confusion is not None]
    if not known:
        return []
    told = information(np.stack([skills[each] for each in known]))
    is_good = worth_asking(told, item=np.zeros(len(known), dtype=np.int64))
    good = [each for each, is_one in zip(known, is_good, strict=True) if is_one]
    return good if len(good) < len(reviewers) else []
