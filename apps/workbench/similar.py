"""Settled items that say something like a given one, with their labels.

Found by an index over the words of settled items, by the rarest words, then ranked by the weight of what is in common.
To adjudicators, and to reviewers where the queue allows it. A reviewer sees none that could give his own item away or
that tells how he did:

- no near duplicate of his item, nor the same trace in another queue: its label would be the answer;
- no item that he had himself: its label would tell him how others judged it;
- no golden item: known items are mixed in among his.

What stands on the test side of a golden set is shown to nobody.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db import connection
from django.db.models import Exists, F, Func, OuterRef, Q, QuerySet

from apps.accounts.models import User
from apps.consensus.models import Consensus
from apps.golden.algorithms.clusters import grams, normalised
from apps.golden.models import GoldenItem, GoldenMember, SplitAssignment
from apps.labeling.widgets import answer_words, label_words
from apps.projects.labelling import config_of
from apps.queues.algorithms.likeness import conjunctions, likeness, words_of
from apps.queues.models import Item, Queue, Review

SHOWN = 5
# So many that share the rarest words are ranked; the index gives them in no order.
LOOKED_AT = 400
# From this share of 5-grams or of words in common two texts say the same: a duplicate of a golden set is 0.8.
TOO_ALIKE = 0.6


@dataclass(frozen=True)
class Similar:
    """A settled item with its label in words, and how alike it is, in [0, 1]."""

    item: Item
    words: str
    likeness: float
    is_nearly_same: bool

    @property
    def percent(self) -> int:
        return round(100 * self.likeness)


def similar_settled(
    *,
    item: Item,
    reviewer: User | None = None,
    labels: Collection[str] = (),
    most: int = SHOWN,
    looked_at: int = LOOKED_AT,
) -> list[Similar]:
    """Those most like the item, best first, of its project. Five statements.

    Args:
        reviewer: who looks at it as a reviewer; None: an adjudicator does.
        labels: only items that settled on one of these; empty: on any.
    """
    shares = word_shares(item.search_text)
    if not shares:
        return []
    found = _showable(item, settled_like(item, shares, looked_at=looked_at))
    if labels:
        found = found.filter(consensus__label__in=labels)
    if reviewer is not None:
        had = Review.objects.filter(item=OuterRef("pk"), reviewer=reviewer)
        found = found.exclude(_is_golden()).exclude(Exists(had))
    chosen = _chosen(
        item.search_text, found.values_list("pk", "search_text"), shares, most=most, is_blind=reviewer is not None
    )
    settled = Item.objects.filter(state=Item.State.SETTLED).select_related("consensus", "schema")
    rows = settled.defer("data", "terms").in_bulk([one[0] for one in chosen])
    return [Similar(rows[pk], _words(rows[pk]), alike, is_near) for pk, alike, is_near in chosen if pk in rows]


def _chosen(
    text: str, found: Iterable[tuple[UUID, str]], shares: Mapping[str, float], *, most: int, is_blind: bool
) -> list[tuple[UUID, float, bool]]:
    """(item, how alike, whether nearly the same), best first; without near duplicates for who must stay blind."""
    own, own_grams = words_of(text), grams(normalised(text))
    ranked = sorted((-likeness(own, words_of(said), shares=shares), pk, said) for pk, said in found)
    chosen: list[tuple[UUID, float, bool]] = []
    for unlike, pk, said in ranked:
        is_near = -unlike >= TOO_ALIKE or _jaccard(own_grams, grams(normalised(said))) >= TOO_ALIKE
        if not (is_near and is_blind):
            chosen.append((pk, -unlike, is_near))
        if len(chosen) == most:
            break
    return chosen


def word_shares(text: str) -> dict[str, float]:
    """The words of a text, with the share of settled items that have each, as the planner knows it; 0: rare or unknown.

    One statement.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SHARES, [text])
        return dict(cursor.fetchall())


_SHARES = """
    WITH known AS (
        SELECT e.word, e.share FROM pg_stats s, unnest(
            s.most_common_elems::text::text[], s.most_common_elem_freqs) AS e (word, share)
        WHERE s.schemaname = current_schema() AND s.tablename = 'item_settled_words'
    )
    SELECT w.word, coalesce(k.share, 0) FROM unnest(tsvector_to_array(queues_words(%s))) AS w (word)
    LEFT JOIN known k ON k.word = w.word
"""


def settled_like(item: Item, shares: Mapping[str, float], *, looked_at: int = LOOKED_AT) -> QuerySet[Item]:
    """Settled items of the project with the rarest of these words; the index alone decides which are looked at."""
    asked = " | ".join(
        "(" + " & ".join(map(_quoted, words)) + ")" for words in conjunctions(shares, n_texts=_n_settled())
    )
    words: Any = Func(F("search_text"), function="queues_words", output_field=SearchVectorField())
    queues = list(Queue.objects.filter(project=item.queue.project_id).values_list("pk", flat=True))
    found = Item.objects.filter(queue__in=queues, state=Item.State.SETTLED).annotate(words=words)
    return found.filter(words=SearchQuery(asked, config="simple", search_type="raw"))[:looked_at]


def _n_settled() -> float:
    """How many settled items there are, as the planner knows it; below 0 where it knows nothing. One statement."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = to_regclass('item_settled_words')")
        return float(cursor.fetchone()[0])


def _showable(item: Item, found: QuerySet[Item]) -> QuerySet[Item]:
    """Those whose label may be shown beside the item."""
    shown = Item.objects.filter(
        pk__in=found.values("pk"), consensus__state__in=Consensus.SURE, consensus__result__isnull=False
    )
    shown = shown.exclude(pk=item.pk)
    if item.trace_id is not None:
        shown = shown.exclude(trace=item.trace_id)
    is_kept = Q(trace=None) | Q(trace__payload__erased_at=None)
    held_out = SplitAssignment.objects.filter(item=OuterRef("pk")).exclude(side="train")
    return shown.filter(is_kept, state=Item.State.SETTLED).exclude(Exists(held_out))


def _quoted(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"


def _is_golden() -> Q:
    """Whether it is, or was, in a golden set: from there come the items whose answer is known."""
    tables = (GoldenMember, SplitAssignment, GoldenItem)
    return Q(*(Exists(table.objects.filter(item=OuterRef("pk"))) for table in tables), _connector=Q.OR)


def _words(item: Item) -> str:
    config, consensus = config_of(item.schema), item.consensus
    return answer_words(config, consensus.result or []) or label_words(config, consensus.label)


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other)
