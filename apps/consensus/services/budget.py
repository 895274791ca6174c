"""Where the next answers of a queue's label budget do most."""

import random
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from apps.consensus.algorithms.overlap import BATCH, in_order_of_gain
from apps.consensus.models import QualityFit
from apps.consensus.services.asking import best_ask
from apps.consensus.services.facts import item_facts
from apps.consensus.services.kinds import is_single
from apps.core.db import advisory_lock_try
from apps.projects.labelling import LabellingConfig, config_of
from apps.projects.selectors import schema_current
from apps.queues.models import Queue
from apps.queues.selectors_budget import items_resting, labels_left, room_of
from apps.queues.services import item_lock, item_wake, spending_forget

# So many are open at a time at least, so that nobody waits for the next look; and at most, so that the look is short.
FEWEST, MOST = 20, 500
# Expected of whoever answers next, before there is a fit.
_ACCURACY = 0.8


@transaction.atomic
def labels_allot(*, queue: Queue, now: datetime, seed: int | None = None) -> int:
    """Ask one more answer each to those resting items whose chance of a right label is expected to rise most.

    A few at a time: what comes in changes what pays. What is asked for already comes out of the budget first. Where the
    budget was ended, everything that rests goes on. Returns how many items ask again; of two calls at once one does
    nothing.
    """
    if not advisory_lock_try(f"labels-allot:{queue.pk}"):
        return 0
    queue = Queue.objects.select_related("project").get(pk=queue.pk)
    left = labels_left(queue=queue)
    if left is None:
        return _rest_ends(queue, now)
    room = room_of(queue=queue)
    at_once = min(max(FEWEST, round(BATCH * room.n_open)), MOST)
    n = min(at_once - room.n_further, left - room.n_asking)
    return 0 if n <= 0 else _wake(_most_gainful(queue, np.random.default_rng(seed))[:n], now)


def _rest_ends(queue: Queue, now: datetime) -> int:
    resting = list(items_resting(queue=queue).order_by("pk").values_list("pk", flat=True)[:MOST])
    if not resting:
        spending_forget(queue=queue)
    return _wake(resting, now)


def _wake(items: Sequence[UUID], now: datetime) -> int:
    done = 0
    for item_id in sorted(items):  # in the order of their ids, as whoever locks several must
        item = item_lock(item_id=item_id)
        if item_wake(item=item):
            best_ask(item=item, facts=item_facts(item=item), now=now, rng=random.SystemRandom())
            done += 1
    return done


def _most_gainful(queue: Queue, rng: np.random.Generator) -> list[UUID]:
    columns = ("pk", "wanted", "wanted_max", "consensus__posterior", "consensus__confidence")
    rows = list(items_resting(queue=queue).values_list(*columns))
    if not rows:
        return []
    config = config_of(schema_current(project=queue.project))
    fit = QualityFit.objects.filter(queue=queue).order_by("-created_at").first()
    posterior = np.array([_leaders(config, shares or {}, sure or 0.0) for _pk, _n, _max, shares, sure in rows])
    order = in_order_of_gain(
        _widened(posterior, config),
        accuracy=_ACCURACY if fit is None else fit.pooled_accuracy,
        left=np.array([most - wanted for _pk, wanted, most, _shares, _sure in rows], dtype=np.int64),
        rng=rng,
    )
    return [rows[index][0] for index in order]


def _leaders(config: LabellingConfig, shares: dict[str, float], confidence: float) -> tuple[float, float]:
    """Probabilities of the two labels that lead; of several parts, that the least sure one is right or wrong."""
    if is_single(config):
        first, second = (*sorted(shares.values(), reverse=True), 0.0, 0.0)[:2]
        return first, second
    return max(confidence, 0.5), min(1.0 - confidence, 0.5)


def _widened(leaders: NDArray[np.float64], config: LabellingConfig) -> NDArray[np.float64]:
    """With a column for every label: the more there are, the less likely a wrong answer hits the runner-up."""
    n_classes = len(config.primary.classes) if is_single(config) else 2
    return np.pad(leaders, ((0, 0), (0, max(n_classes - 2, 0))))
