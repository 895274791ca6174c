"""Labels, HyperTextLabels, ParagraphLabels and Relations: parsed strictly, completed from the data, shown unchanged."""

import json

import pytest

from apps.labeling.errors import AnswerInvalid
from apps.labeling.widgets import (
    answer_label,
    answer_words,
    check_result,
    label_words,
    parse_answer,
    parse_draft,
    render_review,
    state_from_result,
)
from apps.projects.labelling import parse_config

CONFIG = parse_config(
    '<View><Relations><Relation value="of"/><Relation value="in"/></Relations><Filter toName="ner" placeholder="Find"/>'
    '<Labels name="ner" toName="text" maxUsages="2" showInline="false"><Label value="Person" alias="PER"/>'
    '<Label value="Place"/></Labels><Text name="text" value="$text"/>'
    '<Rating name="sure" toName="text" perRegion="true"/></View>'
)
DATA = {"text": "😀 Ann lives\r\nin Rome."}


def span(start, end, *labels, id="a", **value):
    value = {"start": start, "end": end, **value, "labels": list(labels)}
    return {"id": id, "from_name": "ner", "to_name": "text", "type": "labels", "value": value}


def posted(*regions, links=(), **fields):
    post = {"answer.ner": [json.dumps(regions)], **fields}
    return post | ({"answer.relations": [json.dumps(links)]} if links else {})


def test_parse_adds_the_words_and_lays_them_into_what_is_said_of_a_region():
    result = parse_answer(CONFIG, posted(span(2, 5, "PER"), **{"answer.sure@a": ["3"]}), data=DATA)
    assert result[0] == span(2, 5, "PER", text="Ann")
    assert result[1]["value"] == {"start": 2, "end": 5, "text": "Ann", "rating": 3}
    assert (result[1]["id"], result[1]["type"]) == ("a", "rating")


@pytest.mark.parametrize(
    ("region", "rule"),
    [
        (span(2, 22, "PER"), "span_range"),  # the text has 21 characters
        (span(5, 2, "PER"), "span_empty"),
        (span("two", 5, "PER"), "span_number"),
        (span(2, 5, "PER", text="Rome"), "span_text"),
        (span(2, 5, "Person"), "unknown_label"),  # results hold the alias
        (span(2, 5), "empty"),
        (span(2, 5, "PER", "Place"), "one_choice"),
        (span(2, 5, "PER", "PER"), "duplicate"),
        (span(2, 5, "PER") | {"to_name": "other"}, "wrong_target"),
        (span(2, 5, "PER", id=""), "missing_field"),
        (span(2, 5, "PER") | {"value": "x"}, "type"),
        ("x", "type"),
    ],
)
def test_parse_names_the_region_and_what_is_wrong_with_it(region, rule):
    with pytest.raises(AnswerInvalid) as refused:
        parse_answer(CONFIG, posted(region), data=DATA)
    assert (refused.value.control, refused.value.rule) == ("ner", rule)


def test_labels_are_used_as_often_as_the_config_allows():
    regions = [span(2, 5, "PER", id=name) for name in "ab"]
    assert len(parse_answer(CONFIG, posted(*regions), data=DATA)) == 2
    with pytest.raises(AnswerInvalid, match='"Person" may be used 2 times'):
        parse_answer(CONFIG, posted(*regions, span(17, 21, "PER", id="c")), data=DATA)


def test_two_regions_need_two_ids():
    with pytest.raises(AnswerInvalid, match='have the id "a"'):
        parse_answer(CONFIG, posted(span(2, 5, "PER"), span(17, 21, "Place")), data=DATA)


def link(**fields):
    return {"from_id": "a", "to_id": "b", "type": "relation", "direction": "right"} | fields


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (link(to_id="c"), "unknown_region"),
        (link(to_id="a"), "link_to_itself"),
        (link(direction="up"), "direction"),
        (link(labels=["at"]), "unknown_label"),
        (link(labels=["of", "in"]), "one_choice"),
        (link(labels="of"), "type"),
    ],
)
def test_links_join_regions_that_are_there(row, rule):
    regions = [span(2, 5, "PER"), span(17, 21, "Place", id="b")]
    assert parse_answer(CONFIG, posted(*regions, links=[link(labels=["of"])]), data=DATA)
    with pytest.raises(AnswerInvalid) as refused:
        parse_answer(CONFIG, posted(*regions, links=[row]), data=DATA)
    assert refused.value.rule == rule


