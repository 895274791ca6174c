"""Promoting against the gate: one manager asks with a reason, another one answers."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.db import violates
from apps.core.errors import NotAllowed
from apps.evaluation.models import GateDecision
from apps.events.services import event_record
from apps.projects.rights import Right, rights_of
from apps.rollout.errors import (
    GateStale,
    OverrideDecided,
    OverrideNotNeeded,
    OverrideWaiting,
    ReasonTooShort,
    SecondPersonNeeded,
)
from apps.rollout.models import Deployment, Override
from apps.rollout.selectors import is_stale
from apps.rollout.services.deploying import deploy_candidate

MIN_REASON = 40


@transaction.atomic
def override_request(*, gate_decision: GateDecision, reason: str, by: User, now: datetime) -> Override:
    """Ask for a promotion against the gate. Nothing changes until another manager confirms.

    Raises:
        OverrideNotNeeded: the gate passed.
        GateStale: the champion has changed since the evaluation.
        ReasonTooShort: the reason has fewer than 40 characters.
        OverrideWaiting: a request for this gate waits already.
    """
    if gate_decision.verdict == GateDecision.Verdict.PASS:
        raise OverrideNotNeeded(_("The gate passed; promote the model, no override is needed."))
    if is_stale(gate_decision):
        raise GateStale(
            _("The champion has changed since this evaluation. Evaluate the model against the new one first.")
        )
    if len(reason.strip()) < MIN_REASON:
        raise ReasonTooShort(
            _("Give a reason of at least %(min_reason)s characters.") % {"min_reason": MIN_REASON}, field="reason"
        )
    try:
        # Inner block: the outer transaction must survive the refused insert.
        with transaction.atomic():
            override = Override.objects.create(
                gate_decision=gate_decision, reason=reason.strip(), requested_by=by, requested_at=now
            )
    except IntegrityError as exc:
        if not violates(exc, "override_one_waiting"):
            raise
        raise OverrideWaiting(_("An override of this gate waits for its answer already.")) from exc
    _record("override.requested", override, by, now)
    return override


@transaction.atomic
def override_confirm(*, override: Override, by: User, now: datetime) -> Deployment:
    """The second manager agrees: the candidate becomes champion.

    Raises:
        SecondPersonNeeded: `by` asked for it himself.
        NotAllowed: `by` does not manage the project.
        OverrideDecided: somebody decided before.
        GateStale: the champion has changed since the evaluation.
    """
    if by.pk == override.requested_by_id:
        raise SecondPersonNeeded(_("You asked for this override; another manager has to confirm it."))
    decided = _decide(override, Override.State.CONFIRMED, by, now)
    return deploy_candidate(gate_decision=decided.gate_decision, override=decided, by=by, now=now)


@transaction.atomic
def override_refuse(*, override: Override, by: User, now: datetime) -> Override:
    """A manager says no; who asked takes it back by the same act. Raises as `override_confirm`, but for the first."""
    return _decide(override, Override.State.REFUSED, by, now)


def _decide(override: Override, state: Override.State, by: User, now: datetime) -> Override:
    project = override.gate_decision.evaluation_run.project
    if Right.MANAGE not in rights_of(by, project):
        raise NotAllowed(_("Only a manager of the project decides on an override."))
    waiting = Override.objects.filter(pk=override.pk, state=Override.State.REQUESTED)
    if not waiting.update(state=state, decided_by=by, decided_at=now):
        raise OverrideDecided(_("This override was decided before; nothing was changed."))
    override.refresh_from_db()
    _record(f"override.{state}", override, by, now)
    return override


def _record(verb: str, override: Override, by: User, now: datetime) -> None:
    run = override.gate_decision.evaluation_run
    payload = {"gate_decision": str(override.gate_decision_id), "candidate": str(run.candidate_id)}
    event_record(verb=verb, obj=override, project_id=run.project_id, actor=by, payload=payload, at=now)
