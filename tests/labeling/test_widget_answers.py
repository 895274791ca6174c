"""From forms to results in Label Studio's format and back; what is refused, and what a result is worth as a vote."""

import pytest
from django.http import QueryDict
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.labeling.checks import AnswerInvalid, check_result
from apps.labeling.widgets import (
    WIDGETS,
    answer_label,
    answer_words,
    label_words,
    parse_answer,
    parse_draft,
    state_from_post,
    state_from_result,
)
from apps.labeling.widgets.base import MAX_TEXT
from apps.labeling.widgets.question import keys_for
from apps.labeling.widgets.registry import VIEWS
from apps.projects.labelling import parse_config
from apps.projects.labelling.tags import CONTROLS, OBJECTS

CONFIG = parse_config(
    """<View>
  <Text name="t" value="$text"/><Text name="u" value="$other"/>
  <Choices name="one" toName="t" required="true">
    <Choice value="Refund"/><Choice value="Other thing" alias="x"/></Choices>
  <Choices name="many" toName="t" choice="multiple"><Choice value="b"/><Choice value="a"/><Choice value="ä"/></Choices>
  <Rating name="stars" toName="t" maxRating="5"/>
  <TextArea name="words" toName="t"/>
  <Pairwise name="pair" toName="t,u"/>
</View>"""
)


def post(query):
    return QueryDict(query)


FULL = post(
    "answer.one=x&answer.many=a&answer.many=b&answer.stars=4&answer.words=Two%0D%0Alines&answer.pair=right&other=1"
)


def region(name="one", **changes):
    kinds = {"one": "choices", "many": "choices", "stars": "rating", "words": "textarea", "pair": "pairwise"}
    values = {
        "one": {"choices": ["x"]},
        "many": {"choices": ["a"]},
        "stars": {"rating": 4},
        "words": {"text": ["Hello"]},
        "pair": {"selected": "left"},
    }
    whole = {"id": "abc", "from_name": name, "to_name": "t", "type": kinds[name], "value": values[name]}
    return {key: value for key, value in (whole | changes).items() if value is not None}


def test_every_tag_of_the_parser_has_a_widget_or_a_view():
    assert set(WIDGETS) == set(CONTROLS)
    assert set(VIEWS) == set(OBJECTS)


def test_parse_answer_gives_label_studios_format():
    result = parse_answer(CONFIG, FULL)
    assert [(r["from_name"], r["to_name"], r["type"], r["value"]) for r in result] == [
        ("one", "t", "choices", {"choices": ["x"]}),
        ("many", "t", "choices", {"choices": ["b", "a"]}),
        ("stars", "t", "rating", {"rating": 4}),
        ("words", "t", "textarea", {"text": ["Two\nlines"]}),
        ("pair", "t", "pairwise", {"selected": "right"}),
    ]
    assert all(set(r) == {"id", "from_name", "to_name", "type", "value"} for r in result)
    assert len({r["id"] for r in result}) == 5


def test_parse_answer_of_the_same_form_is_the_same_result():
    assert parse_answer(CONFIG, FULL) == parse_answer(CONFIG, FULL)


def test_a_result_shown_again_parses_to_itself():
    result = parse_answer(CONFIG, FULL)
    state = state_from_result(CONFIG, result)
    assert parse_answer(CONFIG, {f"answer.{name}": values for name, values in state.values.items()}) == result


def test_a_draft_kept_as_lists_shows_again_as_it_was():
    draft = {"answer.words": ["half a sen"], "answer.many": ["a", "b"], "note": ["x"]}
    state = state_from_post(CONFIG, draft, errors={"one": "Missing."})
    assert (state.values["words"], state.values["many"]) == (("half a sen",), ("a", "b"))
    assert state.errors == {"one": "Missing."}
    assert [r["from_name"] for r in parse_draft(CONFIG, draft)] == ["many", "words"]


