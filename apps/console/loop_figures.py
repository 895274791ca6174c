"""The front page: one tile a station with its important number, its trend, and what stands there now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.console.evaluation_figures import VERDICT_KINDS
from apps.console.quality_figures import alpha_of, has_simulated, votes_latest
from apps.console.queue_figures import DAY, QueueRow
from apps.console.training_figures import STATE_KINDS, kept_accuracy
from apps.core import figures
from apps.core.retold import retold
from apps.evaluation.models import EvaluationRun, GateDecision
from apps.golden.selectors import versions_of
from apps.intake.models import Signal, Trace
from apps.intake.selectors import LoopWarning, traces_by_day
from apps.intake.selectors.overview import MONTH
from apps.projects.models import Project
from apps.queues.models import Item
from apps.queues.selectors import items_of_project
from apps.rollout.models import Deployment, RescoringRun
from apps.training.models import TrainingRun

TREND_DAYS = 14
TREND_VERSIONS = 12
# The front page answers at once; the quality page reads more.
_VOTES = 4000


@dataclass(frozen=True)
class Tile:
    """One station. `figure` is the number, `beside` its interval or unit, `words` what it counts."""

    name: str
    url: str
    figure: str
    words: str
    state: tuple[str, str]  # kind and words of the mark
    beside: str = ""
    trend: Sequence[float] = field(default_factory=list)
    goal: float | None = None
    is_gold: bool = False
    mark: str = ""  # of what is made up


def _url(name: str, project: Project) -> str:
    return reverse(f"console:{name}", args=[project.slug])


def _simulated(is_simulated: bool) -> str:
    return _("Simulated") if is_simulated else ""


def _calm() -> tuple[str, str]:
    return "ok", _("Nothing to decide")


def intake_tile(*, project: Project, now: datetime) -> Tile:
    """Traces of the last 24 hours. Two queries."""
    days = traces_by_day(project=project, now=now, days=TREND_DAYS + 1)
    recent = Trace.objects.filter(project=project, received_at__gt=now - DAY)
    counts = recent.aggregate(n=Count("pk"))
    week = sum(one.count for one in days[-7:])
    return Tile(
        name=_("Intake"),
        url=_url("intake", project),
        figure=figures.count(counts["n"]),
        words=_("traces in 24 hours, %(week)s in 7 days, counted.") % {"week": figures.count(week)},
        trend=[one.count for one in days[:-1]],  # today is not over yet
        state=_calm(),
        mark=_("Synthetic") if any(one.synthetic for one in days) else "",
    )


def queues_tile(*, project: Project, rows: Sequence[QueueRow], now: datetime) -> Tile:
    """The oldest wait. Two queries besides the rows."""
    undecided = sum(row.n_undecided for row in rows)
    oldest = min((row.counts.oldest_at for row in rows if row.counts.oldest_at), default=None)
    late = sum(row.counts.late for row in rows)
    items = ngettext("%(n)s item", "%(n)s items", undecided) % {"n": figures.count(undecided)}
    where = ngettext("%(n)s queue", "%(n)s queues", len(rows)) % {"n": len(rows)}
    state = _calm() if rows else ("open", _("No queue yet"))
    if late:
        state = "warn", ngettext("%(n)s item late", "%(n)s items late", late) % {"n": figures.count(late)}
    return Tile(
        name=_("Queues"),
        url=_url("queues", project),
        figure=figures.age(now - oldest) if oldest else "0",
        words=_("oldest wait; %(items)s undecided in %(queues)s.") % {"items": items, "queues": where},
        trend=_waiting_by_day(project, undecided, now=now),
        state=state,
    )


def _waiting_by_day(project: Project, waiting: int, *, now: datetime) -> list[int]:
    """Undecided items at the end of each day, counted back from now. What was taken out is not in it."""
    kept = items_of_project(project=project).exclude(state=Item.State.RETIRED)
    came, went = _by_day(kept, "enqueued_at", now), _by_day(kept, "settled_at", now)
    trend = [waiting]
    for back in range(TREND_DAYS - 1):
        day = (now - back * DAY).date()
        trend.append(max(trend[-1] - came.get(day, 0) + went.get(day, 0), 0))
    return trend[::-1]


def _by_day(items: QuerySet[Item], moment: str, now: datetime) -> dict[Any, int]:
    recent = items.filter(**{f"{moment}__gt": now - TREND_DAYS * DAY})
    return dict(recent.annotate(day=TruncDate(moment)).order_by().values_list("day").annotate(n=Count("pk")))


def quality_tile(*, project: Project) -> Tile:
    """Krippendorff's alpha of the latest answers. One query."""
    votes = votes_latest(project=project, limit=_VOTES)
    alpha = alpha_of(votes)
    shared: dict[str, Any] = {
        "name": _("Quality"),
        "url": _url("quality", project),
        "mark": _simulated(has_simulated(votes)),
    }
    n_items = ngettext("%(n)s item", "%(n)s items", alpha.n_items) % {"n": figures.count(alpha.n_items)}
    if alpha.value is None or alpha.n_items < figures.MINIMUM_N:
        words = _("%(items)s with two answers or more; agreement needs %(least)s.")
        told = words % {"items": n_items, "least": figures.MINIMUM_N}
        return Tile(figure="–", words=told, state=("open", _("Too little data")), **shared)
    around = figures.spread(alpha.value, alpha.low or 0.0, alpha.high or 1.0, scale=1, digits=2)
    return Tile(
        figure=figures.number(alpha.value, 2),
        beside=around,
        words=_("Krippendorff’s α over %(items)s with two answers or more") % {"items": n_items},
        state=_calm(),
        **shared,
    )


