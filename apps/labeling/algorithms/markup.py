"""A HyperText document: what is shown of it, and where each of its characters stands as Label Studio counts them.

Label Studio's editor strips scripts and frames, lets the browser parse what is left as a page of its own, and counts
over the body: each text node by its code points, each `<br>` as one. Here html5ever (nh3) parses as a browser does;
from its output this module reads text nodes with their XPaths, and writes the few tags that are shown. Text that is
not shown (a style sheet in the middle of a body) keeps its count. Pure: no Django.
"""

import re
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser

import nh3

from apps.labeling.algorithms.spans import HIDDEN, Markup, TextNode


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Enough to read formatted text; nothing that loads, runs or leads away from the page.
SHOWN = _names(
    """b i u em strong small sub sup p br hr blockquote pre code span div h1 h2 h3 h4 h5 h6 ul ol li dl dt dd
    table caption thead tbody tfoot tr th td"""
)
_BLOCKS = _names(
    """address article aside center details fieldset figcaption figure footer form header main nav section summary"""
)
_BREAKING = _BLOCKS | _names("p hr blockquote pre div h1 h2 h3 h4 h5 h6 ul ol li dl dt dd table caption tr")
_TABLE_PARTS = _names("table thead tbody tfoot tr colgroup")
_VOID = _names("area base br col embed hr img input link meta param source track wbr")
_HEAD = _names("base link meta style title")
_HIDDEN = _names("style title")  # counted where they stand in the body, never seen
# Gone with all that is inside them, as in the editor, or because their content would be parsed by other rules.
_GONE = _names("script iframe noscript textarea option select template xmp noembed noframes plaintext object svg math")
_TAG = re.compile(r"<\s*([a-zA-Z][a-zA-Z0-9:-]*)")
_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)
_BODY_END = re.compile(r"</(?:body|html)\s*>", re.IGNORECASE)
_HEAD_END = re.compile(r"</head\s*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Document:
    """`html` is safe to show: short list of tags, no attributes but our own `data-gap`. `marks` counts its text."""

    html: str
    marks: Markup


def read_document(raw: str, *, inline: bool = False) -> Document:
    """What is shown of a HyperText value, and its text with every place in it.

    Args:
        inline: the tag's `inline`: the value is then a piece of the page instead of a page of its own.
    """
    body, has_head = (raw, False) if inline else _body(raw)
    reader = _Reader(has_head=has_head)
    reader.feed(_sanitised(body))
    reader.close()
    return reader.document()


def _body(raw: str) -> tuple[str, bool]:
    """What a browser puts into a page's body, and whether what belongs to its head may still come first."""
    start = _BODY.search(raw) or _HEAD_END.search(raw)
    has_body = start is not None and start.re is _BODY
    return _BODY_END.sub("", raw[start.end() :] if start else raw), not has_body


def _sanitised(raw: str) -> str:
    tags = {name.lower() for name in _TAG.findall(raw)} | {"tbody", "colgroup"}
    return nh3.clean(
        raw, tags=tags - _GONE, clean_content_tags=set(_GONE), attributes={}, link_rel=None, strip_comments=True
    )


@dataclass(slots=True)
class _Open:
    """An element that is not closed yet: its path, what it is shown as, and how many children of each name it has."""

    tag: str
    path: str
    shown_as: str
    children: dict[str, int] = field(default_factory=dict)

    def child(self, name: str) -> str:
        self.children[name] = self.children.get(name, 0) + 1
        return f"{self.path}/{name}[{self.children[name]}]"


class _Reader(HTMLParser):
    """Reads what html5ever wrote, so every tag is known to be closed properly."""

    def __init__(self, *, has_head: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.in_head = has_head
        self.stack = [_Open(tag="body", path="", shown_as="")]
        self.out: list[str] = []
        self.text: list[str] = []
        self.length = 0
        self.nodes: list[TextNode] = []
        self.elements: dict[str, int] = {}
        self.opens_block = False

    def document(self) -> Document:
        return Document(html="".join(self.out), marks=Markup("".join(self.text), self.nodes, self.elements))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.in_head and tag in _HEAD:
            if tag not in _VOID:
                self.stack.append(_Open(tag=tag, path="/head", shown_as=""))
            return
        self.in_head = False
        path = self.stack[-1].child(tag)
        self.elements[path] = self.length
        self.opens_block = self.opens_block or tag in _BREAKING
        shown_as = self._shown_as(tag)
        self.out.append(f"<{shown_as}>" if shown_as else "")
        if tag == "br":
            self._count("\n")
        if tag not in _VOID:
            self.stack.append(_Open(tag=tag, path=path, shown_as=shown_as))

    def handle_endtag(self, tag: str) -> None:
        if len(self.stack) == 1 or self.stack[-1].tag != tag:
            return  # a void element's end tag; html5ever closes all others in order
        closed = self.stack.pop()
        self.opens_block = self.opens_block or tag in _BREAKING
        if closed.shown_as:
            self.out.append(f"</{closed.shown_as}>")

    def handle_data(self, data: str) -> None:
        if self.stack[-1].path == "/head" or (self.in_head and not data.strip()):
            return
        if self.in_head:
            # White space before a page's first word stands before the body.
            data = data.lstrip("\t\n\f\r ")
            self.in_head = False
        is_hidden = self.stack[-1].tag in _HIDDEN
        self._node(data, is_hidden=is_hidden)
        self.out.append(f'<span hidden data-gap="{len(data)}"></span>' if is_hidden else self._shown(data))

    def _node(self, data: str, *, is_hidden: bool) -> None:
        start, words = self.length, bool(data.strip())
        self._count(HIDDEN * len(data) if is_hidden else data)
        path = self.stack[-1].child("text()")
        self.nodes.append(TextNode(path, start, self.length, self.opens_block and words and not is_hidden))
        if words and not is_hidden:
            self.opens_block = False

    def _shown(self, data: str) -> str:
        # A parser drops the line feed that follows <pre>, and reads a plain carriage return as a line feed.
        lost = "\n" if data.startswith("\n") and self.out and self.out[-1] == "<pre>" else ""
        return lost + escape(data, quote=False).replace("\r", "&#13;")

    def _shown_as(self, tag: str) -> str:
        if tag in SHOWN:
            return tag
        return "div" if tag in _BLOCKS and self.stack[-1].tag not in _TABLE_PARTS else ""

    def _count(self, text: str) -> None:
        self.text.append(text)
        self.length += len(text)
