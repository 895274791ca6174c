"""Places in a text, counted as Label Studio counts them, and the ways in which its results write them down.

One flat text stands behind each object; a place in it is a number of code points, Python's own count and also Label
Studio's for `Text` and for `globalOffsets` (its editor counts `[...text].length`, so an emoji is one and CRLF is two).
`Paragraphs` alone are counted in UTF-16 code units within one turn there (`Range.toString().length`), so an emoji is
two. Source: web/libs/editor/src in HumanSignal/label-studio, utils/selection-tools.js, tags/object/RichText and
tags/object/Paragraphs. Pure: no Django.
"""

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from apps.core.stored import stored

_BEYOND = stored("%(place)s lies beyond the %(n)s characters of the text.")
_NOT_WHOLE = stored('"%(what)s" is not a whole number.')
_OUTSIDE = stored("It reaches from %(start)s to %(end)s, and the text has %(n)s characters.")
_BACKWARDS = stored("It starts at %(start)s and ends at %(end)s: the end must come after the start.")
_NO_TURN = stored('"%(what)s" names turn %(turn)s, and there are %(n)s.')
_NO_PLACE = stored("Neither its XPath nor its globalOffsets lead to a place in this document.")
_NO_WORDS = stored("It holds no words.")

HIDDEN = "\x00"  # stands for a character that is counted and not shown; never part of stored text
_WHOLE = re.compile(r"[0-9]{1,9}")
_SPACE = re.compile(r"(?:\s|\\n|\x00)+")


class SpanProblem(ValueError):
    """A place that the text does not have. `rule` is a short name, the message a sentence for a person."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Characters `start` up to, not including, `end` of a flat text."""

    start: int
    end: int


class MarkedText(Protocol):
    """A flat text, and how spans of it are written in a result's `value`."""

    @property
    def text(self) -> str: ...

    def span_of(self, value: Mapping[str, Any]) -> Span:
        """The place that a result names. Raises SpanProblem."""

    def value_of(self, span: Span) -> dict[str, Any]:
        """What a result says of a place: its start and end, and `text`."""


def utf16_length(text: str) -> int:
    """How many UTF-16 code units a text has; what JavaScript calls its length."""
    return len(text) + sum(char > "\uffff" for char in text)


def utf16_offset(text: str, offset: int) -> int:
    """Code points to UTF-16 code units."""
    return utf16_length(text[:offset])


def code_point_offset(text: str, units: int) -> int:
    """UTF-16 code units to code points; one that falls inside a character is that character's start.

    Raises:
        SpanProblem: beyond the end of the text.
    """
    seen = 0
    for index, char in enumerate(text):
        width = 2 if char > "\uffff" else 1
        if seen + width > units:
            return index
        seen += width
    if units > seen:
        raise SpanProblem("span_range", _BEYOND % {"place": units, "n": seen})
    return len(text)


def same_words(one: str, other: str) -> bool:
    """Whether two readings of a marked text agree but for white space and case, which Label Studio writes as the screen
    had them (line breaks as the two characters `\\n`)."""
    return _SPACE.sub("", one).casefold() == _SPACE.sub("", other).casefold()


def whole(value: Any, what: str) -> int:
    """A count from a result: a whole number, also written as text or with a point zero, as some exports do."""
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise SpanProblem("span_number", _NOT_WHOLE % {"what": what})
    return value


def checked(start: int, end: int, length: int) -> Span:
    """A span that lies within a text of that length.

    Raises:
        SpanProblem: it is empty, backwards, or reaches outside.
    """
    if start < 0 or end > length:
        raise SpanProblem("span_range", _OUTSIDE % {"start": start, "end": end, "n": length})
    if start >= end:
        raise SpanProblem("span_empty", _BACKWARDS % {"start": start, "end": end})
    return Span(start, end)


@dataclass(frozen=True, slots=True)
class PlainText:
    """The text of a `Text` tag: offsets are the places themselves."""

    text: str

    def span_of(self, value: Mapping[str, Any]) -> Span:
        """Label Studio before 1.5 counted UTF-16 units; where only that reading agrees with `text`, it is meant."""
        start, end, words = whole(value.get("start"), "start"), whole(value.get("end"), "end"), value.get("text")
        if not isinstance(words, str) or same_words(words, self.text[max(start, 0) : max(end, 0)]):
            return checked(start, end, len(self.text))
        return self._older(start, end, words) or checked(start, end, len(self.text))

    def _older(self, start: int, end: int, words: str) -> Span | None:
        if not 0 <= start < end <= utf16_length(self.text):
            return None
        span = Span(code_point_offset(self.text, start), code_point_offset(self.text, end))
        return span if same_words(words, self.text[span.start : span.end]) else None

    def value_of(self, span: Span) -> dict[str, Any]:
        return {"start": span.start, "end": span.end, "text": self.text[span.start : span.end]}


