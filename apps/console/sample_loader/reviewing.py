"""The simulated reviewers and adjudicator: they claim, answer and err through the same services as people."""

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.accounts.models import User
from apps.consensus.models import Adjudication
from apps.console.sample_loader.messages import Message
from apps.labeling.models import Annotation
from apps.labeling.widgets import Result, region
from apps.projects.labelling import config_of
from apps.queues.models import Item, Queue, Review
from apps.queues.selectors import items_to_adjudicate
from apps.workbench import services as workbench

# How often each simulated reviewer reads a clear message right, best first.
_SKILLS = (0.98, 0.95, 0.93, 0.90, 0.84)
_TAKES_THE_OTHER = 0.45  # of two intents that a careful reader could choose
_SKIPS = 0.012
_ASKS_AN_ADJUDICATOR = 0.015


@dataclass(frozen=True)
class Readers:
    """What the simulated ones know: the truth, and which intents are easily taken for which."""

    truth: Mapping[str, Message]  # by trace id
    look_alikes: Mapping[str, Sequence[str]]  # by label

    @classmethod
    def of(cls, messages: Sequence[Message]) -> "Readers":
        look_alikes = defaultdict(list)
        for message in messages:
            if message.ambiguous_with:
                look_alikes[message.label].append(message.ambiguous_with)
        return cls({message.trace_id: message for message in messages}, look_alikes)

    def read(self, item: Item, *, skill: float, rng: random.Random) -> str:
        """The intent that somebody of this skill sees in the item."""
        message = self.truth[item.source_key]
        if message.ambiguous_with and rng.random() < _TAKES_THE_OTHER:
            return message.ambiguous_with
        if rng.random() < skill:
            return message.label
        return rng.choice(self.look_alikes.get(message.label) or [message.label])


def review_session(
    *, queue: Queue, reviewer: User, place: int, limit: int, readers: Readers, at: datetime, rng: random.Random
) -> int:
    """One sitting of up to `limit` items. `place` picks the skill. Returns how many were answered."""
    answered = 0
    for _ in range(limit):
        review = workbench.claim_next(queue=queue, reviewer=reviewer, now=at, rng=rng)
        if review is None:
            break
        duration = timedelta(seconds=rng.lognormvariate(2.1, 0.5))
        at += duration
        answered += _answer(review, reviewer, readers, skill=_SKILLS[place], duration=duration, at=at, rng=rng)
        at += timedelta(seconds=1)
    return answered


def _answer(
    review: Review,
    reviewer: User,
    readers: Readers,
    *,
    skill: float,
    duration: timedelta,
    at: datetime,
    rng: random.Random,
) -> bool:
    if rng.random() < _SKIPS:
        workbench.answer_skip(review=review, token=review.token, reason="Too little to go by")
        return False
    if rng.random() < _ASKS_AN_ADJUDICATOR:
        workbench.answer_to_adjudicator(
            review_id=review.pk, reviewer=reviewer, token=review.token, note="Two wishes in one message", now=at
        )
        return False
    workbench.answer_submit(
        review_id=review.pk,
        reviewer=reviewer,
        token=review.token,
        result=_result(review.item, readers.read(review.item, skill=skill, rng=rng)),
        duration_ms=int(duration / timedelta(milliseconds=1)),
        source=Annotation.Source.SIMULATED,
        now=at,
    )
    return True


def _result(item: Item, label: str) -> Result:
    return [region(config_of(item.schema).primary, [label])]


def adjudicate_session(
    *, queue: Queue, adjudicator: User, limit: int, readers: Readers, at: datetime, rng: random.Random
) -> int:
    """Decide up to `limit` disputed items; what could be read both ways is sometimes left ambiguous."""
    items = list(items_to_adjudicate(queue=queue, user=adjudicator)[:limit])
    for item in items:
        at += timedelta(seconds=rng.uniform(20, 90))
        message = readers.truth[item.source_key]
        is_ambiguous = bool(message.ambiguous_with) and rng.random() < 0.3
        workbench.adjudicate(
            item_id=item.pk,
            adjudicator=adjudicator,
            decision=Adjudication.Decision.AMBIGUOUS if is_ambiguous else Adjudication.Decision.LABEL,
            result=None if is_ambiguous else _result(item, message.label),
            reason="Both intents are asked for" if is_ambiguous else "By the guideline's order of rules",
            is_simulated=True,
            now=at,
        )
    return len(items)