@pytest.mark.parametrize(
    ("query", "control", "rule"),
    [
        ("", "one", "required"),
        ("answer.one=", "one", "required"),
        ("answer.one=Other+thing", "one", "unknown_label"),  # an alias replaces the value
        ("answer.one=x&answer.one=Refund", "one", "one_choice"),
        ("answer.one=x&answer.many=zzz", "many", "unknown_label"),
        ("answer.one=x&answer.stars=6", "stars", "rating_range"),
        ("answer.one=x&answer.stars=0", "stars", "rating_range"),
        ("answer.one=x&answer.stars=-1", "stars", "type"),
        ("answer.one=x&answer.stars=4.5", "stars", "type"),
        ("answer.one=x&answer.stars=%C2%B2", "stars", "type"),  # a superscript two is a digit to Python
        ("answer.one=x&answer.pair=both", "pair", "unknown_label"),
        ("answer.one=x&answer.words=a%00b", "words", "characters"),
    ],
)
def test_parse_answer_names_control_and_rule(query, control, rule):
    with pytest.raises(AnswerInvalid) as caught:
        parse_answer(CONFIG, post(query))
    assert (caught.value.control, caught.value.rule) == (control, rule)
    assert caught.value.message.endswith(".")


def test_parse_answer_refuses_a_text_that_is_too_long():
    with pytest.raises(AnswerInvalid) as caught:
        parse_answer(CONFIG, {"answer.one": ["x"], "answer.words": ["a" * (MAX_TEXT + 1)]})
    assert caught.value.rule == "too_long"
    assert parse_answer(CONFIG, {"answer.one": ["x"], "answer.words": ["a" * MAX_TEXT]})


def test_parse_answer_ignores_a_text_of_white_space():
    assert [r["from_name"] for r in parse_answer(CONFIG, post("answer.one=x&answer.words=+%0A"))] == ["one"]


@pytest.mark.parametrize(
    ("result", "rule"),
    [
        (None, "type"),
        ({}, "type"),
        (["x"], "type"),
        ([region(from_name="ghost")], "unknown_control"),
        ([region(from_name=None)], "missing_field"),
        ([region(from_name=["one"])], "unknown_control"),
        ([region(to_name="u")], "wrong_target"),
        ([region(type="rating")], "wrong_type"),
        ([region(id=7)], "type"),
        ([region(value={})], "type"),
        ([region(value={"text": "y"})], "type"),
        ([region(value={"choices": "x"})], "type"),
        ([region(value={"choices": []})], "empty"),
        ([region(value={"choices": [1]})], "type"),
        ([region(), region()], "repeated_control"),
        ([region(), region("many", value={"choices": ["a", "a"]})], "duplicate"),
        ([region(), region("stars", value={"rating": "4"})], "type"),
        ([region(), region("stars", value={"rating": True})], "type"),
        ([region(), region("words", value={"text": {"flat": 1}})], "type"),
        ([region(), region("words", value={"text": ["a", 7]})], "type"),
        ([region(), region("words", value={"text": ["\ud800"]})], "characters"),
        ([region(), region("pair", value={"selected": ["left"]})], "unknown_label"),
        ([region("stars")], "required"),
        ([region()] * 6, "repeated_control"),
    ],
)
def test_check_result_refuses(result, rule):
    with pytest.raises(AnswerInvalid) as caught:
        check_result(CONFIG, result)
    assert caught.value.rule == rule


@pytest.mark.parametrize("to_name", ["pair", "t", "u"])
def test_check_result_accepts_both_ways_of_naming_a_pair(to_name):
    check_result(CONFIG, [region(), region("pair", to_name=to_name)])


def test_check_result_accepts_what_label_studio_exports_besides():
    check_result(CONFIG, [region(origin="manual", score=0.5, readonly=False, hidden=False)])


def test_check_result_refuses_an_empty_answer_to_optional_questions():
    config = parse_config('<View><Text name="t" value="$t"/><Rating name="r" toName="t"/></View>')
    with pytest.raises(AnswerInvalid) as caught:
        check_result(config, [])
    assert caught.value.rule == "empty"


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["one", "t", "x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_regions = st.builds(
    lambda base, changes: region(base, **changes),
    st.sampled_from(["one", "many", "stars", "words", "pair"]),
    st.dictionaries(st.sampled_from(["id", "from_name", "to_name", "type", "value", "score"]), _json, max_size=3),
)


