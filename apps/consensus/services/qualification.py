"""A newcomer's short round on known items, with feedback after each; who reaches the threshold is let in."""

import random
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.consensus.models import QualificationAnswer, QualificationRound
from apps.consensus.services.known_answers import answer_is_right
from apps.core.errors import Conflict
from apps.core.stored import stored
from apps.labeling.widgets import Result, answer_label, check_result
from apps.projects.labelling import config_of
from apps.queues.models import Item, Queue
from apps.queues.people import newcomer_in
from apps.queues.services import item_lock, review_bar, reviewer_admit

_PASSED = stored("%(right)s of %(n)s right in the qualification")
_PRACTISED = stored("had it in the qualification")


def round_open(*, queue: Queue, reviewer: User) -> QualificationRound | None:
    """The round that the person is in."""
    return QualificationRound.objects.filter(queue=queue, reviewer=reviewer, finished_at=None).first()


def tries_left(*, queue: Queue, reviewer: User) -> int:
    """How many rounds the person may still begin."""
    return max(queue.qualification_tries - queue.qualification_rounds.filter(reviewer=reviewer).count(), 0)


@transaction.atomic
def qualification_begin(*, queue: Queue, reviewer: User, now: datetime, rng: random.Random) -> QualificationRound:
    """Draw the items of the person's next round, labels as evenly as can be had. In a round already: that one.

    They never come to him again, as known items or otherwise.

    Raises:
        Conflict: he is in already, has no try left, or the queue has too few items that he has not had.
    """
    # Locked, so that two presses at once begin one round.
    queue = Queue.objects.select_for_update().get(pk=queue.pk)
    running = round_open(queue=queue, reviewer=reviewer)
    if running is not None:
        return running
    if queue.pk not in newcomer_in(user=reviewer, queues=[queue]):
        raise Conflict(_("You are in this queue already."))
    if not tries_left(queue=queue, reviewer=reviewer):
        raise Conflict(_("You have no try left. A manager of the project can let you in."))
    items = _drawn(_free(queue=queue, reviewer=reviewer), n=queue.qualification_items, rng=rng)
    if len(items) < queue.qualification_items:
        raise Conflict(_("There are too few practice items for now. A manager of the project can add some."))
    made = QualificationRound.objects.create(
        queue=queue,
        reviewer=reviewer,
        number=queue.qualification_rounds.filter(reviewer=reviewer).count() + 1,
        threshold=queue.qualification_threshold,
        started_at=now,
    )
    for item in sorted(items, key=lambda one: one.pk):
        review_bar(item=item_lock(item_id=item.pk), reviewer=reviewer, reason=_PRACTISED, now=now)
    QualificationAnswer.objects.bulk_create(
        QualificationAnswer(round=made, item=item, place=place) for place, item in enumerate(items, start=1)
    )
    return made


def _free(*, queue: Queue, reviewer: User) -> list[Item]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT queues_honeypots_free(%s, %s)", [queue.pk, reviewer.pk])
        ids = [row[0] for row in cursor.fetchall()]
    return list(Item.objects.filter(pk__in=ids).select_related("known_answer").order_by("pk"))


def _drawn(items: Sequence[Item], *, n: int, rng: random.Random) -> list[Item]:
    """Up to `n`, label by label in turn, then in random order."""
    by_label: dict[str, list[Item]] = {}
    for item in rng.sample(items, len(items)):
        by_label.setdefault(item.known_answer.label, []).append(item)
    turns = [(place, rng.random(), item) for found in by_label.values() for place, item in enumerate(found)]
    chosen = [item for _place, _chance, item in sorted(turns, key=lambda turn: turn[:2])[:n]]
    return rng.sample(chosen, len(chosen))


@transaction.atomic
def qualification_answer(*, answer_id: UUID, reviewer: User, result: Result, now: datetime) -> QualificationAnswer:
    """Store the answer to one item of the person's round; the last one decides it. The first answer counts.

    Raises:
        QualificationAnswer.DoesNotExist: it is not his.
        AnswerInvalid: the result does not fit the item's schema.
    """
    # The round is locked: the last two answers at once would both find the other one missing.
    found = QualificationAnswer.objects.select_related("round__queue__project", "item__schema", "item__known_answer")
    row = found.select_for_update(of=("self", "round")).get(pk=answer_id, round__reviewer=reviewer)
    if row.answered_at is not None:
        return row
    config = config_of(row.item.schema)
    check_result(config, result, data=row.item.data)
    row.label = (answer_label(config, result) or "")[:500]
    known = row.item.known_answer
    row.is_right = answer_is_right(
        config, row.item.data, label=row.label, result=result, known_label=known.label, known_result=known.result
    )
    row.result, row.answered_at = result, now
    row.save(update_fields=["label", "result", "is_right", "answered_at"])
    if not row.round.answers.filter(answered_at=None).exists():
        _finish(row.round, now)
    return row


def _finish(done: QualificationRound, now: datetime) -> None:
    right = list(done.answers.values_list("is_right", flat=True))
    # In whole answers, so that 4 of 5 is 80 per cent whatever the binary fraction.
    done.is_passed = sum(map(bool, right)) >= done.threshold * len(right) - 1e-9
    done.finished_at = now
    done.save(update_fields=["is_passed", "finished_at"])
    if done.is_passed:
        reason = _PASSED % {"right": sum(map(bool, right)), "n": len(right)}
        reviewer_admit(queue=done.queue, reviewer=done.reviewer, reason=reason, by=None, now=now)
