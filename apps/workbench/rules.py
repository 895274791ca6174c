"""Decisions that become rules: what the editor begins with, and which settled items a new rule may touch."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.consensus.models import Adjudication, ConsensusProposal, GuidelineChange
from apps.labeling.algorithms.guideline_example import with_example
from apps.labeling.widgets import label_words
from apps.projects.labelling import config_of
from apps.projects.models import Guideline, Project
from apps.queues.models import Item, Queue
from apps.workbench import selectors
from apps.workbench.similar import Similar, similar_settled

# So many characters of an item become an example.
EXAMPLE_CHARS = 300
# The most alike that a new rule lists, out of so many that share its rarest words.
LISTED = 200
LOOKED_AT = 4_000


def decision_for_rule(*, queue: Queue, user: User) -> QuerySet[Adjudication]:
    """The person's own decisions in the queue that a rule can be written from: those that hold."""
    mine = selectors.my_decisions(queue=queue, user=user).filter(status=Adjudication.Status.CURRENT)
    return mine.exclude(decision=Adjudication.Decision.SENT_BACK).select_related("item__queue__project")


def rule_begun(*, adjudication: Adjudication, guideline: Guideline | None) -> str:
    """The current guideline with the decision's item as an example under its label's heading."""
    item, config = adjudication.item, config_of(adjudication.item.schema)
    if adjudication.decision == Adjudication.Decision.AMBIGUOUS:
        heading = _("Ambiguous")
    elif config.kind == "categorical" and adjudication.label:
        heading = label_words(config, adjudication.label)
    else:
        heading = _("Examples")
    text = guideline.text if guideline is not None else ""
    example = item.search_text[:EXAMPLE_CHARS]
    return with_example(text, label=heading, example=example, reason=adjudication.reason)


def changes_of(*, project: Project) -> QuerySet[GuidelineChange]:
    """Guideline versions of the project that a decision led to. The only way to one."""
    found = GuidelineChange.objects.filter(guideline__project=project)
    return found.select_related("guideline", "adjudication__item__queue", "adjudication__item__schema")


@dataclass(frozen=True)
class Recheck:
    """An item that was asked about again because of a rule, and whether that can still be taken back."""

    proposal: ConsensusProposal
    words: str
    is_open: bool


def rechecks_of(*, change: GuidelineChange) -> list[Recheck]:
    """Items asked about again, newest first. One query."""
    rows = change.rechecks.select_related("item__schema").order_by("-created_at", "-pk")[:LISTED]
    waiting = (Item.State.OPEN, Item.State.ADJUDICATION)
    return [
        Recheck(
            each,
            label_words(config_of(each.item.schema), each.label) if each.label else "",
            each.state == ConsensusProposal.State.APPLIED and each.item.state in waiting,
        )
        for each in rows
    ]


def touched_by(*, change: GuidelineChange) -> list[Similar]:
    """Settled items under the labels of the decision, by how much they say like its item; none asked about already."""
    item = change.adjudication.item
    asked = set(change.rechecks.values_list("item", flat=True))
    found = similar_settled(item=item, labels=change.labels, most=LISTED, looked_at=LOOKED_AT)
    return [each for each in found if each.item.pk not in asked]
