"""A labelling config as somebody is writing it: what was sent, what is wrong with it, what it would look like."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from apps.core.errors import TouchstoneError
from apps.labeling.widgets import RenderedReview, render_review
from apps.projects.labelling import (
    ConfigError,
    Control,
    LabellingConfig,
    MappingError,
    SchemaChangeRefused,
    check_mapping,
    data_from_trace,
    parse_config,
    schema_diff,
)
from apps.projects.models import Project
from apps.queues.services.adoption import trace_values

MAP_FIELD = "map."
SAMPLE = {
    "trace_id": "sample-1",
    "input": "What the person wrote",
    "output": "What the model answered",
    "context": {},
    "model": "model-1",
    "attributes": {},
}


def sample_trace(*, project: Project) -> dict[str, Any]:
    """The project's newest trace, to preview on; before the first, an invented one that says what stands where."""
    trace = project.traces.select_related("payload").order_by("-received_at").first()
    return trace_values(trace) if trace else SAMPLE


@dataclass(frozen=True)
class MappingRow:
    """One variable of the config and the expression that finds it in a trace."""

    variable: str
    expression: str
    error: str = ""

    @property
    def field(self) -> str:
        return MAP_FIELD + self.variable


@dataclass(frozen=True)
class MoveRow:
    """A label that goes, and where its answers may go."""

    control: str
    old: str
    chosen: str
    targets: tuple[str, ...]


@dataclass
class ConfigDraft:
    """The editor's fields, kept as they were typed. `errors` is keyed by field."""

    config: str
    mapping: dict[str, str]
    sample: str
    label_map: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    parsed: LabellingConfig | None = None
    review: RenderedReview | None = None
    moves: list[MoveRow] = field(default_factory=list)
    added: tuple[tuple[str, str], ...] = ()

    @classmethod
    def from_post(cls, post: QueryDict) -> "ConfigDraft":
        names = [name for name in post if name.startswith(MAP_FIELD)]
        moves = zip(post.getlist("label_old"), post.getlist("label_new"), strict=False)
        return cls(
            config=post.get("config", "").replace("\r\n", "\n").strip(),
            mapping={name.removeprefix(MAP_FIELD): str(post[name]).strip() for name in names},
            sample=post.get("sample", ""),
            label_map={old: new for old, new in moves if new},
        )

    @classmethod
    def of(cls, *, config: str, mapping: Mapping[str, str], sample: Mapping[str, Any] | None = None) -> "ConfigDraft":
        text = json.dumps(sample or SAMPLE, ensure_ascii=False, indent=2)
        return cls(config=config, mapping=dict(mapping), sample=text)

    @property
    def rows(self) -> list[MappingRow]:
        """The variables that the config has now; of a config that cannot be read, those that were sent."""
        names = self.parsed.variables if self.parsed else tuple(self.mapping)
        return [MappingRow(name, self.mapping.get(name, ""), self.errors.get(f"mapping.{name}", "")) for name in names]

    @property
    def used_mapping(self) -> dict[str, str]:
        """Without rows of variables that an earlier wording of the config had."""
        names = self.parsed.variables if self.parsed else ()
        return {name: self.mapping[name] for name in names if name in self.mapping}

    def read(self, *, before: LabellingConfig | None = None) -> "ConfigDraft":
        """Check all of it and draw the preview as far as it goes. `before`: the config that it would replace."""
        try:
            self.parsed = parse_config(self.config)
        except ConfigError as exc:
            self.refuse(exc)
            return self
        self._guess()
        self._read_changes(before)
        self._draw()
        return self

    def refuse(self, exc: TouchstoneError) -> None:
        """Put a service's refusal beside its field."""
        self.errors[exc.field or "config"] = exc.message

    def _guess(self) -> None:
        """A variable that is called like a field of the trace most likely is it."""
        for name in self.parsed.variables if self.parsed else ():
            if name not in self.mapping and name in SAMPLE:
                self.mapping[name] = name

    def _draw(self) -> None:
        assert self.parsed is not None
        try:
            check_mapping(self.parsed, self.used_mapping)
            self.review = render_review(self.parsed, data_from_trace(self.used_mapping, self._trace()), form_id="none")
        except MappingError as exc:
            self.refuse(exc)
        except ValueError as exc:
            self.errors["sample"] = str(exc)

    def _trace(self) -> dict[str, Any]:
        try:
            trace = json.loads(self.sample)
        except ValueError as exc:
            raise ValueError(_("The sample trace is not JSON: %(problem)s.") % {"problem": exc}) from exc
        if not isinstance(trace, dict):
            raise ValueError(_("The sample trace must be a JSON object."))
        return trace

    def _read_changes(self, before: LabellingConfig | None) -> None:
        if before is None or self.parsed is None:
            return
        try:
            self.added = schema_diff(before, self.parsed, self.label_map).added
        except SchemaChangeRefused as exc:
            self.refuse(exc)
        pairs = ((control, self.parsed.control(control.name)) for control in before.controls)
        self.moves = [row for old, new in pairs if new for row in self._moves(old, new)]

    def _moves(self, old: Control, new: Control) -> list[MoveRow]:
        """A row for each label that goes, and for each that is already sent somewhere."""
        values, after = (tuple(label.value for label in each.labels) or each.classes for each in (old, new))
        chosen = self.label_map
        return [
            MoveRow(old.name, value, chosen.get(value, ""), after)
            for value in values
            if value not in after or value in chosen
        ]
