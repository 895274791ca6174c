"""Old answers read under the current schema version, by the label maps stored with each version between."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from apps.core.stored import stored
from apps.labeling.errors import Unmappable
from apps.labeling.widgets.answers import answer_label
from apps.projects.labelling import (
    LabellingConfig,
    LabelMap,
    MappingError,
    SchemaChangeRefused,
    data_from_trace,
    map_result,
    parse_config,
    schema_diff,
)
from apps.projects.models import LabelSchema, Project
from apps.queues.models import Item
from apps.queues.services.adoption import trace_values

# Kept in a golden version's manifest.
_NO_TRACE = stored("the current schema shows other variables, and the item has no trace to take them from")
_ERASED = stored("its content was erased")


@dataclass(frozen=True, slots=True)
class ReadAnswer:
    """An answer as the current schema reads it."""

    data: dict[str, Any]
    label: str
    result: list[dict[str, Any]]


class SchemaChain:
    """A project's schema versions in order, and the steps between them. One query."""

    def __init__(self, project: Project) -> None:
        self.versions: list[LabelSchema] = list(project.label_schemas.order_by("version"))
        self.current = self.versions[-1]
        self._steps: dict[int, LabelMap | Unmappable] = {}

    @cached_property
    def config(self) -> LabellingConfig:
        return parse_config(self.current.config)

    def read(self, *, item: Item, result: list[dict[str, Any]]) -> ReadAnswer:
        """The item's data and the answer to it under the current version.

        Raises:
            Unmappable: a version in between gives the old answer or the old data no meaning.
        """
        for version in self._versions_after(item.schema_id):
            result = map_result(result, self._step(version))
        return ReadAnswer(data=self._data(item), label=answer_label(self.config, result) or "", result=result)

    def read_between(self, *, result: list[dict[str, Any]], old: LabelSchema, new: LabelSchema) -> tuple[str, Any]:
        """(canonical label, result) of an older version's answer under a newer one, not necessarily the current.

        Raises:
            Unmappable: a version in between gives the answer no meaning.
        """
        for index in range(self._place(old.pk) + 1, self._place(new.pk) + 1):
            result = map_result(result, self._step(index))
        return answer_label(parse_config(new.config), result) or "", result

    def label_names(self, *, old: LabelSchema, new: LabelSchema) -> dict[str, str]:
        """What the labels of an older version's primary control are called in a newer one; {} where they are the same.

        A label without a successor keeps its name, and whoever compares it finds it unknown.
        """
        first, last = (self._place(schema.pk) for schema in (old, new))
        control = parse_config(old.config).primary
        names = {label: label for label in control.classes}
        for index in range(first + 1, last + 1):
            try:
                step = self._step(index).labels[parse_config(self.versions[index - 1].config).primary.name]
            except Unmappable:
                return {}
            names = {first_name: step.get(name, name) for first_name, name in names.items()}
        return {name: now for name, now in names.items() if name != now}

    def _place(self, schema_id: Any) -> int:
        return next(index for index, schema in enumerate(self.versions) if schema.pk == schema_id)

    def _versions_after(self, schema_id: Any) -> range:
        """Indexes of the versions that an answer of that schema has not seen."""
        return range(self._place(schema_id) + 1, len(self.versions))

    def _step(self, index: int) -> LabelMap:
        if index not in self._steps:
            old, new = self.versions[index - 1], self.versions[index]
            try:
                self._steps[index] = schema_diff(parse_config(old.config), parse_config(new.config), new.label_map)
            except SchemaChangeRefused as exc:
                self._steps[index] = Unmappable(exc.message)
        step = self._steps[index]
        if isinstance(step, Unmappable):
            raise step
        return step

    def _data(self, item: Item) -> dict[str, Any]:
        """What the current config shows of the item: as stored where its variables are there, else from the trace."""
        stored: Mapping[str, Any] = item.data
        if item.schema_id == self.current.pk or set(self.config.variables) <= set(stored):
            return dict(stored)
        if item.trace is None:
            raise Unmappable(_NO_TRACE)
        if item.trace.payload.erased_at is not None:
            raise Unmappable(_ERASED)
        try:
            return data_from_trace(self.current.mapping, trace_values(item.trace))
        except MappingError as exc:
            raise Unmappable(exc.message) from exc
