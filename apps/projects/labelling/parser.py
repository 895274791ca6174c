"""From a Label Studio labelling config (XML) to what it means here. Pure: no Django, no files, no network."""

import hashlib
from functools import lru_cache
from typing import Protocol

from django.utils.translation import gettext as _

from apps.projects.labelling.attrs import fail
from apps.projects.labelling.errors import ConfigError
from apps.projects.labelling.model import LabellingConfig, Node
from apps.projects.labelling.reader import Reader
from apps.projects.labelling.sdk import sdk_findings
from apps.projects.labelling.tags import SUPPORTED
from apps.projects.labelling.xmltree import ROOT, read_xml


@lru_cache(maxsize=512)
def parse_config(xml: str) -> LabellingConfig:
    """What a labelling config means. Cached by its text, so that doors may call it on each request.

    Raises:
        ConfigError: names the tag and the line of the first thing that is wrong.
    """
    root, plain = read_xml(xml)
    if root.tag != ROOT:
        raise fail(root, _("A config starts with <%(root)s>.") % {"root": ROOT})
    reader = Reader()
    reader.read(root, ())
    reader.refuse_empty(root)
    reader.link()
    if finding := sdk_findings(plain):
        reader.refuse_aimless(finding)
        raise ConfigError(
            _("Label Studio would refuse it: %(finding)s") % {"finding": finding}, tag=root.tag, line=root.line
        )
    return _config(xml, plain, root, reader)


def parse_copy(xml: str) -> LabellingConfig:
    """A config that `parse_config` accepted, with its Repeaters written out: an item may repeat nothing at all."""
    root, plain = read_xml(xml)
    reader = Reader()
    reader.read(root, ())
    reader.link()
    return _config(xml, plain, root, reader)


def _config(xml: str, plain: str, root: Node, reader: Reader) -> LabellingConfig:
    return LabellingConfig(
        xml=xml,
        plain=plain,
        sha256=hashlib.sha256(xml.encode()).hexdigest(),
        root=root,
        objects=tuple(reader.objects),
        controls=tuple(reader.controls),
        variables=tuple(dict.fromkeys(reader.variables)),
        notes=tuple(dict.fromkeys(reader.notes)),
        problems=tuple(reader.problems),
        is_per_item=reader.is_per_item,
    )


def unsupported_tags(root: Node) -> tuple[str, ...]:
    """Every tag of a tree that is not known here, each once, in reading order."""
    found = [root.tag] if root.tag not in SUPPORTED else []
    for child in root.children:
        found += unsupported_tags(child)
    return tuple(dict.fromkeys(found))


class HasConfig(Protocol):
    """A stored version of a config, as `projects.LabelSchema` is."""

    config: str


def config_of(schema: HasConfig) -> LabellingConfig:
    """What a stored version means."""
    return parse_config(schema.config)