def golden_tile(*, project: Project) -> Tile:
    """The newest version. One query."""
    rows = list(
        versions_of(project=project).values(
            "number", "golden_set__name", "frozen_at", "manifest__items", "manifest__simulated__items"
        )[:TREND_VERSIONS]
    )
    shared: dict[str, Any] = {"name": _("Golden sets"), "url": _url("golden", project), "is_gold": True}
    if not rows:
        return Tile(figure="0", words=_("versions frozen so far"), state=("open", _("None yet")), **shared)
    newest = rows[0]
    frozen_at = newest["frozen_at"]
    assert frozen_at is not None  # as `versions_of` promises
    words = _("items in version %(n)s of “%(set)s”") % {"n": newest["number"], "set": newest["golden_set__name"]}
    return Tile(
        figure=figures.count(newest["manifest__items"]),
        words=words,
        trend=[
            row["manifest__items"] for row in reversed(rows) if row["golden_set__name"] == newest["golden_set__name"]
        ],
        state=("ok", _("Frozen %(day)s") % {"day": date_format(frozen_at, "j M")}),
        mark=_simulated(bool(newest["manifest__simulated__items"])),
        **shared,
    )


def training_tile(*, project: Project, runs: Sequence[TrainingRun]) -> Tile:
    """The latest run; `runs` newest first."""
    shared: dict[str, Any] = {"name": _("Training"), "url": _url("training", project)}
    if not runs:
        return Tile(figure="–", words=_("No model has been trained yet"), state=("open", _("None yet")), **shared)
    run = runs[0]
    state = STATE_KINDS[run.state], str(run.get_state_display())
    on = _("on %(version)s") % {"version": run.golden_version}
    model = getattr(run, "model_version", None)
    if not run.is_terminal:
        phase = retold(run.phase) or _("waits")
        return Tile(figure=figures.percent(run.progress, 0), words=f"{phase}, {on}", state=state, **shared)
    if model is None:
        return Tile(figure="–", words=_("The latest run, %(on)s, made no model") % {"on": on}, state=state, **shared)
    kept = kept_accuracy(model)
    told = _("Model %(n)s, %(on)s") % {"n": model.number, "on": on}
    if kept.value is None:
        return Tile(figure=_("Model %(n)s") % {"n": model.number}, words=told, state=state, **shared)
    return Tile(
        figure=figures.percent(kept.value),
        beside=figures.spread(kept.value, kept.low or 0.0, kept.high or 1.0, scale=100, digits=1),
        words=_("right in validation, n = %(n)s. %(model)s") % {"n": figures.count(kept.n), "model": told},
        state=state,
        **shared,
    )


