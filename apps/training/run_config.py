"""A run's settings, completed with defaults and checked by the trainer's own rules before anything is queued."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from apps.golden.models import GoldenVersion
from apps.projects.labelling import parse_config
from apps.training.errors import TrainingRefused
from apps.training.trainer.errors import TrainerError
from apps.training.trainer.job import train_job_from

# Written by the service itself, never by whoever asks for a run.
_OWN = {"labels", "threads", "seed", "train", "cache_dir", "golden", "kind"}


def checked_config(config: Mapping[str, Any], *, version: GoldenVersion) -> dict[str, Any]:
    """The complete settings of a run on `version`, as the row keeps them.

    Raises:
        TrainingRefused: names the field.
    """
    own = _OWN & set(config)
    if own:
        raise TrainingRefused(_("%(setting)s cannot be chosen.") % {"setting": min(own)}, field=min(own))
    values = {**config, "labels": _labels(version), "threads": settings.TRAINER_THREADS}
    try:
        job = train_job_from({**values, "train": Path(), "cache_dir": Path()})
    except TrainerError as error:
        raise TrainingRefused(error.message, field="config") from error
    complete = job.config()
    del complete["seed"]
    return complete


def _labels(version: GoldenVersion) -> list[str]:
    """The classes of the version's schema, where its training split has at least two of them."""
    classes = parse_config(version.schema.config).classes
    if not classes:
        message = _(
            "Models are trained on single choices, ratings and comparisons; this project's question is another."
        )
        raise TrainingRefused(message, field="golden_version")
    present = [label for label, sides in version.manifest["labels"].items() if sides.get("train")]
    if len(present) < 2:
        message = _("The training split of %(version)s holds labels of one kind at most; two are needed.") % {
            "version": version
        }
        raise TrainingRefused(message, field="golden_version")
    return list(classes)
