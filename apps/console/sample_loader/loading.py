"""Loading the sample: fourteen days of a small project, lived through in order by the services that pages use."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction

from apps.consensus.services import quality_fit
from apps.console.sample_loader.messages import Message, SampleFiles
from apps.console.sample_loader.people import Cast, cast_create, cast_join, cast_simulated_leave
from apps.console.sample_loader.predictions import probabilities_of
from apps.console.sample_loader.reviewing import Readers, adjudicate_session, review_session
from apps.console.sample_loader.timeline import ADVERSARY, DAYS, Plan, plan_of
from apps.golden.services import golden_freeze, golden_gather, golden_set_create
from apps.intake.services import adversarial_user_add
from apps.projects import services as projects
from apps.projects.models import Project
from apps.queues import services as queues
from apps.queues.models import Item, Queue
from apps.queues.services.receiving import escalation_receive, signal_receive, traces_receive

SEED = 20
_SITTINGS_A_DAY = 5
_ITEMS_A_SITTING = 8


@dataclass
class _Calendar:
    """What happens when. Each entry is called with its time."""

    entries: list[tuple[datetime, Callable[[datetime], object]]] = field(default_factory=list)

    def add(self, at: datetime, act: Callable[[datetime], object]) -> None:
        self.entries.append((at, act))

    def live(self) -> None:
        for at, act in sorted(self.entries, key=lambda entry: entry[0]):
            act(at)


@transaction.atomic
def sample_load(*, password: str, now: datetime) -> Project:
    """The sample project: found if it is there, else made whole or not at all.

    Args:
        password: of the people that one can log in as.
    """
    found = Project.objects.filter(is_sample=True).order_by("created_at").first()
    if found is not None:
        return found
    files = SampleFiles()
    begun_at = now - timedelta(days=DAYS, hours=1)
    cast = cast_create(password=password)
    project = _project(files, cast, begun_at=begun_at, now=now)
    unsure, escalated = _queues(project, cast, begun_at=begun_at)
    rng = random.Random(SEED)  # noqa: S311 - plausible variety, no secret
    plan = _plan(files.messages, project, now=now, rng=rng)
    calendar = _Calendar()
    _schedule_outside(calendar, plan, project, cast)
    _schedule_people(calendar, cast, unsure, escalated, Readers.of(files.messages), now=now, rng=rng)
    calendar.live()
    _golden(project, cast, now=now - timedelta(minutes=20))
    cast_simulated_leave(project=project, cast=cast, now=now)
    return project


def _project(files: SampleFiles, cast: Cast, *, begun_at: datetime, now: datetime) -> Project:
    about = files.project
    project = projects.project_create(
        name=about["name"],
        description=about["description"],
        config=files.config,
        mapping=about["mapping"],
        created_by=cast.manager,
        is_sample=True,
        now=begun_at,
    )
    projects.guideline_publish(project=project, text=files.guideline, by=cast.manager, now=begun_at)
    for reason in about["escalation_reasons"]:
        label = reason["label"] or ""
        projects.reason_create(project=project, **{**reason, "label": label}, by=cast.manager, now=begun_at)
    for version in about["product_versions"]:
        projects.product_version_create(
            project=project,
            name=version["name"],
            released_at=now - timedelta(days=version["released_days_ago"]),
            is_breaking=version["is_breaking"],
            by=cast.manager,
            now=begun_at,
        )
    cast_join(project=project, cast=cast, now=begun_at)
    return project


def _queues(project: Project, cast: Cast, *, begun_at: datetime) -> tuple[Queue, Queue]:
    common: dict[str, Any] = {"project": project, "by": cast.manager, "now": begun_at, "seed": SEED}
    unsure = queues.queue_create(
        **common, name="Unsure answers", takes_escalations=False, settle_threshold=0.97, sla_hours=24 * 7
    )
    escalated = queues.queue_create(
        **common, name="Escalated by agents", takes_traces=False, audit_share=0.0, sla_hours=8
    )
    return unsure, escalated


def _plan(messages: list[Message], project: Project, *, now: datetime, rng: random.Random) -> Plan:
    thoughts = probabilities_of([m.text for m in messages], [m.label for m in messages], seed=SEED)
    versions = project.product_versions.order_by("released_at").values_list("name", "released_at")
    return plan_of(messages, thoughts, versions=list(versions), now=now, rng=rng)


def _schedule_outside(calendar: _Calendar, plan: Plan, project: Project, cast: Cast) -> None:
    calendar.add(
        plan.arrivals[0].at + timedelta(days=6),
        lambda at: adversarial_user_add(
            project=project, user_ref=ADVERSARY, reason="Floods the chat with nonsense", by=cast.manager, now=at
        ),
    )
    for arrival in plan.arrivals:
        calendar.add(arrival.at, partial(_receive, traces_receive, project, "rows", arrival.rows))
    for signal in plan.feedback:
        calendar.add(signal.at, partial(_receive, signal_receive, project, "row", signal.row))
    for asked in plan.asked:
        calendar.add(asked.at, partial(_receive, escalation_receive, project, "row", asked.row))


def _receive(door: Callable[..., object], project: Project, name: str, sent: object, at: datetime) -> None:
    door(project=project, now=at, **{name: sent})


def _schedule_people(
    calendar: _Calendar,
    cast: Cast,
    unsure: Queue,
    escalated: Queue,
    readers: Readers,
    *,
    now: datetime,
    rng: random.Random,
) -> None:
    for half_day in range(2 * DAYS - 1):
        for _ in range(_SITTINGS_A_DAY // 2 + half_day % 2):
            place = rng.randrange(len(cast.reviewers))
            act = partial(_sitting, cast, unsure, readers, place, _ITEMS_A_SITTING, rng)
            calendar.add(now - timedelta(hours=12 * half_day + rng.uniform(4, 11)), act)
        for _ in range(4):
            place = rng.randrange(len(cast.reviewers))
            act = partial(_sitting, cast, escalated, readers, place, 3, rng)
            calendar.add(now - timedelta(hours=12 * half_day + rng.uniform(7, 11)), act)
    for days in (9, 5, 1):
        calendar.add(now - timedelta(days=days), lambda at: quality_fit(queue=unsure, now=at))
    for days in (6, 2):
        for queue, limit in ((unsure, 7), (escalated, 1)):
            calendar.add(now - timedelta(days=days, hours=2), partial(_deciding, cast, queue, readers, limit, rng))


def _sitting(
    cast: Cast, queue: Queue, readers: Readers, place: int, limit: int, rng: random.Random, at: datetime
) -> None:
    review_session(
        queue=queue, reviewer=cast.reviewers[place], place=place, limit=limit, readers=readers, at=at, rng=rng
    )


def _deciding(cast: Cast, queue: Queue, readers: Readers, limit: int, rng: random.Random, at: datetime) -> None:
    adjudicate_session(queue=queue, adjudicator=cast.adjudicator, limit=limit, readers=readers, at=at, rng=rng)


def _golden(project: Project, cast: Cast, *, now: datetime) -> None:
    made = golden_set_create(
        project=project,
        name="Intents",
        description="Rests on simulated answers to made-up messages; its manifest says so.",
        test_share=0.3,
        allows_simulated=True,
        by=cast.manager,
        now=now,
    )
    golden_gather(golden_set=made, items=Item.objects.filter(queue__project=project), by=cast.manager, now=now)
    golden_freeze(golden_set=made, by=cast.manager, now=now, note="The first settled answers")
