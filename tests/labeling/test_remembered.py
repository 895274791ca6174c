"""What is remembered of a config between items tells nothing of one item to another, and takes nothing from any."""

import pytest

from apps.labeling.widgets import FormState, initial_state, one_press, render_review
from apps.labeling.widgets.render import MAX_TOLD, _dock_known
from apps.projects.labelling import parse_config

REPEATED = """<View><Repeater on="$rows" indexFlag="{{idx}}"><Text name="r_{{idx}}" value="$rows[{{idx}}].text"/>
<Choices name="c_{{idx}}" toName="r_{{idx}}"><Choice value="Yes"/><Choice value="No"/></Choices></Repeater></View>"""
BROUGHT = """<View><Text name="t" value="$text"/>
<Choices name="c" toName="t"><Choice value="$first"/><Choice value="Other"/></Choices>
<View visibleWhen="choice-selected" whenTagName="c" whenChoiceIndex="0"><Text name="more" value="$more"/></View>
</View>"""
ASKED = """<View><Text name="t" value="$text"/><Header value="$question"/>
<Choices name="c" toName="t"><Choice value="Yes"/><Choice value="No"/></Choices>
<TextArea name="why" toName="t"/></View>"""


def shown(xml, data, state=None):
    config = parse_config(xml)
    return render_review(config, data, state or initial_state(config, data), sends=one_press(config))


@pytest.fixture
def docks():
    _dock_known.cache_clear()
    return lambda: _dock_known.cache_info().currsize


def test_an_item_may_repeat_anything_or_nothing():
    rows = [{"text": "One"}, {"text": "Two"}]
    for n in (0, 1, 2, 0):
        page = shown(REPEATED, {"rows": rows[:n]})
        assert [text in page.stage for text in ("One", "Two")] == [n > 0, n > 1]
        assert page.dock.count('value="Yes"') == n


def test_a_condition_looks_at_the_labels_that_the_item_brings():
    for first in ("Refund", "Exchange", "Refund"):
        page = shown(BROUGHT, {"text": "Hello", "more": "Further", "first": first})
        assert f"&quot;values&quot;: [&quot;{first}&quot;]" in page.stage
        assert "$first" not in page.stage + page.dock


def test_a_heading_of_one_item_does_not_stand_over_another(docks):
    pages = [shown(ASKED, {"text": "Hello", "question": f"Question {number}?"}) for number in (1, 2, 1)]
    assert [f"Question {number}?" in page.dock for page, number in zip(pages, (1, 2, 1), strict=True)] == [True] * 3
    assert docks() == 2


def test_neither_what_is_written_nor_what_is_long_is_remembered(docks):
    data = {"text": "Hello", "question": "?"}
    assert "my own words" in shown(ASKED, data, FormState(values={"why": ("my own words",)})).dock
    assert "x" * MAX_TOLD in shown(ASKED, {**data, "question": "x" * MAX_TOLD + "?"}).dock
    assert docks() == 0
    assert "checked" in shown(ASKED, data, FormState(values={"c": ("Yes",)})).dock
    assert "checked" not in shown(ASKED, data).dock
    assert docks() == 2
