"""Reads of training: runs, the registry of models, and what a model reads of an item."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet

from apps.golden.models import GoldenItem, GoldenVersion
from apps.golden.texts import shown_text
from apps.projects.labelling import LabellingConfig, parse_config
from apps.projects.models import Project
from apps.training.models import ModelVersion, TrainingRun


def item_text(data: Mapping[str, Any], config: LabellingConfig) -> str:
    """What a model reads of an item: all object texts of the config, divided by an empty line."""
    return shown_text(config, data)


def runs_of(*, project: Project) -> QuerySet[TrainingRun]:
    """The project's training runs, newest first, with what a table shows of them."""
    return (
        TrainingRun.objects.filter(project=project)
        .select_related("golden_version__golden_set", "created_by", "model_version")
        .order_by("-created_at", "-pk")
    )


def runs_page(*, project: Project, before: UUID | None, limit: int) -> QuerySet[TrainingRun]:
    """Up to `limit` runs, newest first, older than the run `before` where one is given. Ids grow with time."""
    older = Q(pk__lt=before) if before else Q()
    return runs_of(project=project).filter(older).order_by("-pk")[:limit]


def models_of(*, project: Project) -> QuerySet[ModelVersion]:
    """The project's model versions, newest first."""
    return (
        ModelVersion.objects.filter(project=project)
        .select_related("golden_version__golden_set", "training_run__created_by", "parent")
        .order_by("-number")
    )


def champion_of(*, project: Project) -> ModelVersion | None:
    """The model that serves the project; None before the first promotion."""
    return ModelVersion.objects.filter(project=project, state=ModelVersion.State.CHAMPION).first()


def versions_trainable(*, project: Project) -> QuerySet[GoldenVersion]:
    """Frozen versions of the project's golden sets, newest first."""
    return (
        GoldenVersion.objects.filter(golden_set__project=project, frozen_at__isnull=False)
        .select_related("golden_set", "schema")
        .order_by("-frozen_at", "-number")
    )


def training_rows(*, version: GoldenVersion) -> Iterator[dict[str, str] | None]:
    """The training split as {"id", "text", "label"}, by item id; None stands for an item whose content was erased."""
    config = parse_config(version.schema.config)
    items = GoldenItem.objects.filter(version=version, split="train").select_related("payload").order_by("item_id")
    for row in items.iterator(chunk_size=2000):
        shown = row.payload.data
        text = None if shown is None else item_text(shown, config)
        yield None if text is None else {"id": str(row.item_id), "text": text, "label": row.label}


class HasFiles(Protocol):
    """What has a folder in the artifact store: a model version, or a starting probe."""

    @property
    def artifact_sha256(self) -> str: ...


def model_folder(model: HasFiles) -> Path:
    """Where the model's files lie."""
    return Path(settings.ARTIFACT_ROOT) / "models" / model.artifact_sha256


def model_card(model: ModelVersion) -> str:
    """The model's card without its front matter; empty where the file is gone."""
    try:
        text = (model_folder(model) / "MODEL_CARD.md").read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    # Between two lines of dashes stands what machines read.
    return text.split("\n---\n", 1)[-1].strip()
