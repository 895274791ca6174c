"""The life of a queue: made, changed, paused, drained, closed; and who works in it."""

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.errors import Conflict, InvalidInput
from apps.core.stored import stored
from apps.events.services import event_record
from apps.projects.models import Membership, Project
from apps.queues.models import Item, Queue, QueueMember
from apps.queues.services.budget import (
    label_budget_check,
    label_budget_set,
    reviews_hold_still,
    reviews_will_change,
)
from apps.queues.services.items import item_retire
from apps.queues.services.leases import leases_return
from apps.queues.services.order import cursors_reset
from apps.queues.services.people import admit_those_who_answered
from apps.queues.services.policy_people import PEOPLE_FIELDS, people_policy_check
from apps.queues.services.slots import stranded_sweep
from apps.queues.words import state_word

POLICY_FIELDS = (
    "name", "takes_traces", "takes_escalations", "acquisition", "overlap_min", "overlap_max", "label_budget",
    "settle_threshold", "consensus_method", "audit_share", "deadline_share", "audit_lane_share", "lease_seconds",
    "sla_hours", "is_open_to_all", "shows_escalation_reason", "asks_best", "allows_revision", "assistance",
    "assistance_wrong_share", "shows_similar", "shows_model_to_adjudicator", *PEOPLE_FIELDS,
)  # fmt: skip

_CLOSED = stored("the queue was closed")


@transaction.atomic
def queue_create(
    *, project: Project, name: str, by: User, now: datetime, seed: int | None = None, **policy: Any
) -> Queue:
    """Open a queue. `policy` holds some of POLICY_FIELDS; `seed` fixes the audit draw for repeatable runs.

    Raises:
        InvalidInput: a value out of range, an unknown policy field; or a name taken in this project.
    """
    slug = slugify(name)[:60] or "queue"
    if project.queues.filter(slug=slug).exists():
        raise InvalidInput(_("This project already has a queue of that name."), field="name")
    queue = Queue(
        project=project,
        name=name,
        slug=slug,
        epoch=now,
        seed=secrets.randbelow(2**62) if seed is None else seed,
        created_by=by,
        created_at=now,
    )
    _policy_set(queue, policy)
    queue.save()
    if queue.label_budget is not None:
        label_budget_set(queue=queue, budget=queue.label_budget, is_still=True)  # it has no answers yet
    event_record(verb="queue.created", obj=queue, project_id=project.pk, actor=by, at=now)
    return queue


@transaction.atomic
def queue_update(*, queue: Queue, by: User, **policy: Any) -> Queue:
    """Change the policy. It holds for items that come in from now on; ageing and the audit draw never change.

    Raises:
        InvalidInput: a value out of range, or an unknown policy field.
        Conflict: a first label budget, while a long run stores answers or the last one is being ended.
    """
    is_still = policy.get("label_budget") is not None and reviews_hold_still(queue=queue)
    # Two managers at once: the later one writes over the fields he sent only.
    queue = Queue.objects.select_for_update().get(pk=queue.pk)
    asked_to_qualify = queue.qualification_items > 0
    _policy_set(queue, policy)
    queue.save(update_fields=[name for name in policy if name != "label_budget"])
    event_record(
        verb="queue.changed", obj=queue, project_id=queue.project_id, actor=by, payload={"fields": sorted(policy)}
    )
    if "is_open_to_all" in policy:
        stranded_sweep(queue=queue)
    if queue.qualification_items and not asked_to_qualify:
        admit_those_who_answered(queue=queue, by=by, now=timezone.now())
    if "label_budget" in policy:
        label_budget_set(queue=queue, budget=policy["label_budget"], is_still=is_still)
    return queue


