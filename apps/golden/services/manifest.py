"""What a frozen version says about itself."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from apps.core.version import code_version
from apps.golden.models import GoldenSet, GoldenVersion
from apps.golden.services.candidates import Candidates
from apps.labeling.schema_chain import SchemaChain

if TYPE_CHECKING:
    from apps.golden.services.freezing import Placed

HASHED = (
    "SHA-256 of salt and canonical JSON (RFC 8785) of {data, label, result, split}; Merkle root (RFC 6962) by item id"
)


def manifest_of(
    *,
    golden_set: GoldenSet,
    parent: GoldenVersion | None,
    chain: SchemaChain,
    placed: Sequence["Placed"],
    found: Candidates,
    quarantined: Sequence[str],
) -> dict[str, Any]:
    """Counts and versions of everything that the items rest on; ids and numbers, no text that a person wrote."""
    told = [one.candidate.provenance for one in placed]
    schema = chain.current
    return {
        "items": len(placed),
        "splits": dict(sorted(Counter(one.side for one in placed).items())),
        "labels": _labels(placed),
        "test_share": golden_set.test_share,
        "quarantined": list(quarantined),
        "left_out": found.left_out,
        "schema": {"id": str(schema.pk), "version": schema.version, "sha256": schema.sha256},
        "mapped_from_schema": _mapped(told, current=schema.version),
        "guideline_versions": sorted({version for one in told for version in one["guideline_versions"]}),
        "methods": dict(sorted(Counter(one["method"] for one in told).items())),
        "annotations": sum(len(one["annotation_ids"]) for one in told),
        "simulated": _simulated(told, allowed=golden_set.allows_simulated),
        "assisted": {
            "annotations": sum(one["assisted_annotations"] for one in told),
            "rests_on_guess": sum(one["rests_on_guess"] for one in told),
        },
        "parent": {"number": parent.number, "content_hash": parent.content_hash} if parent else None,
        "hash": HASHED,
        "code": code_version(),
    }


def _labels(placed: Sequence["Placed"]) -> dict[str, dict[str, int]]:
    """{label: {side: count}}, labels and sides by name."""
    counts = Counter((one.candidate.answer.label, one.side) for one in placed)
    labels: dict[str, dict[str, int]] = {}
    for (label, side), count in sorted(counts.items()):
        labels.setdefault(label, {})[side] = count
    return labels


def _mapped(told: Sequence[dict[str, Any]], *, current: int) -> dict[str, int]:
    """{old schema version: items whose answer was read under the current one}."""
    counts = Counter(str(one["schema_version"]) for one in told if one["schema_version"] != current)
    return dict(sorted(counts.items()))


def _simulated(told: Sequence[dict[str, Any]], *, allowed: bool) -> dict[str, Any]:
    items = sum(one["simulated"] for one in told)
    return {
        "allowed": allowed,
        "items": items,
        "share": items / len(told),
        "annotations": sum(one["simulated_annotations"] for one in told),
        "adjudications": sum(one["simulated_adjudication"] for one in told),
        "synthetic_traces": sum(one["synthetic_trace"] for one in told),
    }
