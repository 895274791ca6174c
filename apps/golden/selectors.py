"""Reads of golden sets, their members and their versions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Case, CharField, Count, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.fields.json import KeyTextTransform

from apps.consensus.models import Adjudication, Consensus
from apps.golden.models import GoldenItem, GoldenMember, GoldenSet, GoldenVersion
from apps.golden.texts import shown_text
from apps.intake.models import Trace
from apps.projects.labelling import parse_config
from apps.projects.models import Project
from apps.queues.models import Item, Queue

# An ambiguous item has no single right answer, so it is never gold.
SETTLED = Q(state=Item.State.SETTLED, consensus__state__in=Consensus.SURE, consensus__result__isnull=False)


def simulated_items() -> Q:
    """Items with a simulated vote or decision, or a made-up trace. To be used on a queryset of items."""
    decided = Adjudication.objects.filter(
        item=OuterRef("pk"), is_simulated=True, status=Adjudication.Status.CURRENT, decision=Adjudication.Decision.LABEL
    )
    return Q(consensus__n_simulated__gt=0) | Q(trace__origin=Trace.Origin.SYNTHETIC) | Q(Exists(decided))


def sets_of(*, project: Project) -> QuerySet[GoldenSet]:
    """The project's sets, with `n_members` and `latest_number` (None before the first freeze). One query."""
    return (
        GoldenSet.objects.filter(project=project)
        .annotate(
            n_members=Count("members", distinct=True),
            latest_number=Max("versions__number"),
            frozen_at=Max("versions__frozen_at"),
        )
        .order_by("name", "pk")
    )


def versions_of(*, project: Project) -> QuerySet[GoldenVersion]:
    """Frozen versions of one project, newest first. The only way views reach a version."""
    return (
        GoldenVersion.objects.filter(golden_set__project=project, frozen_at__isnull=False)
        .select_related("golden_set", "schema", "parent", "frozen_by")
        .order_by("-frozen_at", "-number")
    )


def version_latest(*, golden_set: GoldenSet) -> GoldenVersion | None:
    """The newest frozen version; None before the first."""
    return golden_set.versions.filter(frozen_at__isnull=False).order_by("-number").first()


@dataclass(frozen=True, slots=True)
class GatherFilter:
    """Which settled items are wanted. An empty field wants all."""

    queue: Queue | None = None
    label: str = ""
    min_confidence: float = 0.0
    since: datetime | None = None  # settled at or after


def items_gatherable(*, golden_set: GoldenSet, wanted: GatherFilter) -> QuerySet[Item]:
    """Settled items of the set's project that are not in it yet and that its rule on simulated content admits."""
    items = Item.objects.filter(SETTLED, queue__project=golden_set.project_id)
    items = items.exclude(Exists(golden_set.members.filter(item=OuterRef("pk"))))
    if not golden_set.allows_simulated:
        items = items.exclude(simulated_items())
    if wanted.queue is not None:
        items = items.filter(queue=wanted.queue)
    if wanted.label:
        items = items.filter(consensus__label=wanted.label)
    if wanted.since is not None:
        items = items.filter(settled_at__gte=wanted.since)
    return items.filter(consensus__confidence__gte=wanted.min_confidence).order_by("settled_at", "pk")


class MemberState:
    """How a member stands to the latest version; values of the `standing` annotation."""

    NEW = "new"  # not in the latest version
    SAME = "same"  # in it, as it was
    CHANGED = "changed"  # its consensus is another one since
    UNSETTLED = "unsettled"  # has no settled answer now: left out of the next version


STANDINGS = (MemberState.NEW, MemberState.CHANGED, MemberState.SAME, MemberState.UNSETTLED)


def members_of(
    *, golden_set: GoldenSet, latest: GoldenVersion | None, standing: str = ""
) -> QuerySet[GoldenMember, GoldenMember]:
    """Members with their item and consensus, annotated with `standing` and `frozen_label`. One query.

    Args:
        standing: only those that stand so; empty for all.
    """
    frozen = GoldenItem.objects.filter(version=latest, item=OuterRef("item"))
    told = KeyTextTransform("consensus_label", "provenance")
    members = golden_set.members.select_related("item__consensus", "item__trace", "item__queue").annotate(
        frozen_label=Subquery(frozen.values("label")[:1]),
        frozen_told=Subquery(frozen.annotate(told=told).values("told")[:1]),
        frozen_result=Subquery(frozen.values("payload__result")[:1]),
    )
    settled = Q(item__state=Item.State.SETTLED, item__consensus__state__in=Consensus.SURE)
    # The label as it was aggregated is compared, since the frozen one may have been mapped to a later schema.
    other_label = ~Q(item__consensus__label=F("frozen_told"))
    other_text = Q(item__consensus__label="") & ~Q(item__consensus__result=F("frozen_result"))
    case = Case(
        When(~settled, then=Value(MemberState.UNSETTLED)),
        When(frozen_told__isnull=True, then=Value(MemberState.NEW)),
        When(other_label | other_text, then=Value(MemberState.CHANGED)),
        default=Value(MemberState.SAME),
        output_field=CharField(),
    )
    told_members = members.annotate(standing=case).order_by("-added_at", "pk")
    return told_members.filter(standing=standing) if standing else told_members


