"""The dataset card: README.md with the YAML front matter that Hugging Face `datasets` and the Hub read."""

from collections.abc import Sequence
from typing import Any

import yaml

from apps.golden.models import GoldenVersion

FEATURES = [
    {"name": "id", "dtype": "string"},
    {"name": "text", "dtype": "string"},
    {"name": "label", "dtype": "string"},
    {"name": "data", "dtype": "string"},
    {"name": "result", "dtype": "string"},
    {"name": "confidence", "dtype": "float64"},
    {"name": "hash", "dtype": "string"},
    {"name": "simulated", "dtype": "bool"},
    {"name": "rests_on_guess", "dtype": "bool"},
    {"name": "erased", "dtype": "bool"},
]


def card(version: GoldenVersion, *, splits: Sequence[str], n_erased: int) -> str:
    """The card of one version. All that it says can be recomputed from the files beside it."""
    manifest = version.manifest
    front = yaml.safe_dump(_front(version, splits), sort_keys=False, allow_unicode=True)
    lines = [
        f"# {version.golden_set.name}, version {version.number}",
        "",
        version.golden_set.description,
        "",
        f"Frozen on {version.frozen_at:%Y-%m-%d %H:%M} UTC from consensus answers. {manifest['items']} items.",
        "",
        "| label | " + " | ".join(splits) + " |",
        "| --- |" + " ---: |" * len(splits),
        *(f"| {_cell(label)} | " + _counts(counts, splits) for label, counts in manifest["labels"].items()),
        "",
        "## Provenance",
        "",
        f"- Content hash: `{version.content_hash}` ({manifest['hash']}).",
        f"- Parent: {_parent(manifest)}.",
        f"- Label schema: version {manifest['schema']['version']}, SHA-256 `{manifest['schema']['sha256']}`.",
        f"- Guideline versions: {_listed(manifest['guideline_versions'])}.",
        f"- Answers behind it: {manifest['annotations']}; settled by {_listed(manifest['methods'])}.",
        f"- Simulated: {_simulated(manifest['simulated'])}",
        f"- A model's guess: {_guessed(manifest.get('assisted'))}",
        f"- Quarantined as duplicates across the split: {len(manifest['quarantined'])}; left out: "
        f"{len(manifest['left_out'])}.",
        f"- Erased since at a person's request: {n_erased} (label and hash are kept, the content is gone).",
        f"- Made by Touchstone {manifest['code']}.",
        "",
        "The root can be recomputed from the columns `id` and `hash`: leaf = SHA-256(0x00 ‖ hash ‖ id), node = "
        "SHA-256(0x01 ‖ left ‖ right), leaves in order of the id over all splits, a node without a sibling moves up.",
        "",
    ]
    return f"---\n{front}---\n\n" + "\n".join(lines)


def _front(version: GoldenVersion, splits: Sequence[str]) -> dict[str, Any]:
    files = [{"split": split, "path": f"data/{split}-*.parquet"} for split in splits]
    counts = [{"name": split, "num_examples": version.manifest["splits"][split]} for split in splits]
    return {
        "pretty_name": f"{version.golden_set.name} v{version.number}",
        "configs": [{"config_name": "default", "data_files": files}],
        "dataset_info": {"features": FEATURES, "splits": counts},
        "touchstone": {
            "golden_set": version.golden_set.slug,
            "version": version.number,
            "content_hash": version.content_hash,
            "items": version.manifest["items"],
            "simulated_items": version.manifest["simulated"]["items"],
        },
    }


def _counts(counts: dict[str, int], splits: Sequence[str]) -> str:
    return " | ".join(str(counts.get(split, 0)) for split in splits) + " |"


def _cell(label: str) -> str:
    """A label inside a Markdown table."""
    return label.replace("|", "\\|").replace("\n", " ") or "(free text)"


def _parent(manifest: dict[str, Any]) -> str:
    parent = manifest["parent"]
    return f"version {parent['number']}, `{parent['content_hash']}`" if parent else "none, this is the first"


def _listed(values: Any) -> str:
    if isinstance(values, dict):
        return ", ".join(f"{name} ({count})" for name, count in values.items())
    return ", ".join(str(value) for value in values) or "none"


def _guessed(told: dict[str, Any] | None) -> str:
    if not told or not told["annotations"]:
        return "every answer was given blind."
    return (
        f"{told['annotations']} annotations were made after seeing one; the labels of {told['rests_on_guess']} items "
        "rest on nothing else, none of them on the test side."
    )


def _simulated(told: dict[str, Any]) -> str:
    if not told["items"]:
        return "nothing; every answer was given by a person."
    return (
        f"{told['items']} items ({told['share']:.1%}) rest on simulated content: {told['annotations']} annotations, "
        f"{told['adjudications']} adjudications, {told['synthetic_traces']} synthetic traces."
    )
