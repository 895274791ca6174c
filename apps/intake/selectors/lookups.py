"""One row by what a client or a page names it."""

from uuid import UUID

from django.db.models import QuerySet

from apps.core.errors import FieldProblem, InvalidFields
from apps.intake.algorithms.filters import Version
from apps.intake.models import Escalation, Signal, Trace
from apps.projects.models import EscalationReason, Project


def traces_of(*, project: Project) -> QuerySet[Trace]:
    """The project's traces with their payloads, newest first. The only way pages reach a trace."""
    return Trace.objects.filter(project=project).select_related("payload").order_by("-received_at", "-id")


def signals_of(*, project: Project) -> QuerySet[Signal]:
    """The project's signals with their traces, newest first."""
    return Signal.objects.filter(project=project).select_related("trace", "reason").order_by("-received_at", "-id")


def escalations_of(*, project: Project) -> QuerySet[Escalation]:
    """The project's escalations with trace and reason, newest first."""
    return Escalation.objects.filter(project=project).select_related("trace", "reason").order_by("-created_at", "-id")


def trace_by_client_id(*, project: Project, trace_id: str) -> Trace:
    """The trace that the client calls `trace_id`, with its payload.

    Raises:
        InvalidFields: there is none in the project.
    """
    trace = Trace.objects.filter(project=project, trace_id=trace_id).select_related("payload", "project").first()
    if trace is None:
        raise InvalidFields([FieldProblem("trace_id", "No trace with this id was sent to this project.")])
    return trace


def reason_by_code(*, project: Project, code: str) -> EscalationReason:
    """The active escalation reason of that code.

    Raises:
        InvalidFields: there is none; names those that are.
    """
    active = EscalationReason.objects.filter(project=project, is_active=True)
    reason = active.filter(code=code).first()
    if reason is None:
        codes = ", ".join(active.order_by("code").values_list("code", flat=True)[:20]) or "none"
        raise InvalidFields([FieldProblem("reason", f"The project has no such escalation reason. It has: {codes}.")])
    return reason


def escalation_by_id(*, project: Project, escalation_id: UUID) -> Escalation | None:
    return escalations_of(project=project).filter(pk=escalation_id).first()


def versions_of(*, project: Project) -> list[Version]:
    """The project's product versions, as the filters ask for them."""
    rows = project.product_versions.values_list("name", "released_at", "is_breaking")
    return [Version(name, released_at, is_breaking) for name, released_at, is_breaking in rows]
