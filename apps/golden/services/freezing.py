"""Freezing: the one transaction that turns a set's members into an immutable version."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.typed import typed
from apps.events.services import event_record
from apps.golden.algorithms.clusters import clusters_of, duplicate_pairs
from apps.golden.algorithms.hashing import item_hash, merkle_root
from apps.golden.algorithms.splits import assign_sides
from apps.golden.errors import NothingChanged, NothingToFreeze
from apps.golden.models import GoldenItem, GoldenPayload, GoldenSet, GoldenVersion, SplitAssignment
from apps.golden.selectors import version_latest
from apps.golden.services.candidates import Candidate, Candidates, collect, registered_texts
from apps.golden.services.manifest import manifest_of
from apps.labeling.schema_chain import ReadAnswer, SchemaChain

INSERT_ROWS = 2000
QUARANTINED = "quarantined"
GUESSED = "its label only repeats a model's guess, which no test may rest on"


@dataclass(frozen=True, slots=True)
class Placed:
    """A candidate with its side of the split and its hash."""

    candidate: Candidate
    side: str
    digest: str


def frozen_content(answer: ReadAnswer, side: str) -> dict[str, Any]:
    """What an item's hash is taken over."""
    return {"data": answer.data, "label": answer.label, "result": answer.result, "split": side}


@transaction.atomic
def golden_freeze(*, golden_set: GoldenSet, by: User, now: datetime, note: str = "") -> GoldenVersion:
    """Freeze the set's settled members into its next version.

    Everything is decided here: which members are in, on which side each stands, what the hash is. Afterwards the
    database refuses every change but the erasure of a payload.

    Raises:
        NothingToFreeze: no member can be frozen.
        NothingChanged: the version would equal the last one.
    """
    # Two freezes of one set would both become the next number and split the same newcomers apart.
    locked = GoldenSet.objects.select_for_update().get(pk=golden_set.pk)
    chain = SchemaChain(locked.project)
    found = collect(golden_set=locked, chain=chain)
    placed, quarantined = _place(locked, found, chain)
    if not placed:
        raise NothingToFreeze(_why_empty(found, quarantined))
    content_hash = merkle_root({one.candidate.key: one.digest for one in placed})
    parent = _parent(locked, content_hash, chain)
    version = GoldenVersion.objects.create(
        golden_set=locked,
        number=parent.number + 1 if parent else 1,
        parent=parent,
        schema=chain.current,
        content_hash=content_hash,
        manifest=manifest_of(
            golden_set=locked, parent=parent, chain=chain, placed=placed, found=found, quarantined=quarantined
        ),
        note=typed(note),
        frozen_by=by,
        frozen_at=None,
    )
    _insert(version, placed)
    GoldenVersion.objects.filter(pk=version.pk).update(frozen_at=now)
    version.refresh_from_db()
    what = {"number": version.number, "items": len(placed), "content_hash": content_hash}
    event_record(
        verb="golden_version.frozen", obj=version, project_id=locked.project_id, actor=by, payload=what, at=now
    )
    return version


def _parent(golden_set: GoldenSet, content_hash: str, chain: SchemaChain) -> GoldenVersion | None:
    """The version before this one, which must differ from it; None for the first."""
    parent = version_latest(golden_set=golden_set)
    if parent is not None and (parent.content_hash, parent.schema_id) == (content_hash, chain.current.pk):
        raise NothingChanged(
            _("Nothing has changed since version %(parent)s; nothing was frozen.") % {"parent": parent.number}
        )
    return parent


def _place(golden_set: GoldenSet, found: Candidates, chain: SchemaChain) -> tuple[list[Placed], list[str]]:
    """Give every candidate its side, keep the decision in the registry; (placed, keys of the quarantined)."""
    salt = bytes.fromhex(golden_set.salt)
    earlier = list(registered_texts(golden_set=golden_set, besides=found.admitted, chain=chain))
    keys = [key for key, _ in earlier] + [candidate.key for candidate in found.admitted]
    texts = [text for _, text in earlier] + [candidate.text for candidate in found.admitted]
    registry = {str(key): side for key, side in golden_set.split_assignments.values_list("item_id", "side")}
    pairs = duplicate_pairs(texts)
    shares = {"train": 1 - golden_set.test_share, "test": golden_set.test_share}
    plan = assign_sides(keys, pairs, salt=salt, registry=registry, shares=shares)
    sides = dict(plan.sides) | {one.key: QUARANTINED for one in plan.quarantined}
    firsts = clusters_of(pairs, n_items=len(keys))
    cluster = {key: keys[int(first)] for key, first in zip(keys, firsts, strict=True)}
    _register(golden_set, {key: (sides[key], cluster[key]) for key in keys if key not in registry}, salt)
    placed = []
    for candidate in found.admitted:
        side = sides[candidate.key]
        if side == "test" and candidate.provenance["rests_on_guess"]:
            found.refuse(candidate.item, GUESSED)
        elif side != QUARANTINED:
            placed.append(Placed(candidate, side, _digest(candidate, side, salt)))
    return placed, sorted(one.key for one in found.admitted if sides[one.key] == QUARANTINED)


def _digest(candidate: Candidate, side: str, salt: bytes) -> str:
    return item_hash(frozen_content(candidate.answer, side), salt=salt)


def _register(golden_set: GoldenSet, newcomers: dict[str, tuple[str, str]], salt: bytes) -> None:
    SplitAssignment.objects.bulk_create(
        (
            SplitAssignment(
                golden_set=golden_set,
                item_id=key,
                side=side,
                cluster_key=hashlib.sha256(salt + b"\x00cluster\x00" + first.encode()).hexdigest(),
            )
            for key, (side, first) in newcomers.items()
        ),
        batch_size=INSERT_ROWS,
    )


def _insert(version: GoldenVersion, placed: Iterable[Placed]) -> None:
    pairs = [(_golden_item(version, one), one.candidate.answer) for one in placed]
    GoldenItem.objects.bulk_create((row for row, _ in pairs), batch_size=INSERT_ROWS)
    GoldenPayload.objects.bulk_create(
        (GoldenPayload(golden_item=row, data=answer.data, result=answer.result) for row, answer in pairs),
        batch_size=INSERT_ROWS,
    )


def _golden_item(version: GoldenVersion, placed: Placed) -> GoldenItem:
    candidate = placed.candidate
    return GoldenItem(
        version=version,
        item=candidate.item,
        item_hash=placed.digest,
        label=candidate.answer.label,
        split=placed.side,
        confidence=candidate.item.consensus.confidence,
        provenance=candidate.provenance,
    )


def _why_empty(found: Candidates, quarantined: list[str]) -> str:
    if not found.left_out and not quarantined:
        return _("The set has no items yet. Gather settled items first; nothing was frozen.")
    sentence = _(
        "No item of the set can be frozen now (%(out)s left out, %(quarantined)s quarantined); nothing was frozen."
    )
    return sentence % {"out": len(found.left_out), "quarantined": len(quarantined)}
