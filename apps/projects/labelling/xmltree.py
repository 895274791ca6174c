"""Reads XML into nodes that know their line; refuses what XML should not do here (DTDs, entities, depth)."""

from typing import Any

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError, tostring
from django.utils.translation import gettext as _

from apps.core import figures
from apps.projects.labelling.errors import ConfigError
from apps.projects.labelling.model import Node
from apps.projects.labelling.tags import spelt

MAX_BYTES = 200_000
MAX_DEPTH = 30
MAX_TAGS = 5_000
ROOT = "View"  # what an error names where no tag can be told


class _LineParser(DefusedXMLParser):
    """The tree builder that remembers on which line each element starts."""

    def __init__(self) -> None:
        super().__init__(forbid_dtd=True)
        self.lines: dict[Any, int] = {}
        self.open: list[str] = []

    @property
    def line(self) -> int:
        return int(self.parser.CurrentLineNumber)

    def _start(self, tag: str, attr_list: list[str]) -> Any:
        self.open.append(tag)
        if len(self.open) > MAX_DEPTH:
            raise ConfigError(
                _("Tags are nested more than %(max_depth)s deep.") % {"max_depth": MAX_DEPTH}, tag=tag, line=self.line
            )
        if len(self.lines) >= MAX_TAGS:
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
    content = _bytes(xml)
    parser = _LineParser()
    try:
        parser.feed(content)
        root = parser.close()
    except ParseError as exc:
        raise _not_well_formed(exc, parser) from exc
    except DefusedXmlException as exc:
        message = _("A config may not declare a document type (DTD) or entities.")
        raise ConfigError(message, tag="!DOCTYPE", line=parser.line) from exc
    except (ValueError, LookupError) as exc:  # an encoding that the parser does not know, or that lies
        raise ConfigError(_("The text cannot be read in the encoding that it declares."), tag=ROOT, line=1) from exc
    return _node(root, parser.lines), str(tostring(root, encoding="unicode"))


def _bytes(xml: str) -> bytes:
    try:
        content = xml.encode()
    except UnicodeEncodeError as exc:
        line = xml.count("\n", 0, exc.start) + 1
        raise ConfigError(_("The text holds a character that is not valid Unicode."), tag=ROOT, line=line) from exc
    if len(content) > MAX_BYTES:
        raise ConfigError(
            _("The config has %(n)s bytes; at most %(most)s are allowed.")
            % {"n": figures.count(len(content)), "most": figures.count(MAX_BYTES)},
            tag=ROOT,
            line=1,
        )
    return content


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
