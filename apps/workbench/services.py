"""The acts of reviewers and adjudicators, each one transaction over the floors below."""

import random
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.consensus.models import Adjudication, Consensus
from apps.consensus.services import (
    Facts,
    adjudication_decide,
    adjudication_withdraw,
    consensus_of,
    consensus_update,
    dispute_judge,
    doubt_of,
    item_facts,
    labels_allot,
)
from apps.consensus.services.asking import best_ask
from apps.consensus.services.honeypots import honeypot_judge
from apps.core.canonical import canonical_bytes
from apps.core.errors import Conflict
from apps.core.rows import Writes
from apps.core.stored import stored
from apps.events.services import event_record
from apps.intake.models import Escalation
from apps.intake.services import escalation_answer, escalation_reopen
from apps.labeling.models import Annotation
from apps.labeling.second_look import second_look_offer
from apps.labeling.services import Sent, annotation_submit, annotation_withdraw
from apps.labeling.suggestions import Aid, aid_of, suggestion_draw
from apps.labeling.widgets import Result, check_result
from apps.projects.labelling import config_of
from apps.queues import services as queues
from apps.queues.errors import ReviewerHeld
from apps.queues.models import Item, Queue, Review
from apps.queues.people import is_held
from apps.queues.services.batch import LANE as BATCH_LANE
from apps.workbench.questions import question_pass_on

_MORE_AFTER_SENDING_BACK = 2
# Stored with the item or the review.
_FREE_TEXTS = stored("%(n)s free-text answers: one has to be chosen")
_STILL_BELOW = stored("%(n)s answers, the limit, and still below %(threshold)s")
_FOR_ADJUDICATOR = stored("for an adjudicator: %(note)s")
_TO_ADJUDICATOR = stored("for an adjudicator")
_ASKS = stored("a reviewer asks: %(note)s")
_ASKED = stored("a reviewer asks")
_SENT_BACK = stored("sent it back as an adjudicator")
_TAKEN_BACK = stored("a decision was taken back")
_CHANCE = random.SystemRandom()


def claim_next(*, queue: Queue, reviewer: User, now: datetime, rng: random.Random = _CHANCE) -> Review | None:
    """The lease the person holds in this queue, or the next one; None when nothing is left for him.

    Raises:
        QueueNotOpen: the queue is paused or closed.
        ReviewerHeld: he gets nothing here until a manager has looked.
        NotAdmitted: the queue asks for a qualification first.
    """
    review = queues.review_claim(queue=queue, reviewer=reviewer, now=now, rng=rng)
    if review is None and queue.label_budget is not None and labels_allot(queue=queue, now=now):
        review = queues.review_claim(queue=queue, reviewer=reviewer, now=now, rng=rng)
    if review is not None and queue.assistance == Queue.Assistance.PRE_ANNOTATED:
        suggestion_draw(review=review, now=now)
    return review


@transaction.atomic
def answer_submit(
    *,
    review_id: UUID,
    reviewer: User,
    token: int,
    result: Result,
    note: str = "",
    duration_ms: int,
    source: str = Annotation.Source.HUMAN,
    is_batch: bool = False,
    now: datetime,
) -> Annotation:
    """Check an answer and store it, as `answer_store` does.

    Raises:
        AnswerInvalid: the result does not fit the item's schema; names control and rule.
    """
    review = queues.review_lock(review_id=review_id, reviewer=reviewer)
    checked = check_result(config_of(review.item.schema), result, data=review.item.data)
    sent = Sent(token=token, result=checked, note=note, duration_ms=duration_ms, source=source, is_batch=is_batch)
    facts = item_facts(item=review.item, but=review.reviewer_id)
    return answer_store(review=review, facts=facts, sent=sent, now=now)


