"""Reads of deployments, overrides and re-scoring runs."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.evaluation.models import GateDecision
from apps.intake.models import Prediction
from apps.projects.labelling import parse_config
from apps.projects.models import Project
from apps.projects.selectors import schema_current
from apps.queues.models import Item, Queue
from apps.rollout.models import Deployment, Override, RescoringRun

# What a new champion predicts: undecided items of queues that still live.
WAITING = Q(state__in=[Item.State.OPEN, Item.State.ADJUDICATION]) & ~Q(queue__state=Queue.State.CLOSED)


def deployments_of(*, project: Project) -> QuerySet[Deployment]:
    """The project's champions, newest first, with all that a history shows. One query."""
    return (
        Deployment.objects.filter(project=project)
        .select_related(
            "model_version__golden_version__golden_set",
            "gate_decision",
            "override__requested_by",
            "override__decided_by",
            "started_by",
        )
        .order_by("-started_at", "-pk")
    )


def deployment_active(*, project: Project) -> Deployment | None:
    """What serves the project now; None before the first promotion."""
    return deployments_of(project=project).filter(ended_at__isnull=True).first()


def rollback_target(*, project: Project) -> Deployment | None:
    """The deployment whose model a rollback would bring back; None when there is no earlier champion.

    Promotions pile up and a rollback takes the top away; so a second rollback goes one further back and never returns
    to the model that was just left.
    """
    pile: list[Deployment] = []
    for deployment in deployments_of(project=project).order_by("started_at", "pk"):
        if deployment.is_rollback:
            pile.pop()
        else:
            pile.append(deployment)
    return pile[-2] if len(pile) > 1 else None


def overrides_of(*, project: Project) -> QuerySet[Override]:
    """The project's overrides, newest first. The only way views reach one."""
    return (
        Override.objects.filter(gate_decision__evaluation_run__project=project)
        .select_related("gate_decision__evaluation_run__candidate", "requested_by", "decided_by")
        .order_by("-requested_at", "-pk")
    )


def override_waiting(*, decision: GateDecision) -> Override | None:
    """The request that a second manager has to decide."""
    return (
        Override.objects.filter(gate_decision=decision, state=Override.State.REQUESTED)
        .select_related("requested_by")
        .first()
    )


def rescorings_of(*, project: Project) -> QuerySet[RescoringRun]:
    """Re-scoring runs of the project, newest first."""
    return RescoringRun.objects.filter(project=project).select_related("model_version").order_by("-created_at", "-pk")


def is_stale(decision: GateDecision) -> bool:
    """Whether the champion is another one than the model the candidate was held against."""
    run = decision.evaluation_run
    active = Deployment.objects.filter(project_id=run.project_id, ended_at__isnull=True).first()
    return (active.model_version_id if active else None) != run.champion_id


def items_unscored(*, project: Project, model_ref: str) -> QuerySet[Item]:
    """What waits for a single choice by today's schema and has no prediction of the model."""
    schema = schema_current(project=project)
    if parse_config(schema.config).kind != "categorical":
        return Item.objects.none()
    known = Prediction.objects.filter(trace=OuterRef("trace"), model_ref=model_ref)
    waiting = Item.objects.filter(WAITING, queue__project=project, schema=schema, trace__payload__erased_at=None)
    return waiting.filter(trace__isnull=False).exclude(Exists(known))


def items_waiting(*, project: Project) -> int:
    """Items that a re-scoring would look at."""
    return Item.objects.filter(WAITING, queue__project=project, trace__isnull=False).count()
