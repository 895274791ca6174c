"""The rows that models are held against: a split of a golden version, or a list that belongs to no version."""

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from apps.evaluation.errors import SetUnusable
from apps.golden.models import GoldenItem, GoldenVersion
from apps.golden.texts import shown_text
from apps.projects.labelling import parse_config
from apps.training.models import ModelVersion

FOLDER = "evaluation_sets"


@dataclass(frozen=True, slots=True)
class EvaluationRow:
    """A text, its golden label, and the cohort it belongs to."""

    id: str
    text: str
    label: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EvaluationSet:
    """What is evaluated on. `classes` are those that the set's own schema knows; empty where it has none."""

    name: str
    rows: tuple[EvaluationRow, ...]
    classes: tuple[str, ...] = ()
    n_erased: int = 0  # left out: their content is gone
    n_seen: int = 0  # left out: one of the models was trained on them
    n_simulated: int = 0  # rest on simulated answers


def golden_rows(version: GoldenVersion, *, split: str, models: Sequence[ModelVersion]) -> EvaluationSet:
    """The split's items, without those that one of the models has seen in training.

    Inside one golden set sides are kept for ever, so nothing is seen; a model trained on another set may have met them.
    """
    config = parse_config(version.schema.config)
    seen = _trained_on(models)
    rows, n_erased, n_seen, n_simulated = [], 0, 0, 0
    for item in version.items.filter(split=split).select_related("payload", "item__trace").order_by("item_id"):
        if item.item_id in seen:
            n_seen += 1
        elif item.payload.data is None:
            n_erased += 1
        else:
            n_simulated += bool(item.provenance["simulated"])
            text = shown_text(config, item.payload.data)
            attributes = item.item.trace.attributes if item.item.trace is not None else {}
            rows.append(EvaluationRow(str(item.item_id), text, item.label, attributes))
    return EvaluationSet(f"{version}, {split}", tuple(rows), config.classes, n_erased, n_seen, n_simulated)


def _trained_on(models: Sequence[ModelVersion]) -> set[Any]:
    """Ids of the queue items on which the models were trained."""
    versions = [model.golden_version_id for model in models]
    return set(GoldenItem.objects.filter(version__in=versions, split="train").values_list("item_id", flat=True))


def external_set_write(*, name: str, rows: Iterable[EvaluationRow]) -> dict[str, Any]:
    """Store rows as a file named by its hash. Returns what an evaluation run keeps: {name, sha256, path, items}."""
    folder = Path(settings.ARTIFACT_ROOT) / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    digest, count = hashlib.sha256(), 0
    handle, partial = tempfile.mkstemp(dir=folder)
    with os.fdopen(handle, "wb") as file:
        for row in rows:
            line = _line(row)
            digest.update(line)
            file.write(line)
            count += 1
    path = f"{FOLDER}/{digest.hexdigest()}.jsonl"
    # A rename is whole or not at all: whoever finds the name finds the whole file.
    os.replace(partial, Path(settings.ARTIFACT_ROOT) / path)
    return {"name": name, "sha256": digest.hexdigest(), "path": path, "items": count}


def _line(row: EvaluationRow) -> bytes:
    values = {"id": row.id, "text": row.text, "label": row.label, "attributes": dict(row.attributes)}
    return json.dumps(values, ensure_ascii=False).encode() + b"\n"


def external_rows(external_set: Mapping[str, Any]) -> EvaluationSet:
    """The rows of a stored list.

    Raises:
        SetUnusable: the file is gone or is not the one that was named.
    """
    path = Path(settings.ARTIFACT_ROOT) / external_set["path"]
    try:
        content = path.read_bytes()
    except OSError as exc:
        raise SetUnusable(
            _("The file of the set %(external_set)s is gone.") % {"external_set": external_set["name"]}
        ) from exc
    if hashlib.sha256(content).hexdigest() != external_set["sha256"]:
        raise SetUnusable(
            _("The file of the set %(external_set)s has changed since the run was asked for.")
            % {"external_set": external_set["name"]}
        )
    rows = tuple(EvaluationRow(**json.loads(line)) for line in content.splitlines() if line)
    return EvaluationSet(str(external_set["name"]), rows)
