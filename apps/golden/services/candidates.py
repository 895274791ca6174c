"""What the next version could be made of: the set's members as they stand now, read under the current schema."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.postgres.aggregates import JSONBAgg
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject

from apps.consensus.models import Adjudication
from apps.core.stored import stored
from apps.golden.models import GoldenSet
from apps.golden.selectors import SETTLED, simulated_items
from apps.golden.texts import shown_text
from apps.intake.models import Trace
from apps.labeling.errors import Unmappable
from apps.labeling.models import Annotation
from apps.labeling.schema_chain import ReadAnswer, SchemaChain
from apps.queues.models import Item

Source = Annotation.Source
# Kept in the manifest.
_UNSETTLED = stored("it has no settled answer now")
_SIMULATED = stored("it rests on simulated content, which the set does not allow")
_ERASED = stored("its content was erased")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A settled member and all that the frozen item will say of it, but for its side."""

    item: Item
    answer: ReadAnswer
    text: str
    provenance: dict[str, Any]

    @property
    def key(self) -> str:
        return str(self.item.pk)


@dataclass(slots=True)
class Candidates:
    """Those that can be frozen, in order of arrival in the set, and those that cannot, with the reason."""

    admitted: list[Candidate] = field(default_factory=list)
    left_out: list[dict[str, str]] = field(default_factory=list)

    def refuse(self, item: Item, reason: str) -> None:
        self.left_out.append({"item_id": str(item.pk), "reason": reason})


def collect(*, golden_set: GoldenSet, chain: SchemaChain) -> Candidates:
    """Sort the set's members. One query for the items, so that an answer and its votes belong together."""
    found = Candidates()
    for item in _members(golden_set):
        reason = _refusal(item, golden_set)
        if reason:
            found.refuse(item, reason)
            continue
        try:
            found.admitted.append(_candidate(item, chain))
        except Unmappable as exc:
            found.refuse(item, exc.reason)
    return found


def registered_texts(
    *, golden_set: GoldenSet, besides: Sequence[Candidate], chain: SchemaChain
) -> Iterator[tuple[str, str]]:
    """(item id, text) of items that earlier versions placed and this one leaves out: they still bind duplicates."""
    present = {candidate.item.pk for candidate in besides}
    rows = golden_set.split_assignments.order_by("pk").values_list("item_id", "item__data")
    for item_id, shown in rows:
        text = "" if item_id in present else shown_text(chain.config, shown)
        if text:
            yield str(item_id), text


def _members(golden_set: GoldenSet) -> QuerySet[Item]:
    votes = JSONBAgg(
        JSONObject(
            id="annotations__pk",
            source="annotations__source",
            guideline="annotations__guideline__version",
            assistance="annotations__assistance",
            weight="annotations__weight",
            label="annotations__label",
            schema="annotations__schema_id",
        ),
        filter=Q(annotations__status=Annotation.Status.CURRENT),
        default=[],
    )
    decided = Adjudication.objects.filter(
        item=OuterRef("pk"), status=Adjudication.Status.CURRENT, decision=Adjudication.Decision.LABEL
    )
    return (
        Item.objects.filter(golden_members__golden_set=golden_set)
        .annotate(
            added_at=F("golden_members__added_at"),
            member_id=F("golden_members__pk"),
            votes=votes,
            decision_id=Subquery(decided.values("pk")[:1]),
            decision_simulated=Exists(decided.filter(is_simulated=True)),
            is_settled=Q(SETTLED),
            is_simulated=simulated_items(),
        )
        .select_related("consensus", "trace__payload")
        .order_by("added_at", "member_id")
    )


def _refusal(item: Any, golden_set: GoldenSet) -> str:
    """Why a member stays out; empty when it may come in."""
    if not item.is_settled:
        return _UNSETTLED
    if item.is_simulated and not golden_set.allows_simulated:
        return _SIMULATED
    if item.trace is not None and item.trace.payload.erased_at is not None:
        return _ERASED
    return ""


def _rests_on_guess(item: Any, votes: Sequence[dict[str, Any]]) -> bool:
    """Whether the label is only what people repeated after a model: nobody gave it a whole vote, nobody decided it."""
    if item.decision_id is not None or all(vote["assistance"] == Annotation.Assistance.NONE for vote in votes):
        return False
    whole = [vote for vote in votes if vote["weight"] == 1]
    # An answer under older labels may have the same meaning under another name.
    return not any(vote["label"] == item.consensus.label or vote["schema"] != str(item.schema_id) for vote in whole)


def _candidate(item: Any, chain: SchemaChain) -> Candidate:
    answer = chain.read(item=item, result=item.consensus.result)
    votes = sorted(item.votes, key=lambda vote: vote["id"])
    provenance = {
        "consensus_id": str(item.consensus.pk),
        "consensus_label": item.consensus.label,
        "method": item.consensus.method,
        "annotation_ids": [vote["id"] for vote in votes],
        "adjudication_id": str(item.decision_id) if item.decision_id else None,
        "guideline_versions": sorted({vote["guideline"] for vote in votes if vote["guideline"] is not None}),
        "schema_version": next(one.version for one in chain.versions if one.pk == item.schema_id),
        "sources": sorted({vote["source"] for vote in votes}),
        "simulated_annotations": sum(vote["source"] == Source.SIMULATED for vote in votes),
        "assisted_annotations": sum(vote["assistance"] != Annotation.Assistance.NONE for vote in votes),
        "rests_on_guess": _rests_on_guess(item, votes),
        "simulated_adjudication": item.decision_simulated,
        "synthetic_trace": item.trace is not None and item.trace.origin == Trace.Origin.SYNTHETIC,
        "simulated": item.is_simulated,
    }
    text = shown_text(chain.config, answer.data)
    return Candidate(item=item, answer=answer, text=text, provenance=provenance)