def answer_store(*, review: Review, facts: Facts, sent: Sent, now: datetime) -> Annotation:
    """Store an answer; let it count; settle the item, ask for one more, or send it to adjudication; answer the client.

    In the transaction of the caller, who locked the review in it and then read the facts (`review_enter`, or
    `review_lock` and `item_facts`). The same token with the same answer again gives the first annotation back.

    Raises:
        StaleLease: the lease is over and its place was given away; the caller keeps the work as a draft.
        Conflict: the same lease was answered otherwise before.
    """
    earlier = facts.given_under(review_id=review.pk, token=sent.token)
    if earlier is not None:
        if canonical_bytes(earlier.result) == canonical_bytes(sent.result):
            return Annotation.objects.get(pk=earlier.id)
        raise Conflict(_("This item was answered from here before, otherwise. Undo that answer to change it."))
    aid = aid_of(review=review, result=sent.result)
    with Writes() as writes:
        queues.review_submit(review=review, token=sent.token, now=now, writes=writes)
        annotation = annotation_submit(
            review=review, sent=sent, guideline_id=facts.guideline_id, aid=aid, now=now, writes=writes
        )
        _tell(annotation, review=review, aid=aid, now=now, writes=writes)
        is_honeypot = review.item.source == Item.Source.HONEYPOT
        consensus = None if is_honeypot else _advance(review.item, facts.plus(annotation), now=now, writes=writes)
    _follow(annotation, facts, consensus, now=now)
    if review.item.queue.assistance == Queue.Assistance.AFTER_ANSWER:
        second_look_offer(review=review, annotation=annotation, now=now)
    return annotation


def _tell(annotation: Annotation, *, review: Review, aid: Aid, now: datetime, writes: Writes) -> None:
    event_record(
        verb="annotation.submitted",
        obj=annotation,
        project_id=review.item.queue.project_id,
        actor=review.reviewer,
        payload={"item": str(review.item_id), "source": annotation.source, **aid.told},
        at=now,
        writes=writes,
    )


def _follow(annotation: Annotation, facts: Facts, consensus: Consensus | None, *, now: datetime) -> None:
    """What comes of an answer that is stored: a verdict on its giver, the client's answer, or who is asked next."""
    review = annotation.review
    if consensus is None:
        honeypot_judge(annotation=annotation, reviewer=review.reviewer, now=now)
    elif review.item.state == Item.State.SETTLED:
        clients_answer(item=review.item, consensus=consensus, now=now)
    else:
        best_ask(item=review.item, facts=facts, now=now)


def _advance(item: Item, facts: Facts, *, now: datetime, writes: Writes) -> Consensus:
    """What the answers so far mean for the item. The caller holds its lock."""
    consensus, answers = consensus_of(item=item, facts=facts, now=now), facts.answers
    if consensus._state.adding:
        writes.insert(consensus)
    else:
        writes.update(consensus)
    if item.state == Item.State.ADJUDICATION:
        # Disputed stays disputed; the late answer takes its place among the others.
        reason, kind, doubt = item.adjudication_reason, item.dispute_kind, doubt_of(item=item, consensus=consensus)
        queues.item_to_adjudication(item=item, reason=reason, kind=kind, doubt=doubt, answers=answers, writes=writes)
    elif item.state != Item.State.OPEN:
        queues.slots_adjust(item=item, answers=answers, writes=writes)  # settled is sticky
    elif consensus.state == Consensus.State.SETTLED:
        queues.item_settle(item=item, now=now, answers=answers, writes=writes)
    else:
        ask_or_dispute(item=item, consensus=consensus, answers=answers, writes=writes)
    return consensus


def ask_or_dispute(
    *, item: Item, consensus: Consensus, answers: queues.Answers | None = None, writes: Writes | None = None
) -> None:
    """An open item that is not settled: one answer more, or an adjudicator."""
    doubt = doubt_of(item=item, consensus=consensus)
    if queues.item_want_more(item=item, doubt=doubt, answers=answers, writes=writes):
        return
    kind = Item.DisputeKind.SPLIT if consensus.posterior else Item.DisputeKind.CHOICE
    reason = why_disputed(item=item, consensus=consensus)
    queues.item_to_adjudication(item=item, reason=reason, kind=kind, doubt=doubt, answers=answers, writes=writes)


def why_disputed(*, item: Item, consensus: Consensus) -> str:
    n, threshold = consensus.n_annotations, item.queue.settle_threshold
    if not consensus.posterior:
        return _FREE_TEXTS % {"n": n}
    return _STILL_BELOW % {"n": n, "threshold": f"{threshold:.2f}"}


