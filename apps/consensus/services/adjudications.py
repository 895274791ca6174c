"""An adjudicator's word on one item."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.consensus.models import Adjudication, Consensus
from apps.consensus.services.aggregate import consensus_update
from apps.core.db import violates
from apps.core.errors import Conflict, InvalidInput, NotAllowed
from apps.labeling.models import Annotation
from apps.labeling.widgets import Result, answer_label, check_result
from apps.projects.labelling import config_of
from apps.queues.models import Item


@transaction.atomic
def adjudication_decide(
    *,
    item: Item,
    adjudicator: User,
    decision: str,
    result: Result | None,
    reason: str,
    question: str = "",
    is_simulated: bool = False,
    now: datetime,
) -> Adjudication:
    """Store a decision and, unless the item is sent back, its consensus. The caller holds the item's lock.

    `question` goes with an item that is sent back. An item that was decided before and asked about again is decided
    anew: the earlier decision is superseded.

    Raises:
        NotAllowed: he has answered this item himself.
        Conflict: somebody else has decided it meanwhile, or it is not disputed.
        AnswerInvalid: the result does not fit the item's schema.
    """
    _check_decidable(item=item, adjudicator=adjudicator)
    label = _checked_label(item=item, decision=decision, result=result)
    adjudication = Adjudication(
        item=item,
        adjudicator=adjudicator,
        decision=decision,
        result=result if decision == Adjudication.Decision.LABEL else None,
        label=label,
        reason=reason.strip(),
        question=question.strip() if decision == Adjudication.Decision.SENT_BACK else "",
        is_simulated=is_simulated,
        created_at=now,
    )
    if decision == Adjudication.Decision.SENT_BACK:
        _store(adjudication)
    else:
        _decided(item=item, adjudication=adjudication, now=now)
    return adjudication


def _check_decidable(*, item: Item, adjudicator: User) -> None:
    if item.annotations.filter(reviewer=adjudicator, status=Annotation.Status.CURRENT).exists():
        raise NotAllowed(_("You have answered this item yourself; another adjudicator decides it."))
    if item.state != Item.State.ADJUDICATION:
        raise Conflict(_("This item is no longer disputed; nothing was changed."))


def _checked_label(*, item: Item, decision: str, result: Result | None) -> str:
    """The canonical value decided for; empty where the decision is none."""
    if decision not in Adjudication.Decision.values:
        raise InvalidInput(_("Unknown decision."), field="decision")
    if decision != Adjudication.Decision.LABEL:
        return ""
    if result is None:
        raise InvalidInput(_("Choose an answer to decide for."), field="result")
    config = config_of(item.schema)
    check_result(config, result, data=item.data)
    return (answer_label(config, result) or "")[:500]


def _store(adjudication: Adjudication) -> None:
    try:
        # Inner block: the outer transaction must survive the refused insert.
        with transaction.atomic():
            adjudication.save(force_insert=True)
    except IntegrityError as exc:
        if not violates(exc, "adjudication_one_current"):
            raise
        raise Conflict(_("Somebody else has decided this item meanwhile; nothing was changed.")) from exc


def _decided(*, item: Item, adjudication: Adjudication, now: datetime) -> None:
    """The decision in the place of an earlier one, and the consensus that it makes."""
    earlier = item.adjudications.filter(status=Adjudication.Status.CURRENT)
    earlier.exclude(decision=Adjudication.Decision.SENT_BACK).update(status=Adjudication.Status.SUPERSEDED)
    _store(adjudication)
    consensus = consensus_update(item=item, now=now)
    is_label = adjudication.decision == Adjudication.Decision.LABEL
    consensus.state = Consensus.State.ADJUDICATED if is_label else Consensus.State.AMBIGUOUS
    consensus.label = adjudication.label
    consensus.result = adjudication.result
    # A decision is a decision: the votes' own posterior stays beside it.
    consensus.confidence = 1.0 if is_label else max(consensus.posterior.values(), default=0.0)
    consensus.method = "adjudication"
    consensus.save()


@transaction.atomic
def adjudication_withdraw(*, adjudication: Adjudication, by: User) -> None:
    """Take a decision back; the votes count again. The caller holds the item's lock and recomputes the consensus.

    Raises:
        NotAllowed: what an adjudicator decided, only he undoes.
        Conflict: it was taken back already.
    """
    if adjudication.adjudicator_id != by.pk:
        raise NotAllowed(_("Only the adjudicator who decided can take it back."))
    current = Adjudication.objects.filter(pk=adjudication.pk, status=Adjudication.Status.CURRENT)
    if not current.update(status=Adjudication.Status.WITHDRAWN):
        raise Conflict(_("This decision was already taken back."))
    Consensus.objects.filter(item_id=adjudication.item_id).update(state=Consensus.State.UNSETTLED)
