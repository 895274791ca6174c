"""What an item says, as one text: for telling duplicates, for search and for models."""

from collections.abc import Mapping
from typing import Any

from apps.core.canonical import canonical_bytes
from apps.projects.labelling import LabellingConfig


def shown_text(config: LabellingConfig, data: Mapping[str, Any]) -> str:
    """All that the config shows of an item, object by object, divided by an empty line. Never the label."""
    values = (data.get(found.variable) for found in config.objects)
    return "\n\n".join(value if isinstance(value, str) else _as_json(value) for value in values if value is not None)


def _as_json(value: Any) -> str:
    return canonical_bytes(value).decode()