def clients_answer(*, item: Item, consensus: Consensus, now: datetime) -> None:
    """Give the settled answer to whoever escalated the trace; a later change becomes a revision there."""
    answer = {
        "label": consensus.label or None,
        "result": consensus.result,
        "confidence": round(consensus.confidence, 4),
        "settled_by": "adjudicator" if consensus.method == "adjudication" else "consensus",
        "is_ambiguous": consensus.state == Consensus.State.AMBIGUOUS,
        "answers": consensus.n_annotations,
    }
    for escalation in escalations_of(item):
        escalation_answer(escalation=escalation, answer=answer, now=now)


def escalations_of(item: Item) -> QuerySet[Escalation]:
    """Whoever waits for this item; the item of another queue on the same trace owes nobody an answer."""
    if item.trace_id is None or not item.severity:
        return Escalation.objects.none()
    mine = Escalation.objects.filter(trace_id=item.trace_id)
    return mine.exclude(state=Escalation.State.UNANSWERABLE).order_by("pk")


@transaction.atomic
def answer_undo(*, reviewer: User, queue: Queue, now: datetime) -> Review:
    """Take back one's latest answer in the queue; the same item comes back with a new token, held by nobody else.

    Raises:
        Conflict: there is nothing to undo, or the item was taken out meanwhile.
        ReviewerHeld: a manager looks at his answers now.
    """
    refuse_while_held(reviewer=reviewer, queue=queue)
    latest = (
        Annotation.objects.filter(reviewer=reviewer, item__queue=queue, status=Annotation.Status.CURRENT)
        .order_by("-created_at", "-pk")
        .first()
    )
    if latest is None:
        raise Conflict(_("There is nothing to undo in this queue."))
    held = Review.objects.filter(item__queue=queue, reviewer=reviewer, state=Review.State.LEASED)
    held = held.exclude(lane=BATCH_LANE)  # the rest of his grid stays his
    # Both items in the order of their ids, as whoever locks two must.
    for item_id in sorted({latest.item_id, *held.values_list("item_id", flat=True)}):
        queues.item_lock(item_id=item_id)
    review = queues.review_lock(review_id=latest.review_id, reviewer=reviewer)
    if review.item.state == Item.State.RETIRED:
        raise Conflict(_("That item was taken out by a manager; its answer stays as it is."))
    for other in held:
        queues.review_release(review=other, token=other.token)
    annotation_withdraw(annotation=latest)
    queues.review_give_back(review=review, now=now)
    if review.item.source != Item.Source.HONEYPOT:
        _stand_back(review.item, now)
    event_record(verb="annotation.withdrawn", obj=latest, project_id=queue.project_id, actor=reviewer, at=now)
    return review


def _stand_back(item: Item, now: datetime) -> None:
    """What is left of the item's answers after one was taken back. The caller holds its lock."""
    if item.state != Item.State.OPEN and not is_adjudicated(item):
        queues.item_reopen(item=item)
        for escalation in escalations_of(item):
            escalation_reopen(escalation=escalation, now=now)
    else:
        queues.slots_adjust(item=item)
    consensus_update(item=item, now=now)


def refuse_while_held(*, reviewer: User, queue: Queue) -> None:
    """Raises ReviewerHeld, in kind words, while a manager looks at the person's answers: they stay as they are."""
    if is_held(user=reviewer, queue=queue):
        raise ReviewerHeld(_("A manager is having a look at your answers here; until then they stay as they are."))


def is_adjudicated(item: Item) -> bool:
    return Consensus.objects.filter(item=item, method="adjudication").exists()


@transaction.atomic
def answer_skip(*, review: Review, token: int, reason: str) -> Review:
    """Pass on an item, with a reason.

    Raises:
        StaleLease: the lease is over; nothing changes.
    """
    skipped = queues.review_skip(review=review, token=token, reason=reason)
    dispute_judge(item=skipped.item)  # where his skip left nobody who could answer
    return skipped


@transaction.atomic
def answer_to_adjudicator(*, review_id: UUID, reviewer: User, token: int, note: str, now: datetime) -> Item:
    """Send the item to an adjudicator instead of answering it.

    Raises:
        StaleLease: the lease is over; nothing changes.
    """
    review = queues.review_lock(review_id=review_id, reviewer=reviewer)
    was_open = review.item.state == Item.State.OPEN
    skipped = queues.review_skip(
        review=review, token=token, reason=_FOR_ADJUDICATOR % {"note": note} if note else _TO_ADJUDICATOR
    )
    item = skipped.item
    if was_open:  # also when the last reviewer's skip has just sent it there: his words say more
        reason, kind = _ASKS % {"note": note} if note else _ASKED, Item.DisputeKind.ASKED
        doubt = doubt_of(item=item, consensus=consensus_update(item=item, now=now))
        queues.item_to_adjudication(item=item, reason=reason, kind=kind, doubt=doubt)
    elif item.source != Item.Source.HONEYPOT:
        consensus_update(item=item, now=now)
    return item


