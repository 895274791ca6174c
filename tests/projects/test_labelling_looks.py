"""Of a config's styles only a few words are understood; none of its CSS reaches a page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.labeling.widgets import render_review
from apps.projects.labelling import parse_config
from apps.projects.labelling.looks import declarations, looks_of, style_rules
from apps.projects.labelling.model import Node

KNOWN = {"mono", "bold", "italic", "large", "small", "center", "end", "scroll", "hidden"}


def looks(style="", *, above=(), rules=None, class_name=""):
    node = Node(tag="Text", attrs={"style": style, "className": class_name}, line=1)
    return looks_of(node, [Node(tag="View", attrs={"style": each}, line=1) for each in above], rules or {})


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("", ()),
        ("color: white; background: url(javascript:alert(1)); position: fixed", ()),
        ("font-family: 'Courier New', monospace", ("mono",)),
        ("FONT-WEIGHT: Bold !important", ("bold",)),
        ("font-weight: 500", ()),
        ("font-style: oblique", ("italic",)),
        ("font-size: 20px", ("large",)),  # 20 / 16 = 1.25
        ("font-size: 13px", ("small",)),  # 13 / 16 = 0.81
        ("font-size: 100%", ()),
        ("text-align: right", ("end",)),
        ("max-height: 10em; overflow: auto", ("scroll",)),
        ("overflow: auto", ()),  # grows with its content
        ("display: none", ("hidden",)),
        ("font-size", ()),
        (";;:;", ()),
    ],
)
def test_looks_of_a_style(style, expected):
    assert looks(style) == expected


def test_looks_come_down_from_around_and_the_nearest_wins():
    assert looks("font-weight: normal", above=["font-weight: bold; font-style: italic"]) == ("italic",)
    assert looks("", above=["height: 90px; overflow-y: scroll", "display: none"]) == ("scroll", "hidden")


def test_style_rules_are_found_by_the_last_class_of_a_selector():
    root = parse_config(
        """<View><Style>/* .gone { font-weight: bold } */ .a, div > .b .c { font-style: italic }
        input[type="text"] { font-weight: bold } .a { text-align: center } @import url(x); .d {</Style>
        <Text name="t" value="$t"/></View>"""
    ).root
    rules = style_rules(root)
    assert rules == {"a": {"font-style": "italic", "text-align": "center"}, "c": {"font-style": "italic"}}
    assert looks(rules=rules, class_name="x a") == ("italic", "center")


@given(st.text(max_size=80))
def test_any_style_gives_known_words_only(style):
    assert set(looks(style)) <= KNOWN
    assert set(looks("", above=[style])) <= KNOWN
    assert all(isinstance(value, str) for value in declarations(style).values())


def test_what_is_out_of_sight_is_not_sent_unless_it_is_to_be_marked():
    config = parse_config(
        """<View><View style="display:none"><Text name="s" value="$secret"/></View><Text name="t" value="$text"/>
        <View style="display: none"><Text name="m" value="$marked"/></View>
        <Labels name="l" toName="m"><Label value="a"/></Labels><Rating name="r" toName="t"/></View>"""
    )
    stage = render_review(config, {"secret": "SECRET", "text": "TEXT", "marked": "MARKED"}).stage
    assert ("SECRET" in stage, "TEXT" in stage, "MARKED" in stage) == (False, True, True)
    assert "style=" not in stage