def standing_counts(*, golden_set: GoldenSet, latest: GoldenVersion | None) -> dict[str, int]:
    """How many members stand how. One query."""
    members: QuerySet[Any] = members_of(golden_set=golden_set, latest=latest)
    rows = members.order_by().values("standing").annotate(n=Count("pk"))
    return dict.fromkeys(STANDINGS, 0) | {row["standing"]: row["n"] for row in rows}


def items_changed_since(*, version: GoldenVersion) -> int:
    """Items of the version whose consensus is another one today."""
    return standing_counts(golden_set=version.golden_set, latest=version)[MemberState.CHANGED]


@dataclass(frozen=True, slots=True)
class LabelChange:
    """One item whose frozen answer differs between two versions."""

    item_id: UUID
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class VersionDiff:
    """What the newer version has that the older has not, and the other way round. Ids are those of queue items."""

    added: tuple[UUID, ...]
    removed: tuple[UUID, ...]
    changed: tuple[LabelChange, ...]  # another label or another text under the same label
    n_same: int


def version_diff(older: GoldenVersion, newer: GoldenVersion) -> VersionDiff:
    """Compare two versions of one set item by item. Two queries."""
    before, after = _hashes(older), _hashes(newer)
    both = before.keys() & after.keys()
    changed = [LabelChange(key, before[key][0], after[key][0]) for key in sorted(both) if before[key] != after[key]]
    return VersionDiff(
        added=tuple(sorted(after.keys() - before.keys())),
        removed=tuple(sorted(before.keys() - after.keys())),
        changed=tuple(changed),
        n_same=len(both) - len(changed),
    )


def _hashes(version: GoldenVersion) -> dict[UUID, tuple[str, str]]:
    return {row[0]: (row[1], row[2]) for row in version.items.values_list("item_id", "label", "item_hash")}


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One difference as a page shows it; `text` is None where the content was erased."""

    item_id: UUID
    kind: str  # added | removed | changed
    old: str
    new: str
    text: str | None = None


def diff_lines(diff: VersionDiff) -> list[DiffLine]:
    """All differences: changed labels first, then what came, then what went. Without texts, see `diff_words`."""
    changed = [DiffLine(one.item_id, "changed", one.old, one.new) for one in diff.changed]
    added = [DiffLine(key, "added", "", "") for key in diff.added]
    return changed + added + [DiffLine(key, "removed", "", "") for key in diff.removed]


def diff_words(lines: Iterable[DiffLine], *, older: GoldenVersion, newer: GoldenVersion) -> list[DiffLine]:
    """The lines of one page with labels and texts; the text of the older version for what went. Two queries."""
    wanted = list(lines)
    before, after = (_shown(version, [line.item_id for line in wanted]) for version in (older, newer))
    told = []
    for line in wanted:
        text = (after.get(line.item_id) or before.get(line.item_id) or ("", None))[1]
        old, new = before.get(line.item_id, ("", None))[0], after.get(line.item_id, ("", None))[0]
        told.append(replace(line, old=old, new=new, text=text))
    return told


def _shown(version: GoldenVersion, item_ids: Sequence[UUID]) -> dict[UUID, tuple[str, str | None]]:
    """(label, text) by item."""
    config = parse_config(version.schema.config)
    rows = version.items.filter(item__in=item_ids).select_related("payload")
    return {
        row.item_id: (row.label, None if row.payload.data is None else shown_text(config, row.payload.data))
        for row in rows
    }


def simulated_members(*, golden_set: GoldenSet) -> int:
    """Members that rest on simulated content now."""
    members = Item.objects.filter(golden_members__golden_set=golden_set)
    return members.filter(simulated_items()).distinct().count()