@transaction.atomic
def adjudicate(
    *,
    item_id: UUID,
    adjudicator: User,
    decision: str,
    result: Result | None = None,
    reason: str = "",
    question: str = "",
    is_simulated: bool = False,
    now: datetime,
) -> Adjudication:
    """Decide a disputed item: a label, truly ambiguous, or back to the reviewers for more answers.

    A `question` goes back with it: whoever gets the item next reads it, and whoever has answered finds it among his
    questions. It must not tell what others answered.

    Raises:
        NotAllowed: he has answered the item himself.
        Conflict: decided meanwhile, or nobody is left to send it back to.
        AnswerInvalid: the result does not fit the item's schema.
    """
    item = queues.item_lock(item_id=item_id)
    adjudication = adjudication_decide(
        item=item,
        adjudicator=adjudicator,
        decision=decision,
        result=result,
        reason=reason,
        question=question,
        is_simulated=is_simulated,
        now=now,
    )
    _carry_out(adjudication, item=item, now=now)
    return adjudication


def _carry_out(adjudication: Adjudication, *, item: Item, now: datetime) -> None:
    """What a decision means for the item, and for those who asked about it."""
    adjudicator, decision = adjudication.adjudicator, adjudication.decision
    if decision == Adjudication.Decision.SENT_BACK:
        # He has seen the votes, so the item must never come to him as a reviewer.
        queues.review_bar(item=item, reviewer=adjudicator, reason=_SENT_BACK, now=now)
        _send_back(item=item)
        question_pass_on(adjudication=adjudication, now=now)
    else:
        queues.item_settle(item=item, now=now)
        clients_answer(item=item, consensus=Consensus.objects.get(item=item), now=now)
    event_record(
        verb=f"item.{'sent_back' if decision == Adjudication.Decision.SENT_BACK else 'adjudicated'}",
        obj=item,
        project_id=item.queue.project_id,
        actor=adjudicator,
        payload={"decision": decision},
        at=now,
    )


def _send_back(*, item: Item) -> None:
    submitted = queues.answers_of(item).submitted
    wanted = min(submitted + _MORE_AFTER_SENDING_BACK, 9)
    if wanted == submitted:
        raise Conflict(_("This item has nine answers, the most there can be; decide it."))
    queues.item_reopen(item=item)
    item.wanted_max = max(item.wanted_max, wanted)
    item.wanted = wanted
    queues.slots_adjust(item=item)
    queues.item_want_more(item=item)
    if item.state != Item.State.OPEN:
        raise Conflict(_("Nobody is left who could answer this item; decide it, or add people to the queue."))


@transaction.atomic
def adjudication_undo(*, adjudicator: User, queue: Queue, now: datetime) -> Item:
    """Take back one's latest decision in the queue; the item is disputed again.

    Raises:
        Conflict: there is nothing to undo.
    """
    latest = (
        Adjudication.objects.filter(
            adjudicator=adjudicator, item__queue=queue, status=Adjudication.Status.CURRENT, item__state="settled"
        )
        .exclude(decision=Adjudication.Decision.SENT_BACK)
        .order_by("-created_at")
        .first()
    )
    if latest is None:
        raise Conflict(_("There is no decision of yours to undo in this queue."))
    item = queues.item_lock(item_id=latest.item_id)
    adjudication_withdraw(adjudication=latest, by=adjudicator)
    queues.item_to_adjudication(item=item, reason=_TAKEN_BACK, kind=Item.DisputeKind.TAKEN_BACK)
    for escalation in escalations_of(item):
        escalation_reopen(escalation=escalation, now=now)
    consensus_update(item=item, now=now)
    dispute_judge(item=item)
    event_record(verb="adjudication.withdrawn", obj=latest, project_id=queue.project_id, actor=adjudicator, at=now)
    return item