def _policy_set(queue: Queue, policy: dict[str, Any]) -> None:
    unknown = set(policy) - set(POLICY_FIELDS)
    if unknown:
        raise InvalidInput(
            _("Unknown queue setting: %(names)s.") % {"names": ", ".join(sorted(unknown))}, field=min(unknown)
        )
    for name, value in policy.items():
        setattr(queue, name, value)
    if not 1 <= queue.overlap_min <= queue.overlap_max <= 9:
        raise InvalidInput(
            _("Answers wanted lie between 1 and 9, the minimum not above the maximum."), field="overlap_max"
        )
    if not 0.5 <= queue.settle_threshold <= 1:
        raise InvalidInput(_("The threshold lies between 0.5 and 1."), field="settle_threshold")
    for share in ("audit_share", "deadline_share", "audit_lane_share"):
        if not 0 <= getattr(queue, share) <= 1:
            raise InvalidInput(_("A share lies between 0 and 1."), field=share)
    if queue.assistance not in Queue.Assistance.values:
        raise InvalidInput(_("Unknown kind of assistance."), field="assistance")
    if not 0 <= queue.assistance_wrong_share <= 0.5:
        raise InvalidInput(_("At most half of the guesses can be wrong on purpose."), field="assistance_wrong_share")
    if not 5 <= queue.lease_seconds <= 86_400:
        raise InvalidInput(_("A lease lasts between 5 seconds and a day."), field="lease_seconds")
    if queue.acquisition not in Queue.Acquisition.values:
        raise InvalidInput(_("Unknown acquisition function."), field="acquisition")
    if queue.consensus_method not in Queue.Method.values:
        raise InvalidInput(_("Unknown consensus method."), field="consensus_method")
    label_budget_check(queue.label_budget)
    people_policy_check(queue)


@transaction.atomic
def queue_pause(*, queue: Queue, by: User) -> Queue:
    """Give nothing out for now; what people hold may still be answered."""
    return _to_state(queue, Queue.State.PAUSED, allowed=[Queue.State.OPEN, Queue.State.DRAINING], by=by)


@transaction.atomic
def queue_resume(*, queue: Queue, by: User) -> Queue:
    """Open again after a pause, a drain or a close."""
    return _to_state(
        queue, Queue.State.OPEN, allowed=[Queue.State.PAUSED, Queue.State.DRAINING, Queue.State.CLOSED], by=by
    )


@transaction.atomic
def queue_drain(*, queue: Queue, by: User) -> Queue:
    """Take nothing more in and give out what is left."""
    return _to_state(queue, Queue.State.DRAINING, allowed=[Queue.State.OPEN, Queue.State.PAUSED], by=by)


@transaction.atomic
def queue_close(*, queue: Queue, by: User, now: datetime) -> Queue:
    """End the queue: undecided items are retired, drafts and answers stay."""
    reviews_will_change()
    queue = _to_state(
        queue, Queue.State.CLOSED, allowed=[Queue.State.OPEN, Queue.State.PAUSED, Queue.State.DRAINING], by=by
    )
    waiting = queue.items.filter(state__in=[Item.State.OPEN, Item.State.ADJUDICATION])
    item_retire(item_ids=list(waiting.values_list("pk", flat=True)), reason=_CLOSED, by=by, now=now)
    return queue


def _to_state(queue: Queue, state: str, *, allowed: list[Queue.State], by: User) -> Queue:
    changed = Queue.objects.filter(pk=queue.pk, state__in=allowed).update(state=state)
    queue.refresh_from_db()
    if not changed:
        raise Conflict(
            _("This queue is %(state)s, so it cannot become %(state2)s.")
            % {"state": state_word(queue.state), "state2": state_word(state)}
        )
    event_record(verb=f"queue.{state}", obj=queue, project_id=queue.project_id, actor=by)
    return queue


@transaction.atomic
def members_set(*, queue: Queue, user_ids: Iterable[UUID], by: User) -> None:
    """Name the people who work in the queue. Those who leave give back what they hold.

    Raises:
        InvalidInput: somebody is no member of the project, or a viewer only.
    """
    wanted = set(user_ids)
    members = Membership.objects.filter(project_id=queue.project_id, user_id__in=wanted)
    if members.exclude(role=Membership.Role.VIEWER).count() != len(wanted):
        raise InvalidInput(
            _("Only reviewers, adjudicators and managers of the project can work in a queue."), field="members"
        )
    gone = queue.members.exclude(user_id__in=wanted).select_related("user")
    for member in gone:
        leases_return(reviewer=member.user, queue=queue)
    gone.delete()
    have = set(queue.members.values_list("user_id", flat=True))
    QueueMember.objects.bulk_create(QueueMember(queue=queue, user_id=user_id) for user_id in wanted - have)
    cursors_reset(queue=queue)
    stranded_sweep(queue=queue)
    event_record(verb="queue.members_set", obj=queue, project_id=queue.project_id, actor=by, payload={"n": len(wanted)})
