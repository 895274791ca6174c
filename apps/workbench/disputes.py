"""What an adjudicator sees of a disputed item beside its votes: what happened, what models said, what was asked; and
his queue as a whole."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.consensus.models import Adjudication
from apps.core.retold import retold
from apps.intake.models import Prediction
from apps.labeling.models import Annotation, Thread
from apps.labeling.widgets import label_words
from apps.projects.labelling import config_of
from apps.queues.models import Item, Queue, Review
from apps.queues.selectors import DISPUTE_ORDERS, WHOLE_QUEUE, Narrowing, items_to_adjudicate
from apps.workbench import selectors, selectors_help

# So many of the hardest are counted by reason and by label, and so many are listed.
COUNTED = 10_000
LISTED = 30
_MODELS = 4

KIND_WORDS: dict[str, Promise] = {
    Item.DisputeKind.SPLIT: gettext_lazy("the answers differ"),
    Item.DisputeKind.CHOICE: gettext_lazy("one of several texts has to be chosen"),
    Item.DisputeKind.ASKED: gettext_lazy("a reviewer asks"),
    Item.DisputeKind.NOBODY_LEFT: gettext_lazy("nobody is left who could answer"),
    Item.DisputeKind.TAKEN_BACK: gettext_lazy("a decision was taken back"),
}
ORDER_WORDS: dict[str, Promise] = {
    "hardest": gettext_lazy("hardest first"),
    "due": gettext_lazy("earliest deadline first"),
}


def narrowing_from(query: Mapping[str, str]) -> Narrowing:
    """What an address asks for; what it does not know narrows nothing."""
    kind, label, order = query.get("kind", ""), query.get("label", ""), query.get("order", "")
    return Narrowing(
        kind=kind if kind in Item.DisputeKind.values else "",
        label=label[:500] if "\x00" not in label else "",
        order=order if order in DISPUTE_ORDERS else WHOLE_QUEUE.order,
    )


def narrowing_query(narrowed: Narrowing, **other: str) -> str:
    """The same as the query of an address, with its question mark; empty where nothing is narrowed."""
    asked = asdict(narrowed) | other
    pairs = {name: value for name, value in asked.items() if value != getattr(WHOLE_QUEUE, name, "")}
    return f"?{urlencode(pairs)}" if pairs else ""


def narrowing_words(narrowed: Narrowing) -> list[str]:
    """What the adjudicator goes through, in words."""
    words = [str(ORDER_WORDS[narrowed.order])]
    if narrowed.kind:
        words.append(_("only: %(reason)s") % {"reason": KIND_WORDS[narrowed.kind]})
    if narrowed.label:
        words.append(_("only where %(label)s may win") % {"label": narrowed.label})
    return words


@dataclass(frozen=True)
class Facet:
    """One way to narrow the queue: its words, how many of the items it leaves, and its address."""

    words: str
    n: int
    query: str
    is_chosen: bool


@dataclass(frozen=True)
class Overview:
    """An adjudicator's queue as a whole."""

    items: list[Item]
    n: int
    kinds: list[Facet]
    labels: list[Facet]
    orders: list[Facet]
    everything: str  # the address that narrows nothing

    @property
    def is_capped(self) -> bool:
        return self.n >= COUNTED


def overview(*, queue: Queue, user: User, narrowed: Narrowing) -> Overview:
    """The first items and what they are about. Three queries."""
    found = items_to_adjudicate(queue=queue, user=user, narrowed=narrowed)
    items = list(found.select_related("schema")[:LISTED])
    kinds, labels = _counted(queue, user)
    config = config_of(items[0].schema) if items else None
    words = {label: label_words(config, label) if config else label for label in labels}
    return Overview(
        items=items,
        n=found[:COUNTED].count(),
        kinds=[_facet(narrowed, "kind", kind, str(KIND_WORDS.get(kind, kind)), kinds[kind]) for kind in kinds],
        labels=[_facet(narrowed, "label", label, words[label], n) for label, n in labels.most_common(50)],
        orders=[_facet(narrowed, "order", order, str(said), 0) for order, said in ORDER_WORDS.items()],
        everything=narrowing_query(Narrowing(order=narrowed.order)),
    )


