"""Ready labelling configs to start a project from, each with a mapping and a sample trace to preview it on."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class LabelTemplate:
    """One ready config. `sample` is a trace written by us; `mapping` turns it into the config's variables."""

    slug: str
    title: str
    description: str
    config: str
    mapping: Mapping[str, str]
    sample: Mapping[str, Any]


@cache
def label_templates() -> tuple[LabelTemplate, ...]:
    """All of them, in the order in which a picker shows them."""
    rows = json.loads((_FOLDER / "index.json").read_text(encoding="utf-8"))
    return tuple(LabelTemplate(config=_config(row["slug"]), **row) for row in rows)


def label_template(slug: str) -> LabelTemplate | None:
    return next((template for template in label_templates() if template.slug == slug), None)


def _config(slug: str) -> str:
    return (_FOLDER / f"{slug}.xml").read_text(encoding="utf-8")
