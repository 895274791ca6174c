"""Whatever comes in, a rule is named: never a traceback, and what is accepted goes through its form unchanged."""

import copy
import json

import pytest
from django.http import QueryDict
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from apps.core.strict_json import json_problems
from apps.labeling.config_report import config_report
from apps.labeling.errors import AnswerInvalid
from apps.labeling.result_report import result_reports
from apps.labeling.widgets import (
    answer_label,
    answer_words,
    check_result,
    parse_answer,
    parse_draft,
    render_review,
    state_from_post,
)
from apps.projects.labelling import ConfigError, config_for, parse_config
from apps.projects.labelling.tags import CONTROLS, LAYOUT, OBJECTS, PARTS
from tests.labeling.test_check_commands import CONFIG, DATA, RESULT

WHOLE = parse_config(CONFIG)

_WORDS = st.sampled_from(
    ["a", "s1", "ner", "choices", "labels", "", "\x00", "\ud800", "$x", "2024-01-01", "/h1[1]/text()[1]"]
)
_LEAVES = (
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=True) | _WORDS | st.text(max_size=5)
)
JSON = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS | st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def places(value, path=()):
    """Every place in a JSON value."""
    yield path
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(inner, (*path, key))


PLACES = list(places(RESULT))


def changed(path, new):
    """The good answer with one place of it replaced."""
    if not path:
        return new
    result = copy.deepcopy(RESULT)
    place = result
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = new
    return result


def refusal(call, *args, **kwargs):
    """The rule that refuses it; empty where nothing does."""
    try:
        call(*args, **kwargs)
    except AnswerInvalid as exc:
        return exc.rule
    return ""


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PLACES), JSON)
def test_any_change_of_a_good_answer_is_refused_by_a_rule_or_goes_through_unchanged(path, new):
    result = changed(path, new)
    if refusal(check_result, WHOLE, result, data=DATA):
        assert refusal(check_result, WHOLE, result, data=DATA)
        return
    refusal(check_result, WHOLE, result)  # without the item's data fewer rules apply, and none breaks
    assert isinstance(answer_words(WHOLE, result), str)
    label = answer_label(WHOLE, result)
    assert label is None or len(label) <= 500
    [report] = result_reports(WHOLE, [{"id": 1, "data": DATA, "annotations": [{"id": 1, "result": result}]}])
    # An order of nothing is the one answer that its form completes: then the difference is named.
    assert report.is_good or ("ranker" in path and report.problems), report.problems


@settings(max_examples=150, deadline=None)
@given(JSON)
def test_any_json_as_a_result_is_refused_or_accepted(result):
    assert refusal(check_result, WHOLE, result, data=DATA) or isinstance(result, list)


@settings(max_examples=150, deadline=None)
@given(JSON)
def test_any_json_as_an_items_data_can_be_answered_about(value):
    assume(not json_problems(value))  # such data never come in
    data = dict.fromkeys(DATA, value)
    config = config_for(WHOLE, data)
    refusal(check_result, config, RESULT, data=data)
    assert render_review(config, data).dock


_FIELDS = st.sampled_from(
    [f"answer.{control.name}" for control in WHOLE.controls] + ["answer.sure@s1", "answer.@", "x"]
)
_POSTED = _WORDS | st.text(max_size=8) | JSON.map(lambda value: json.dumps(value)) | st.just('[{"value": {}}]')


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(_FIELDS, st.lists(_POSTED, max_size=3), max_size=6))
@example({"answer.chat": ["[{}]"]})
def test_any_form_is_refused_by_a_rule_or_becomes_an_answer_and_is_shown_again(posted):
    refusal(parse_answer, WHOLE, posted, data=DATA)
    refusal(parse_draft, WHOLE, posted)
    review = render_review(WHOLE, DATA, state_from_post(WHOLE, posted))
    assert review.dock


def test_a_form_as_a_browser_sends_it_is_read_the_same():
    query = QueryDict("answer.stars=4&answer.kinds=a&answer.kinds=b&answer.pair=left")
    as_lists = {"answer.stars": ["4"], "answer.kinds": ["a", "b"], "answer.pair": ["left"]}
    assert parse_draft(WHOLE, query, data=DATA) == parse_draft(WHOLE, as_lists, data=DATA)


_NAMES = st.sampled_from(
    ["t", "u", "c", "t,u", "$a", "$a.b[0]", "a{{idx}}", "3", "-1", "true", "multiple", "&amp;", "é", ""]
)
_ATTRS = st.dictionaries(
    st.sampled_from(
        [
            "name",
            "toName",
            "value",
            "choice",
            "required",
            "perRegion",
            "visibleWhen",
            "whenTagName",
            "allowNested",
            "on",
            "alias",
        ]
    ),
    _NAMES,
    max_size=5,
)
_TAGS = st.sampled_from([*LAYOUT, *OBJECTS, *CONTROLS, *PARTS, "Audio"])
_FRAME = '<View><Text name="t" value="$a"/>{}<Choices name="c" toName="t"><Choice value="x"/></Choices></View>'


def _element(children):
    return st.builds(
        lambda tag, attrs, inside: (
            f"<{tag} " + " ".join(f'{name}="{value}"' for name, value in attrs.items()) + f">{''.join(inside)}</{tag}>"
        ),
        _TAGS,
        _ATTRS,
        st.lists(children, max_size=3),
    )


@settings(max_examples=100, deadline=None)
@given(st.recursive(_element(st.just("")), _element, max_leaves=6))
def test_any_tree_of_known_tags_is_refused_with_tag_and_line_or_is_shown_and_answered(inside):
    xml = _FRAME.format(inside)
    try:
        parse_config(xml)
    except ConfigError as exc:
        refused = exc
    else:
        refused = None
    if refused:
        assert (refused.line >= 1, bool(refused.tag), bool(refused.reason)) == (True, True, True)
        return
    report = config_report("x", xml)
    assert report.renders, report.problems
    assert not any("Error:" in problem for problem in report.problems), report.problems


@pytest.mark.parametrize(
    "xml",
    [
        "<View>" + '<Text name="t" value="$t"/>' + "<View>" * 28 + "</View>" * 28 + "</View>",
        '<View><Text name="t" value="$t"/><Choices name="c" toName="t">'
        + "".join(f'<Choice value="{n}"/>' for n in range(4_000))
        + "</Choices></View>",
        '<View><Text name="t" value="$t"/><Taxonomy name="c" toName="t">'
        + "<Choice value='x'>" * 25
        + "</Choice>" * 25
        + "</Taxonomy></View>",
    ],
    ids=["deep", "wide", "deep tree"],
)
def test_large_configs_are_read_and_shown_quickly(xml):
    report = config_report("x", xml)
    assert (report.renders, report.answerable, report.problems) == (True, True, ())