def refused(result):
    try:
        check_result(CONFIG, result)
    except AnswerInvalid as exc:
        return exc
    return None


@settings(max_examples=500)
@given(_json | st.lists(_json, max_size=3) | st.lists(_regions, max_size=4))
def test_check_result_of_anything_passes_or_names_a_rule(result):
    error = refused(result)
    assert error.rule if error else answer_words(CONFIG, result)


ONE, MANY, STARS, WORDS, PAIR = (
    '<Choices name="c" toName="t"><Choice value="Refund"/><Choice value="Other" alias="x"/></Choices>',
    '<Choices name="c" toName="t" choice="multiple"><Choice value="b"/><Choice value="a"/><Choice value="ä"/>'
    "</Choices>",
    '<Rating name="c" toName="t"/>',
    '<TextArea name="c" toName="t"/>',
    '<Pairwise name="c" toName="t,u"/>',
)


@pytest.mark.parametrize(
    ("control", "values", "label", "words"),
    [
        (ONE, ["x"], "x", "Other"),
        (MANY, ["ä", "b"], '["b", "ä"]', "b, ä"),
        (STARS, ["4"], "4", "4 of 5"),
        (WORDS, ["Some  words"], None, "Some  words"),
        (PAIR, ["left"], "left", "left"),
    ],
)
def test_answer_label_and_words(control, values, label, words):
    config = parse_config(f'<View><Text name="t" value="$t"/><Text name="u" value="$u"/>{control}</View>')
    result = parse_answer(config, {"answer.c": values})
    assert answer_label(config, result) == label
    assert answer_words(config, result) == words
    if label is not None:
        assert label_words(config, label) == words
        assert not config.classes or label in config.classes


def test_answer_label_of_no_reason_chosen_is_a_vote_of_its_own():
    config = parse_config(f'<View><Text name="t" value="$t"/>{MANY}<TextArea name="w" toName="t"/></View>')
    result = parse_answer(config, {"answer.w": ["fine as it is"]})
    assert answer_label(config, result) == "[]"
    assert label_words(config, "[]") == "none"


def test_value_key_of_a_text_does_not_mind_spacing_or_form():
    control = CONFIG.control("words")
    widget = WIDGETS["TextArea"]
    assert widget.key_of(control, ["a\n b  e\u0301"]) == widget.key_of(control, ["a b \u00e9"])


def test_check_result_keeps_fields_that_mean_nothing_here():
    whole = region(origin="manual", score=0.5, meta={"text": ["why"]}, parentID=None)
    whole["value"]["note"] = "kept"
    assert check_result(CONFIG, [whole]) == [whole]


def test_many_chosen_labels_are_compared_by_a_digest_where_they_do_not_fit_the_column():
    labels = [f"a rather long label number {n}" for n in range(30)]
    inner = "".join(f'<Choice value="{label}"/>' for label in labels)
    config = parse_config(
        f'<View><Text name="t" value="$t"/><Choices name="c" toName="t" choice="multiple">{inner}</Choices></View>'
    )
    assert len(answer_label(config, parse_answer(config, {"answer.c": labels[:10]}))) <= 500
    label = answer_label(config, parse_answer(config, {"answer.c": labels}))
    assert label == answer_label(config, parse_answer(config, {"answer.c": labels[::-1]}))
    assert label != answer_label(config, parse_answer(config, {"answer.c": labels[1:]}))
    assert len(label) <= 500
    assert label_words(config, label) == "many labels"


@pytest.mark.parametrize(
    ("hotkeys", "keys"),
    [
        (["", "", ""], ("1", "2", "3")),
        (["q", "", "2"], ("q", "", "2")),  # the second would be 2, which the third has
        (["u", "ctrl+a", ""], ("1", "2", "3")),  # u undoes; combinations are the workbench's
        (["x", "X", ""], ("x", "2", "3")),
        ([""] * 11, ("1", "2", "3", "4", "5", "6", "7", "8", "9", "", "")),
    ],
)
def test_keys_for_gives_each_key_once(hotkeys, keys):
    assert keys_for(hotkeys) == keys
