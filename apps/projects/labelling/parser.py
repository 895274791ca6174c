"""From a Label Studio labelling config (XML) to what it means here. Pure: no Django, no files, no network."""

import hashlib
from functools import lru_cache
from typing import Protocol

from apps.projects.labelling.errors import ConfigError
from apps.projects.labelling.model import Control, DataObject, LabellingConfig, Node
from apps.projects.labelling.sdk import sdk_findings
from apps.projects.labelling.tags import (
    CONTROLS,
    IGNORED,
    LAYOUT,
    MAX_NAME,
    OBJECTS,
    SUPPORTED,
    VARIABLE,
    attr_bool,
    attr_variable,
    fail,
    read_labels,
    unused_attrs,
)
from apps.projects.labelling.xmltree import ROOT, read_xml


@lru_cache(maxsize=256)
def parse_config(xml: str) -> LabellingConfig:
    """What a labelling config means. Cached by its text, so that doors may call it on each request.

    Raises:
        ConfigError: names the tag and the line of the first thing that is wrong.
    """
    root, plain = read_xml(xml)
    if root.tag != ROOT:
        raise fail(root, f"A config starts with <{ROOT}>.")
    reader = _Reader()
    reader.read(root)
    reader.link(root)
    if finding := sdk_findings(plain):
        raise ConfigError(f"Label Studio would refuse it: {finding}", tag=root.tag, line=root.line)
    return LabellingConfig(
        xml=xml,
        plain=plain,
        sha256=hashlib.sha256(xml.encode()).hexdigest(),
        root=root,
        objects=tuple(reader.objects),
        controls=tuple(reader.controls),
        variables=tuple(dict.fromkeys(reader.variables)),
        notes=tuple(dict.fromkeys(reader.notes)),
    )


class _Reader:
    """Walks the tree once and gathers; then links controls to objects."""

    def __init__(self) -> None:
        self.objects: list[DataObject] = []
        self.controls: list[Control] = []
        self.variables: list[str] = []
        self.notes: list[str] = []
        self.named: dict[str, Node] = {}

    def read(self, node: Node) -> None:
        if node.tag in IGNORED:
            self.notes.append(f"<{node.tag}> is ignored: it only changes looks.")
            return
        if node.tag not in SUPPORTED:
            raise fail(node, f"This tag is not supported. Supported are {', '.join(sorted(SUPPORTED))}.")
        self._note_unused(node)
        if node.tag in CONTROLS:
            self._control(node)
        elif node.tag in OBJECTS:
            self._object(node)
        elif node.tag in LAYOUT:
            self._layout(node)
        else:
            raise fail(node, "It stands only inside <Choices>.")

    def link(self, root: Node) -> None:
        """Every toName must name an object; a config must ask something about something."""
        if not self.controls:
            raise fail(root, f"It asks nothing. Add one of {', '.join(sorted(CONTROLS))}.")
        names = {found.name for found in self.objects}
        for control in self.controls:
            node = self.named[control.name]
            for target in control.to_name:
                self._check_target(node, target, names)

    def _note_unused(self, node: Node) -> None:
        for attr in unused_attrs(node):
            self.notes.append(f'The attribute "{attr}" of <{node.tag}> is ignored: it has no effect here.')

    def _layout(self, node: Node) -> None:
        if node.tag == "Header":
            if not node.attrs.get("value", "").strip():
                raise fail(node, "It has no value.")
            self._childless(node)
            self.variables += VARIABLE.findall(node.attrs["value"])
        for child in node.children:
            self.read(child)

    def _object(self, node: Node) -> None:
        self._childless(node)
        self._name(node)
        if node.attrs.get("valueType", "text") != "text":
            raise fail(node, 'Only valueType="text" is supported: nothing is fetched from an address.')
        found = DataObject(name=node.name, tag=node.tag, variable=attr_variable(node), line=node.line)
        self.objects.append(found)
        self.variables.append(found.variable)

    def _control(self, node: Node) -> None:
        tag = CONTROLS[node.tag]
        if not tag.has_labels:
            self._childless(node)
        self._name(node)
        control = Control(
            name=node.name,
            tag=node.tag,
            to_name=self._targets(node, tag.n_objects),
            kind=tag.kind(node),
            line=node.line,
            required=attr_bool(node, "required"),
            labels=read_labels(node) if tag.has_labels else (),
            attrs=tag.attrs(node),
            start=attr_variable(node) if tag.start and "value" in node.attrs else "",
        )
        for child in node.children:
            self._note_inside(child)
        self.controls.append(control)
        if control.start:
            self.variables.append(control.start)

    def _note_inside(self, node: Node) -> None:
        if node.tag == "Choice":
            self._note_unused(node)
        for child in node.children:
            self._note_inside(child)

    def _name(self, node: Node) -> None:
        name = node.name
        if not name.strip():
            raise fail(node, "It has no name.")
        if len(name) > MAX_NAME or any(char in name for char in ",\n\r\t"):
            raise fail(node, f"Its name must be one line without commas, of at most {MAX_NAME} characters.")
        if name in self.named:
            other = self.named[name]
            raise fail(node, f'The name "{name}" is already taken by <{other.tag}> on line {other.line}.')
        self.named[name] = node

    def _targets(self, node: Node, n_objects: int) -> tuple[str, ...]:
        text = node.attrs.get("toName", "")
        if not text.strip():
            other = next((attr for attr in node.attrs if attr.lower() == "toname"), "")
            hint = f' It is written toName, not "{other}".' if other else ""
            raise fail(node, f"It has no toName, so it asks about nothing.{hint}")
        targets = tuple(text.split(","))
        if len(targets) != n_objects or len(set(targets)) != n_objects:
            wanted = "one object" if n_objects == 1 else f"{n_objects} different objects, divided by a comma"
            raise fail(node, f'toName="{text}" must name {wanted}.')
        return targets

    def _check_target(self, node: Node, target: str, names: set[str]) -> None:
        if target in names:
            return
        if target in self.named:
            other = self.named[target]
            raise fail(node, f'toName="{target}" is a <{other.tag}>, not something to look at.')
        raise fail(node, f'toName="{target}" names no object of this config.')

    @staticmethod
    def _childless(node: Node) -> None:
        if node.children:
            raise fail(node.children[0], f"It cannot stand inside <{node.tag}>.")


class HasConfig(Protocol):
    """A stored version of a config, as `projects.LabelSchema` is."""

    config: str


def config_of(schema: HasConfig) -> LabellingConfig:
    """What a stored version means."""
    return parse_config(schema.config)
