"""The sample's files, read and checked."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "sample"


@dataclass(frozen=True)
class Message:
    """One message with its label by the guideline, which stands for the truth where reviewers are simulated."""

    id: str
    text: str
    label: str
    ambiguous_with: str = ""
    reply: str = ""
    correction: str = ""

    @property
    def trace_id(self) -> str:
        return f"sample-{self.id}"


class SampleFiles:
    """What lies in the sample's folder."""

    @cached_property
    def project(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads(self._text("project.json"))
        return loaded

    @cached_property
    def messages(self) -> list[Message]:
        return [Message(**json.loads(line)) for line in self._text("messages.jsonl").splitlines()]

    @property
    def config(self) -> str:
        return self._text("labelling_config.xml")

    @property
    def guideline(self) -> str:
        return self._text("guideline.md")

    def _text(self, name: str) -> str:
        return (FOLDER / name).read_text(encoding="utf-8")
