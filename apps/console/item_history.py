"""Everything that ever happened to one item, as its page tells it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.accounts.models import User
from apps.consensus.models import Adjudication, Consensus
from apps.core.retold import retold
from apps.events.models import Event
from apps.golden.models import GoldenItem
from apps.intake.models import Prediction
from apps.labeling.models import Annotation
from apps.labeling.widgets import answer_words
from apps.projects.labelling import config_of
from apps.projects.models import Project
from apps.queues.explain import explain_to_manager, explain_to_reviewer
from apps.queues.models import Item, Review
from apps.queues.selectors import items_of_project, votes_hidden_from
from apps.workbench.posterior import PosteriorRow, posterior_rows

TOP_PREDICTIONS = 3


@dataclass(frozen=True)
class Answer:
    """One annotation in words."""

    annotation: Annotation
    words: str


@dataclass(frozen=True)
class Guess:
    """What a model thought, its likeliest labels first."""

    prediction: Prediction
    top: list[tuple[str, float]]


@dataclass
class ItemHistory:
    """One item with all that belongs to it. What `is_hidden` covers stays empty."""

    item: Item
    is_hidden: bool  # the person may still answer it himself
    why: list[str]
    reviews: list[Review]
    events: list[Event]
    consensus: Consensus | None = None
    posterior: list[PosteriorRow] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    guesses: list[Guess] = field(default_factory=list)
    adjudications: list[tuple[Adjudication, str]] = field(default_factory=list)
    golden: list[GoldenItem] = field(default_factory=list)


def items_shown(*, project: Project) -> QuerySet[Item]:
    """Items with what their page needs. The only way the page reaches one."""
    related = ("queue__project", "schema", "trace__payload", "consensus__fit", "reserved_for", "prediction")
    return items_of_project(project=project).select_related(*related)


def item_history(*, item: Item, user: User, now: datetime) -> ItemHistory:
    """The history as `user` may read it. At most eleven queries."""
    is_hidden = votes_hidden_from(user=user, item=item)
    reviews = list(item.reviews.select_related("reviewer").order_by("leased_at", "pk"))
    if is_hidden:
        # Whose turn it was says how many answers there are, not what they are; his own name is no secret to him.
        return ItemHistory(item, True, explain_to_reviewer(item=item, now=now), [], _events(item, [item.pk]))
    answers = _answers(item)
    decided = list(item.adjudications.select_related("adjudicator").order_by("created_at", "pk"))
    ids = [item.pk, *(one.pk for one in reviews), *(one.annotation.pk for one in answers), *(one.pk for one in decided)]
    consensus = getattr(item, "consensus", None)
    config = config_of(item.schema)
    return ItemHistory(
        item=item,
        is_hidden=False,
        why=_why(item, now=now),
        reviews=reviews,
        events=_events(item, ids),
        consensus=consensus,
        posterior=posterior_rows(config, consensus.posterior) if consensus else [],
        answers=answers,
        guesses=_guesses(item),
        adjudications=[(one, answer_words(config, one.result or [])) for one in decided],
        golden=list(_golden(item)),
    )


def _why(item: Item, *, now: datetime) -> list[str]:
    if item.state in (Item.State.OPEN, Item.State.ADJUDICATION):
        return explain_to_manager(item=item, now=now)
    return [retold(str(term["words"])) for term in item.terms]  # It waits no more, and nothing is due.


def _answers(item: Item) -> list[Answer]:
    rows = item.annotations.select_related("reviewer", "schema", "guideline", "suggestion").order_by("created_at", "pk")
    return [Answer(row, answer_words(config_of(row.schema), row.result)) for row in rows]


def _guesses(item: Item) -> list[Guess]:
    if item.trace is None:
        return []
    rows = item.trace.predictions.order_by("created_at", "pk")
    return [Guess(row, _top(row.probabilities)) for row in rows]


def _top(probabilities: dict[str, float] | None) -> list[tuple[str, float]]:
    return sorted((probabilities or {}).items(), key=lambda pair: (-pair[1], pair[0]))[:TOP_PREDICTIONS]


def _events(item: Item, ids: list[UUID]) -> list[Event]:
    """What the log says of the item, its reviews, answers and decisions, newest first. Its index is by object."""
    kinds = ["queues.item", "queues.review", "labeling.annotation", "consensus.adjudication"]
    rows = Event.objects.filter(object_type__in=kinds, object_id__in=[str(one) for one in ids])
    return list(rows.filter(Q(project_id=item.queue.project_id)).select_related("actor").order_by("-at", "-pk"))


def _golden(item: Item) -> QuerySet[Any]:
    return (
        GoldenItem.objects.filter(item=item, version__frozen_at__isnull=False)
        .select_related("version__golden_set")
        .order_by("version__frozen_at", "pk")
    )
