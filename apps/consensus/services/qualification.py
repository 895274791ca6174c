"""A newcomer's short round on known items, with feedback after each; who reaches the threshold is let in."""

import random
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet
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
from apps.queues.services import item_lock, item_retire, review_bar, reviewer_admit

_PASSED = stored("%(right)s of %(n)s right in the qualification")
_PRACTISED = stored("had it in the qualification")
_TAKEN_OUT = stored("taken out of the known items")


def round_open(*, queue: Queue, reviewer: User) -> QualificationRound | None:
    """The round that the person is in."""
    return QualificationRound.objects.filter(queue=queue, reviewer=reviewer, finished_at=None).first()


def tries_left(*, queue: Queue, reviewer: User) -> int:
    """How many rounds the person may still begin."""
    return max(queue.qualification_tries - rounds_told(queue=queue, reviewer=reviewer).count(), 0)


def rounds_told(*, queue: Queue, reviewer: User) -> QuerySet[QualificationRound]:
    """The person's rounds but those that ended since all their items were taken out: these were no try."""
    mine = queue.qualification_rounds.filter(reviewer=reviewer)
    return mine.exclude(finished_at__isnull=False, is_passed=None)


@transaction.atomic
def qualification_begin(*, queue: Queue, reviewer: User, now: datetime, rng: random.Random) -> QualificationRound:
    """Draw the items of the person's next round, labels as evenly as can be had. In a round already: that one.

    They never come to him again, as known items or otherwise.

    Raises:
        Conflict: he is in already, has no try left, or the queue has too few items that he has not had.
    """
    # Locked, so that two presses at once begin one round. Rows that name the queue may still come in: whoever takes an
    # item out holds its lock and may let somebody in.
    queue = Queue.objects.select_for_update(no_key=True).get(pk=queue.pk)
    running = round_open(queue=queue, reviewer=reviewer)
    if running is not None:
        return running
    if queue.pk not in newcomer_in(user=reviewer, queues=[queue]):
        raise Conflict(_("You are in this queue already."))
    if not tries_left(queue=queue, reviewer=reviewer):
        raise Conflict(_("You have no try left. A manager of the project can let you in."))
    items = _drawn(_free(queue=queue, reviewer=reviewer), n=queue.qualification_items, rng=rng)
    for item in (item_lock(item_id=one.pk) for one in sorted(items, key=lambda one: one.pk)):
        if item.state == Item.State.HONEYPOT:  # else it was taken out since it was drawn
            review_bar(item=item, reviewer=reviewer, reason=_PRACTISED, now=now)
        else:
            items.remove(item)
    if len(items) < queue.qualification_items:
        raise Conflict(_("There are too few practice items for now. A manager of the project can add some."))
    made = QualificationRound.objects.create(
        queue=queue,
        reviewer=reviewer,
        number=queue.qualification_rounds.filter(reviewer=reviewer).count() + 1,
        threshold=queue.qualification_threshold,
        started_at=now,
    )
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
    _finish_if_over(row.round, now)
    return row


@transaction.atomic
def honeypot_take_out(*, item: Item, by: User, now: datetime) -> None:
    """Test nobody by the item any more; answers to it count no more, in rounds that are not over neither.

    A round is then decided by what is left of it. One of which nothing is left tells nothing and was no try.
    """
    item_retire(item_ids=[item.pk], reason=_TAKEN_OUT, by=by, now=now)
    # Locked, as an answer locks it: the last answer and this would each find the other's item open.
    running = QualificationRound.objects.filter(finished_at=None, answers__item=item).order_by("pk")
    for each in running.select_for_update(of=("self",)).select_related("queue", "reviewer"):
        each.answers.filter(item=item).update(is_void=True)
        _finish_if_over(each, now)


def _finish_if_over(running: QualificationRound, now: datetime) -> None:
    """The caller holds the round's lock."""
    counted = running.answers.counted()
    if running.finished_at is not None or counted.filter(answered_at=None).exists():
        return
    right = list(counted.values_list("is_right", flat=True))
    if right:
        # In whole answers, so that 4 of 5 is 80 per cent whatever the binary fraction.
        running.is_passed = sum(map(bool, right)) >= running.threshold * len(right) - 1e-9
    running.finished_at = now
    running.save(update_fields=["is_passed", "finished_at"])
    if running.is_passed:
        reason = _PASSED % {"right": sum(map(bool, right)), "n": len(right)}
        reviewer_admit(queue=running.queue, reviewer=running.reviewer, reason=reason, by=None, now=now)