def _facet(narrowed: Narrowing, name: str, value: str, words: str, n: int) -> Facet:
    is_chosen = getattr(narrowed, name) == value
    # A second press on what is chosen takes it away; of the orders one is always chosen.
    other = getattr(WHOLE_QUEUE, name) if is_chosen and name != "order" else value
    return Facet(words, n, narrowing_query(narrowed, **{name: other}), is_chosen)


def _counted(queue: Queue, user: User) -> tuple[Counter[str], Counter[str]]:
    """How many of the hardest there are by reason, and by label in the running. One query."""
    rows = items_to_adjudicate(queue=queue, user=user).values_list("dispute_kind", "dispute_labels")[:COUNTED]
    kinds: Counter[str] = Counter()
    labels: Counter[str] = Counter()
    for kind, running in rows:
        kinds[kind or Item.DisputeKind.SPLIT] += 1
        labels.update(running)
    return kinds, labels


@dataclass(frozen=True)
class Happening:
    """Something that happened to the item."""

    at: datetime
    who: str
    words: str
    note: str = ""


def history_of(*, item: Item) -> list[Happening]:
    """What became of the item before, in order: who passed on it, which answers and decisions no longer count.

    For adjudicators of the item's queue only. Three queries.
    """
    return sorted([*_passed(item), *_answers_gone(item), *_decided(item)], key=lambda one: one.at)


def _passed(item: Item) -> Iterator[Happening]:
    for review in item.reviews.filter(state=Review.State.SKIPPED).select_related("reviewer"):
        yield Happening(review.leased_at, str(review.reviewer), _("passed on it"), retold(review.skip_reason))


def _answers_gone(item: Item) -> Iterator[Happening]:
    said = {
        Annotation.Status.SUPERSEDED: _("had answered %(words)s, and changed it"),
        Annotation.Status.WITHDRAWN: _("had answered %(words)s, and took it back"),
    }
    gone = item.annotations.exclude(status=Annotation.Status.CURRENT).select_related("reviewer", "schema")
    for each in gone:
        words = said[Annotation.Status(each.status)] % {"words": f"“{selectors.words_of(each)}”"}
        yield Happening(each.created_at, str(each.reviewer), words, each.note)


def _decided(item: Item) -> Iterator[Happening]:
    for each in item.adjudications.select_related("adjudicator", "item__schema"):
        words = selectors.decision_words(each)
        if each.decision == Adjudication.Decision.SENT_BACK:
            yield Happening(each.created_at, str(each.adjudicator), words, each.question or each.reason)
        elif each.status == Adjudication.Status.WITHDRAWN:
            words = _("had decided %(words)s, and took it back") % {"words": f"“{words}”"}
            yield Happening(each.created_at, str(each.adjudicator), words, each.reason)
        else:
            words = _("had decided %(words)s; it was asked about again") % {"words": f"“{words}”"}
            yield Happening(each.created_at, str(each.adjudicator), words, each.reason)


@dataclass(frozen=True)
class Guess:
    """What one model said: its likeliest labels with their probabilities, which are None where it told none."""

    model_ref: str
    at: datetime
    labels: list[tuple[str, float | None]]


def guesses_on(*, item: Item) -> list[Guess]:
    """What models said, newest first; nothing where the queue keeps it from adjudicators. One query."""
    if not item.queue.shows_model_to_adjudicator or item.trace_id is None:
        return []
    config = config_of(item.schema)
    told = Prediction.objects.filter(trace=item.trace_id).order_by("-created_at", "-pk")[:_MODELS]
    return [
        Guess(each.model_ref, each.created_at, [(label_words(config, label), p) for label, p in _top(each)])
        for each in told
    ]


def _top(prediction: Prediction) -> list[tuple[str, float | None]]:
    return list(prediction.top) or ([(prediction.label, None)] if prediction.label else [])


def threads_about(*, item: Item, user: User) -> QuerySet[Thread]:
    """Questions about this item that the person may answer."""
    return selectors_help.threads_answerable_by(user=user).filter(item=item)