class Turns:
    """The turns of a `Paragraphs` tag. In the flat text one line feed stands between two turns and belongs to neither.

    A result names the turns by their index, as text, and the offsets in them in UTF-16 code units.
    """

    def __init__(self, turns: Sequence[str]) -> None:
        self.turns = tuple(turns)
        self.text = "\n".join(self.turns)
        self.starts: list[int] = []
        place = 0
        for turn in self.turns:
            self.starts.append(place)
            place += len(turn) + 1

    def span_of(self, value: Mapping[str, Any]) -> Span:
        start = self._place(value.get("start"), value.get("startOffset"), "start")
        end = self._place(value.get("end"), value.get("endOffset"), "end")
        return checked(start, end, len(self.text))

    def value_of(self, span: Span) -> dict[str, Any]:
        """A start behind a turn's last character moves to the next turn, an end before its first to the one before."""
        first, last = self._turn(span.start), self._turn(span.end - 1)
        if span.start - self.starts[first] >= len(self.turns[first]) and first < last:
            first += 1
        start = max(span.start - self.starts[first], 0)
        end = min(span.end - self.starts[last], len(self.turns[last]))
        return {
            "start": str(first),
            "end": str(last),
            "startOffset": utf16_offset(self.turns[first], start),
            "endOffset": utf16_offset(self.turns[last], end),
            "text": self.text[self.starts[first] + start : self.starts[last] + end],
        }

    def _turn(self, place: int) -> int:
        return bisect_right(self.starts, place) - 1

    def _place(self, turn: Any, offset: Any, what: str) -> int:
        index = whole(turn, what)
        if not 0 <= index < len(self.turns):
            raise SpanProblem("span_turn", _NO_TURN % {"what": what, "turn": index, "n": len(self.turns)})
        return self.starts[index] + code_point_offset(self.turns[index], whole(offset, f"{what}Offset"))


@dataclass(frozen=True, slots=True)
class TextNode:
    """A piece of a document's text: its XPath from the body, and its place in the flat text.

    Args:
        opens_block: whether a new line begins with it on the screen.
    """

    path: str
    start: int
    end: int
    opens_block: bool = False


class Markup:
    """The text of a `HyperText` tag: text nodes end to end, a `<br>` counting one, hidden characters as HIDDEN."""

    def __init__(self, text: str, nodes: Sequence[TextNode], elements: Mapping[str, int]) -> None:
        self.text = text
        self.nodes = tuple(nodes)
        self._starts = [node.start for node in self.nodes]
        self._places = {**elements, **{node.path: node.start for node in self.nodes}}

    def span_of(self, value: Mapping[str, Any]) -> Span:
        """By XPath and by `globalOffsets`; where both are given and differ, the one that `text` agrees with.

        The editor trusts the XPath and falls back to the offsets; here sanitising may have moved an XPath.
        """
        found = [self._by_path(value), self._by_offsets(value)]
        spans = [span for span in found if span is not None]
        if not spans:
            raise SpanProblem("span_path", _NO_PLACE)
        words = value.get("text")
        fitting = (span for span in spans if isinstance(words, str) and same_words(words, self.slice(span)))
        span = next(fitting, spans[0])
        return checked(span.start, span.end, len(self.text))

    def value_of(self, span: Span) -> dict[str, Any]:
        first, last = self._first(span), self._last(span)
        start, end = max(span.start, first.start), min(span.end, last.end)
        return {
            "start": first.path,
            "end": last.path,
            "startOffset": start - first.start,
            "endOffset": end - last.start,
            "globalOffsets": {"start": start, "end": end},
            "text": self.slice(Span(start, end)),
        }

    def slice(self, span: Span) -> str:
        """The words of a span as one reads them: a line for each block, nothing that is hidden."""
        words: list[str] = []
        place = span.start
        for node in self._within(span):
            if node.opens_block and node.start > span.start and words:
                words.append(self.text[place : node.start].rstrip("\n") + "\n")
                place = node.start
            words.append(self.text[place : min(node.end, span.end)])
            place = max(place, min(node.end, span.end))
        words.append(self.text[place : span.end])
        return "".join(words).replace(HIDDEN, "")

    def _within(self, span: Span) -> tuple[TextNode, ...]:
        first = max(bisect_right(self._starts, span.start) - 1, 0)
        return tuple(node for node in self.nodes[first : bisect_right(self._starts, span.end)] if node.end > span.start)

    def _first(self, span: Span) -> TextNode:
        node = next((node for node in self._within(span) if node.end > span.start), None)
        if node is None or node.start >= span.end:
            raise SpanProblem("span_empty", _NO_WORDS)
        return node

    def _last(self, span: Span) -> TextNode:
        return next(node for node in reversed(self._within(span)) if node.start < span.end)

    def _by_path(self, value: Mapping[str, Any]) -> Span | None:
        start, end = value.get("start"), value.get("end")
        if not isinstance(start, str) or not isinstance(end, str):
            return None
        if start not in self._places or end not in self._places:
            return None
        return Span(
            self._places[start] + whole(value.get("startOffset", 0), "startOffset"),
            self._places[end] + whole(value.get("endOffset", 0), "endOffset"),
        )

    def _by_offsets(self, value: Mapping[str, Any]) -> Span | None:
        offsets = value.get("globalOffsets")
        if not isinstance(offsets, Mapping):
            return None
        return Span(whole(offsets.get("start"), "globalOffsets.start"), whole(offsets.get("end"), "globalOffsets.end"))
