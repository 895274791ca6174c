"""Reads XML into nodes that know their line; refuses what XML should not do here (DTDs, entities, depth)."""

from typing import Any

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError, tostring
from django.utils.translation import gettext as _

from apps.core import figures
from apps.projects.labelling.errors import ConfigError
from apps.projects.labelling.model import Node
from apps.projects.labelling.tags import spelt

MAX_BYTES = 1_000_000
MAX_DEPTH = 30
MAX_TAGS = 5_000  # but for labels, of which a control may have more (labels.MAX_LABELS)
_LABELS = frozenset({"Choice", "Label"})
ROOT = "View"  # what an error names where no tag can be told


class _LineParser(DefusedXMLParser):
    """The tree builder that remembers on which line each element starts."""

    def __init__(self) -> None:
        super().__init__(forbid_dtd=True)
        self.lines: dict[Any, int] = {}
        self.open: list[str] = []
        self.tags = 0

    @property
    def line(self) -> int:
        return int(self.parser.CurrentLineNumber)

    def _start(self, tag: str, attr_list: list[str]) -> Any:
        self.open.append(tag)
        if len(self.open) > MAX_DEPTH:
            raise ConfigError(
                _("Tags are nested more than %(max_depth)s deep.") % {"max_depth": MAX_DEPTH}, tag=tag, line=self.line
            )
        self.tags += spelt(tag) not in _LABELS
        if self.tags > MAX_TAGS:
            raise ConfigError(
                _("It has more than %(max_tags)s tags.") % {"max_tags": figures.number(MAX_TAGS, 0)},
                tag=tag,
                line=self.line,
            )
        element = super()._start(tag, attr_list)  # type: ignore[misc]
        self.lines[element] = self.line
        return element

    def _end(self, tag: str) -> Any:
        self.open.pop()
        return super()._end(tag)  # type: ignore[misc]


def read_xml(xml: str) -> tuple[Node, str]:
    """The root node, and the same config written plainly (no comments, no declaration) for other parsers.

    Raises:
        ConfigError: too long, not well-formed, nested too deep, or with a document type or entity.
    """
    _check_size(xml)
    parser = _LineParser()
    try:
        parser.feed(xml)  # as text: what it declares about its bytes was true of a file, and is no matter any more
        root = parser.close()
    except ParseError as exc:
        raise _not_well_formed(exc, parser) from exc
    except DefusedXmlException as exc:
        message = _("A config may not declare a document type (DTD) or entities.")
        raise ConfigError(message, tag="!DOCTYPE", line=parser.line) from exc
    return _node(root, parser.lines), str(tostring(root, encoding="unicode"))


def _check_size(xml: str) -> None:
    try:
        n_bytes = len(xml.encode())
    except UnicodeEncodeError as exc:
        line = xml.count("\n", 0, exc.start) + 1
        raise ConfigError(_("The text holds a character that is not valid Unicode."), tag=ROOT, line=line) from exc
    if n_bytes > MAX_BYTES:
        raise ConfigError(
            _("The config has %(n)s bytes; at most %(most)s are allowed.")
            % {"n": figures.count(n_bytes), "most": figures.count(MAX_BYTES)},
            tag=ROOT,
            line=1,
        )


def _not_well_formed(exc: ParseError, parser: _LineParser) -> ConfigError:
    line, column = exc.position
    problem = str(exc).split(":")[0]
    tag = parser.open[-1] if parser.open else ROOT
    return ConfigError(
        _("This is not well-formed XML: %(problem)s, column %(column)s.") % {"problem": problem, "column": column + 1},
        tag=tag,
        line=max(line, 1),
    )


def _node(element: Any, lines: dict[Any, int]) -> Node:
    children = tuple(_node(child, lines) for child in element)
    text = " ".join([element.text or "", *(child.tail or "" for child in element)]).strip()
    tag = spelt(element.tag)
    return Node(tag=tag, attrs=dict(element.attrib), line=lines[element], children=children, text=text)