def evaluation_tile(*, project: Project, runs: Sequence[EvaluationRun]) -> Tile:
    """The latest finished evaluation: how much better the candidate is. `runs` newest first."""
    shared: dict[str, Any] = {"name": _("Evaluation"), "url": _url("evaluation", project)}
    done = [run for run in runs if run.metrics]
    if not done:
        running = bool(runs) and not runs[0].is_terminal
        state = ("running", _("Running")) if running else ("open", _("None yet"))
        return Tile(figure="–", words=_("No model has been evaluated yet"), state=state, **shared)
    run = done[0]
    gain = run.metrics["paired"]["accuracy"]
    against = _("the champion") if run.champion_id else _("the majority class")
    words = _("points of accuracy over %(whom)s, n = %(n)s pairs") % {"whom": against, "n": figures.count(gain["n"])}
    model = _("Model %(n)s") % {"n": run.candidate.number}
    return Tile(
        figure=figures.signed(100 * gain["value"]) if gain["value"] is not None else "–",
        beside=_spread(gain),
        words=f"{words}. {model}",
        trend=[one.metrics["candidate"]["accuracy"]["value"] for one in reversed(done)],
        state=_verdict(getattr(run, "gate_decision", None)),
        mark=_simulated(bool(run.metrics.get("set", {}).get("simulated"))),
        **shared,
    )


def _spread(number: Mapping[str, Any]) -> str:
    if None in (number["value"], number["low"], number["high"]):
        return ""
    return figures.spread(number["value"], number["low"], number["high"], scale=100, digits=1, sign=True)


def _verdict(decision: GateDecision | None) -> tuple[str, str]:
    if decision is None:
        return "open", _("No verdict")
    words = {"pass": _("Gate passed"), "fail": _("Gate not passed")}
    return VERDICT_KINDS[decision.verdict], words.get(decision.verdict, _("Not enough evidence"))


def rollout_tile(
    *, project: Project, active: Deployment | None, rescorings: Sequence[RescoringRun], now: datetime
) -> Tile:
    """The champion, and whether the waiting items follow it already."""
    shared: dict[str, Any] = {"name": _("Rollout"), "url": _url("rollout", project)}
    if active is None:
        return Tile(figure="–", words=_("No model serves the queues yet"), state=("open", _("No champion")), **shared)
    state = _calm()
    if rescorings and not rescorings[0].is_terminal:
        state = "running", _("Re-scoring, %(share)s") % {"share": figures.percent(rescorings[0].progress, 0)}
    return Tile(
        figure=_("Model %(n)s") % {"n": active.model_version.number},
        words=_("champion for %(time)s; it orders the queues") % {"time": figures.age(now - active.started_at)},
        state=state,
        **shared,
    )


def feedback_tile(*, project: Project, warnings: Sequence[LoopWarning], now: datetime) -> Tile:
    """What the traces bring back: feedback that can train. One query."""
    recent = Signal.objects.filter(project=project, received_at__gt=now - MONTH, received_at__lte=now)
    rows = dict(recent.order_by().values_list("verdict").annotate(n=Count("pk")))
    usable = rows.get(Signal.Verdict.CANDIDATE, 0) + rows.get(Signal.Verdict.NEGATIVE, 0)
    words = _("signals of 30 days can train, of %(n)s that came in") % {"n": figures.count(sum(rows.values()))}
    state = ("warn", _("Do not loop")) if warnings and rows else _calm() if rows else ("open", _("None yet"))
    return Tile(
        name=_("Feedback"), url=_url("intake_signals", project), figure=figures.count(usable), words=words, state=state
    )


def champion_points(deployments: Sequence[Deployment]) -> list[dict[str, Any]]:
    """Accuracy of each champion at its gate, oldest first; `deployments` newest first, rollbacks left out."""
    points = []
    for one in reversed(deployments):
        if one.is_rollback or one.gate_decision is None:
            continue
        metrics = one.gate_decision.evaluation_run.metrics
        told = metrics.get("candidate", {}).get("accuracy")
        if told and told["value"] is not None:
            name = _("model %(n)s") % {"n": one.model_version.number}
            ends = {"low": told["low"], "high": told["high"], "n": told["n"]}
            is_simulated = bool(metrics.get("set", {}).get("simulated"))
            points.append({"x": name, "y": told["value"], "is_simulated": is_simulated, **ends})
    return points
