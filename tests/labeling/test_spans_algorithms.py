"""Places in texts: code points, UTF-16 units, turns and XPaths, as Label Studio counts them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.labeling.algorithms.markup import read_document
from apps.labeling.algorithms.spans import (
    PlainText,
    Span,
    SpanProblem,
    Turns,
    code_point_offset,
    same_words,
    utf16_length,
    utf16_offset,
    whole,
)

# Everything that can be stored: no NUL, no half of a pair; rich in what is easily miscounted.
chars = st.one_of(
    st.sampled_from("a b\n\r\t😀👩‍👩‍👧\u0301é\u200d\u202e\u0627\u05d1<&>\ufeff"),
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"),
)
texts = st.text(chars, max_size=40)
words = st.text(chars, min_size=1, max_size=40)


@given(texts)
def test_utf16_length_is_that_of_the_encoded_text(text):
    assert utf16_length(text) == len(text.encode("utf-16-le")) // 2


@given(words, st.data())
def test_offsets_convert_there_and_back(text, data):
    place = data.draw(st.integers(0, len(text)))
    assert code_point_offset(text, utf16_offset(text, place)) == place


def test_a_unit_inside_a_pair_is_the_start_of_its_character():
    assert [code_point_offset("a😀b", unit) for unit in range(5)] == [0, 1, 1, 2, 3]


def test_a_unit_beyond_the_text_is_refused():
    with pytest.raises(SpanProblem, match="5 lies beyond the 4 characters"):
        code_point_offset("a😀b", 5)


def span_in(data, length):
    start = data.draw(st.integers(0, length - 1))
    return Span(start, data.draw(st.integers(start + 1, length)))


@given(words, st.data())
def test_plain_text_round_trips(text, data):
    span = span_in(data, len(text))
    value = PlainText(text).value_of(span)
    assert value["text"] == text[span.start : span.end]
    assert PlainText(text).span_of(value) == span


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ({"start": 0, "end": 5}, "span_range"),  # "a😀b\r" is 4 code points long
        ({"start": -1, "end": 2}, "span_range"),
        ({"start": 2, "end": 2}, "span_empty"),
        ({"start": 3, "end": 1}, "span_empty"),
        ({"start": True, "end": 2}, "span_number"),
        ({"start": "x", "end": 2}, "span_number"),
        ({"start": 0.5, "end": 2}, "span_number"),
        ({}, "span_number"),
    ],
)
def test_plain_text_refuses_what_it_does_not_have(value, rule):
    with pytest.raises(SpanProblem) as refused:
        PlainText("a😀b\r").span_of(value)
    assert refused.value.rule == rule


def test_whole_reads_what_exports_write():
    assert [whole(given, "start") for given in (3, "3", 3.0)] == [3, 3, 3]


@given(st.lists(texts, min_size=1, max_size=5), st.data())
def test_turns_round_trip_within_their_words(turns, data):
    marked = Turns(turns)
    if not marked.text.strip("\n"):
        return
    span = span_in(data, len(marked.text))
    if not marked.text[span.start : span.end].strip("\n"):
        return
    value = marked.value_of(span)
    found = marked.span_of(value)
    # Only the line feeds between turns, which belong to no turn, may go at the edges.
    assert marked.text[span.start : span.end].strip("\n") == marked.text[found.start : found.end].strip("\n")
    assert span.start <= found.start < found.end <= span.end


def test_turns_count_utf16_units_in_each_turn():
    marked = Turns(["😀 hi", "", "b😀c"])
    value = marked.value_of(Span(2, 8))  # "hi", an empty turn, "b😀"; flat: 😀,␠,h,i,⏎,⏎,b,😀,c
    assert value == {"start": "0", "end": "2", "startOffset": 3, "endOffset": 3, "text": "hi\n\nb😀"}
    assert marked.span_of({"start": 0, "end": 2, "startOffset": 3, "endOffset": 3}) == Span(2, 8)


def test_turns_refuse_a_turn_that_is_not_there():
    with pytest.raises(SpanProblem, match='"end" names turn 3, and there are 2'):
        Turns(["a", "b"]).span_of({"start": "0", "end": "3", "startOffset": 0, "endOffset": 1})


@pytest.mark.parametrize(
    ("html", "nodes"),
    [
        # A <br> counts one and is in no node.
        ("a<br>😀b", [("/text()[1]", 0, 1), ("/text()[2]", 2, 4)]),
        # A page's head, and white space before its first word, are not in the body.
        ("<html><head><title>t</title></head> <p>x</p></html>", [("/p[1]/text()[1]", 0, 1)]),
        # A style sheet in the middle is counted and not shown.
        (
            "<p>x</p><style>i{}</style>y",
            [("/p[1]/text()[1]", 0, 1), ("/style[1]/text()[1]", 1, 4), ("/text()[1]", 4, 5)],
        ),
        # What is unwrapped for show keeps its place in the XPath.
        ("<section><a href='x'>y</a></section>", [("/section[1]/a[1]/text()[1]", 0, 1)]),
        # Scripts and frames are gone with what is in them.
        ("<script>x</script><iframe>y</iframe>z", [("/text()[1]", 0, 1)]),
    ],
)
def test_documents_are_counted_like_a_browsers_body(html, nodes):
    assert [(node.path, node.start, node.end) for node in read_document(html).marks.nodes] == nodes


def test_documents_show_no_foreign_attribute_and_nothing_that_loads():
    html = (
        '<p onclick="x()" style="top:0">a<img src=x onerror=y><a href="javascript:z">b</a></p><svg><script>c</script>'
    )
    assert read_document(html).html == "<p>ab</p>"


TAGS = "<p> </p> <b> </b> <br> <div> </div> <td> <table> </table> <li> <pre> <!--c--> <a> </a> <section>"
pieces = st.sampled_from([*TAGS.split(), "<style>s</style>", "\n", " ", "\r\n", "x", "😀", "&amp;", "e\u0301"])


@given(st.lists(pieces, max_size=25).map("".join), st.data())
def test_documents_round_trip(html, data):
    marks = read_document(html).marks
    shown = [node for node in marks.nodes if "\x00" not in marks.text[node.start : node.end]]
    if not shown:
        return
    span = Span(shown[0].start, shown[-1].end)
    value = marks.value_of(span)
    assert marks.span_of(value) == span
    # Without XPaths, and without offsets, the place is the same.
    assert marks.span_of({"globalOffsets": value["globalOffsets"], "start": "/gone[1]", "end": "/gone[1]"}) == span
    assert marks.span_of({key: held for key, held in value.items() if key not in ("globalOffsets", "text")}) == span


def test_where_xpath_and_offsets_differ_the_words_decide():
    marks = read_document("<p>one</p><p>two</p>").marks
    value = {
        "start": "/p[1]/text()[1]",
        "end": "/p[1]/text()[1]",
        "startOffset": 0,
        "endOffset": 3,
        "globalOffsets": {"start": 3, "end": 6},
    }
    assert marks.span_of(value) == Span(0, 3)
    assert marks.span_of({**value, "text": "two"}) == Span(3, 6)


def test_a_document_place_that_leads_nowhere_is_refused():
    with pytest.raises(SpanProblem, match="Neither its XPath nor its globalOffsets"):
        read_document("<p>x</p>").marks.span_of({"start": "/div[9]/text()[1]", "end": "/div[9]/text()[1]"})


def test_words_agree_but_for_white_space_and_case():
    assert same_words("Bill\\nGates ", "bill\r\n  gates")
    assert not same_words("Bill", "Gates")