def test_nothing_marked_is_an_answer():
    assert parse_answer(CONFIG, {}, data=DATA) == []
    assert label_words(CONFIG, answer_label(CONFIG, [])) == "nothing marked"


# As Label Studio writes them: line breaks as two characters, offsets as text, fields that mean nothing here.
EXPORTED = [
    span(2, 5, "PER", text="Ann")
    | {"origin": "manual", "score": 0.5, "meta": {"text": ["x"]}, "own": {"n": [1, None]}},
    span(6, 16, "Place", id="b", text="lives\\n\\nin") | {"parentID": "a"},
    link(labels=["of"], own="y"),
]


def test_an_exported_answer_loads_shows_and_goes_out_unchanged():
    check_result(CONFIG, EXPORTED, data=DATA)
    state = state_from_result(CONFIG, EXPORTED, data=DATA)
    again = parse_draft(CONFIG, {f"answer.{name}": values for name, values in state.values.items()}, data=DATA)
    assert sorted(again, key=json.dumps) == sorted(EXPORTED, key=json.dumps)


def test_equal_marks_have_equal_keys_whatever_their_order_and_ids():
    one = [span(2, 5, "PER", text="Ann"), span(17, 21, "Place", id="b", text="Rome")]
    other = [span(17, 21, "Place", id="x", text="Rome"), span(2, 5, "PER", id="y", text="Ann")]
    assert answer_label(CONFIG, one) == answer_label(CONFIG, other)
    assert answer_label(CONFIG, one) != answer_label(CONFIG, one[:1])
    assert label_words(CONFIG, answer_label(CONFIG, one)) == answer_words(CONFIG, one) == "Person “Ann”, Place “Rome”"


def test_a_long_key_is_a_digest_that_still_says_how_many():
    many = [span(place, place + 2, "Place", id=str(place), text="xx") for place in range(40)]
    key = answer_label(CONFIG, many)
    assert len(key) <= 500
    assert label_words(CONFIG, key) == "40 regions"
    assert answer_words(CONFIG, many).endswith("and 32 more")


def test_the_page_gets_every_character_as_it_is():
    review = render_review(CONFIG, {"text": 'a\r\nb\r<script>"&'})
    assert "a&#13;\nb&#13;&lt;script&gt;&quot;&amp;" in review.stage
    assert 'placeholder="Find"' in review.dock
    assert "chips labels column" in review.dock
    assert review.layout == "marked"


def test_a_document_known_by_xpath_alone_is_placed_for_the_page():
    config = parse_config(
        '<View><HyperTextLabels name="ner" toName="doc"><Label value="X"/></HyperTextLabels>'
        '<HyperText name="doc" value="$doc"/></View>'
    )
    value = {"start": "/p[2]/text()[1]", "end": "/p[2]/text()[1]", "startOffset": 0, "endOffset": 1}
    region = {"id": "a", "from_name": "ner", "to_name": "doc", "type": "hypertextlabels"}
    result = [{**region, "value": {**value, "hypertextlabels": ["X"]}}]
    data = {"doc": "<p>😀</p><p>y</p>"}
    review = render_review(config, data, state_from_result(config, result, data=data))
    assert "{&quot;a&quot;: {&quot;start&quot;: 2, &quot;end&quot;: 3}}" in review.dock  # in UTF-16 units


def test_an_old_answer_that_counts_utf16_units_is_read_by_its_words():
    result = [span(3, 6, "PER", text="Ann")]  # behind 😀, which counted two before Label Studio 1.5
    check_result(CONFIG, result, data=DATA)
    state = state_from_result(CONFIG, result, data=DATA)
    assert parse_answer(CONFIG, {"answer.ner": state.values["ner"]}, data=DATA) == result
    assert "{&quot;a&quot;: {&quot;start&quot;: 3, &quot;end&quot;: 6}}" in render_review(CONFIG, DATA, state).dock
