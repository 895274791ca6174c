"""Who is champion: promotion by a passed gate, and the way back."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.evaluation.models import GateDecision
from apps.events.services import event_record
from apps.projects.models import Project
from apps.rollout.errors import GateNotPassed, GateStale, NothingBefore
from apps.rollout.models import Deployment, Override
from apps.rollout.selectors import is_stale, rollback_target
from apps.rollout.services.rescoring import rescoring_run_create
from apps.training.models import ModelVersion
from apps.training.services import model_state_set


@transaction.atomic
def model_promote(*, gate_decision: GateDecision, by: User, now: datetime) -> Deployment:
    """Make the candidate of a passed gate the project's champion; its waiting items are re-scored.

    Raises:
        GateNotPassed: the verdict is not "pass".
        GateStale: the champion has changed since the evaluation.
    """
    if gate_decision.verdict != GateDecision.Verdict.PASS:
        raise GateNotPassed(_("The gate did not pass, so nothing was promoted. An override needs a second manager."))
    return deploy_candidate(gate_decision=gate_decision, override=None, by=by, now=now)


def deploy_candidate(*, gate_decision: GateDecision, override: Override | None, by: User, now: datetime) -> Deployment:
    """The candidate becomes champion. The caller's transaction, and his checks of who may."""
    run = gate_decision.evaluation_run
    project = _lock(run.project)
    if is_stale(gate_decision):
        raise GateStale(
            _("The champion has changed since this evaluation. Evaluate the model against the new one first.")
        )
    return _deploy(
        project=project,
        model=run.candidate,
        by=by,
        now=now,
        fields={"gate_decision": gate_decision, "override": override},
        verb="deployment.promoted" if override is None else "deployment.promoted_by_override",
    )


@transaction.atomic
def deployment_rollback(*, project: Project, by: User, now: datetime) -> Deployment:
    """Bring back the champion before this one; the waiting items are re-scored by it.

    Raises:
        NothingBefore: this is the first champion, or there is none.
    """
    locked = _lock(project)
    target = rollback_target(project=locked)
    if target is None:
        raise NothingBefore(_("There is no earlier champion to go back to; nothing was changed."))
    return _deploy(
        project=locked,
        model=target.model_version,
        by=by,
        now=now,
        fields={"is_rollback": True},
        verb="deployment.rolled_back",
    )


def _lock(project: Project) -> Project:
    # Two promotions at once would each end the same deployment; the second waits and then finds its gate stale.
    return Project.objects.select_for_update().get(pk=project.pk)


def _deploy(
    *, project: Project, model: ModelVersion, by: User, now: datetime, fields: dict[str, object], verb: str
) -> Deployment:
    previous = Deployment.objects.filter(project=project, ended_at__isnull=True).first()
    if previous is not None:
        Deployment.objects.filter(pk=previous.pk).update(ended_at=now)
        model_state_set(model=previous.model_version, state=ModelVersion.State.RETIRED)
    model_state_set(model=model, state=ModelVersion.State.CHAMPION)
    deployment = Deployment.objects.create(
        project=project, model_version=model, previous=previous, started_by=by, started_at=now, **fields
    )
    event_record(
        verb=verb,
        obj=deployment,
        project_id=project.pk,
        actor=by,
        payload={
            "model": str(model.pk),
            "model_number": model.number,
            "before": str(previous.model_version_id) if previous else None,
        },
        at=now,
    )
    rescoring_run_create(project=project, model=model, now=now)
    return deployment
