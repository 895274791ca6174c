"""Recomputing everything that a frozen version claims."""

from collections import Counter
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from apps.core.canonical import canonical_bytes
from apps.golden.algorithms.hashing import item_hash, merkle_root
from apps.golden.models import GoldenItem, GoldenVersion

PROBLEMS_TOLD = 20


@dataclass(slots=True)
class Verification:
    """The outcome. Erased items are no problem: their hash stands, their content cannot be checked any more."""

    problems: list[str] = field(default_factory=list)
    n_items: int = 0
    n_erased: int = 0

    @property
    def holds(self) -> bool:
        return not self.problems


def golden_verify(version: GoldenVersion) -> Verification:
    """Recompute every item's hash, the root and the manifest's counts; the content hash is the judge.

    Reads all items once, in portions.
    """
    found = Verification()
    salt = bytes.fromhex(version.golden_set.salt)
    hashes: dict[str, str] = {}
    sides: Counter[str] = Counter()
    wrong = []
    for row in version.items.select_related("payload").iterator(chunk_size=2000):
        hashes[str(row.item_id)] = row.item_hash
        sides[row.split] += 1
        found.n_items += 1
        if row.payload.erased_at is not None:
            found.n_erased += 1
        elif _recomputed(row, salt) != row.item_hash:
            wrong.append(str(row.item_id))
    found.problems += [_("Item %(item)s does not match its hash.") % {"item": key} for key in wrong[:PROBLEMS_TOLD]]
    if len(wrong) > PROBLEMS_TOLD:
        found.problems.append(_("%(n)s more items do not match their hash.") % {"n": len(wrong) - PROBLEMS_TOLD})
    if merkle_root(hashes) != version.content_hash:
        found.problems.append(_("The items do not add up to the version's content hash."))
    found.problems += _manifest_problems(version, n_items=found.n_items, sides=dict(sides))
    return found


def _recomputed(row: GoldenItem, salt: bytes) -> str:
    payload = row.payload
    content = {"data": payload.data, "label": row.label, "result": payload.result, "split": row.split}
    return item_hash(content, salt=salt)


def _manifest_problems(version: GoldenVersion, *, n_items: int, sides: dict[str, int]) -> list[str]:
    manifest, problems = version.manifest, []
    if manifest["items"] != n_items:
        problems.append(
            _("The manifest says %(told)s items; there are %(n)s.") % {"told": manifest["items"], "n": n_items}
        )
    if canonical_bytes(manifest["splits"]) != canonical_bytes(sides):
        problems.append(_("The manifest's counts by split differ from the items."))
    if manifest["schema"]["sha256"] != version.schema.sha256:
        problems.append(_("The manifest names another labelling config."))
    if version.parent is not None and manifest["parent"]["content_hash"] != version.parent.content_hash:
        problems.append(_("The manifest names another parent."))
    return problems
