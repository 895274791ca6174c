"""How parts of Label Studio's configs are shown that no plain form field holds: added labels, tables, words, stars."""

import re

import pytest

from apps.labeling.errors import AnswerInvalid
from apps.labeling.form_fields import form_fields
from apps.labeling.widgets import (
    answer_label,
    check_result,
    one_press,
    parse_answer,
    render_review,
    state_from_result,
)
from apps.projects.labelling import ConfigError, config_for, parse_config

TEXT = '<Text name="t" value="$text"/>'
TREE = '<Taxonomy name="x" toName="t"{}><Choice value="A"><Choice value="B"/></Choice></Taxonomy>'
DATA = {"text": "hello world", "first": "Tea"}
PATHS = [["A", "new"], ["own"], ["A", "B"]]
ADDED = [{"id": "i", "from_name": "x", "to_name": "t", "type": "taxonomy", "value": {"taxonomy": PATHS}}]


def config_of(inside):
    return parse_config(f"<View>{inside}</View>")


def test_what_people_added_to_a_tree_is_refused_where_none_may_be_added():
    with pytest.raises(AnswerInvalid, match=r'"A / new" is no path of "x".*allowAddLabels="true"'):
        check_result(config_of(TREE.format("") + TEXT), ADDED, data=DATA)


def test_what_people_added_to_a_tree_is_shown_and_can_be_taken_back():
    config = config_of(TREE.format(' legacy="true"') + TEXT)
    page = render_review(config, DATA, state_from_result(config, ADDED, data=DATA)).dock
    assert re.findall(r"data-text>([^<]*)<", page) == ["A", "B", "A / new", "own"]
    sent = form_fields(page)
    [found] = parse_answer(config, sent, data=DATA)
    assert found["value"] == {"taxonomy": [["A", "B"], ["A", "new"], ["own"]]}
    sent["answer.x"].remove('["own"]')
    [found] = parse_answer(config, sent, data=DATA)
    assert found["value"] == {"taxonomy": [["A", "B"], ["A", "new"]]}


@pytest.mark.parametrize(
    ("options", "lines", "head"),
    [
        ("csv", 'name;n\n"Ann; B.";2\n\n', ["name", "n"]),
        ("csv|separator=,|headless", "Ann; B.,2\n", ["1", "2"]),
        ("csv", "\ufeffname,n,more\nAnn; B.,2\n", ["name", "n", "more"]),
    ],
)
def test_a_table_is_read_from_csv(options, lines, head):
    page = render_review(config_of(f'<Table name="t" value="$t" valueType="{options}"/>'), {"t": lines}).stage
    assert re.findall(r"<th[^>]*>([^<]*)</th>", page) == head
    assert re.findall(r"<td[^>]*>([^<]+)</td>", page) == ["Ann; B.", "2"]


@pytest.mark.parametrize("value", ["", "   ", None, 3, ["a"], 'a,"b', "\n", "\ufeff"])
def test_what_is_no_csv_is_shown_as_it_can_be(value):
    assert render_review(config_of('<Table name="t" value="$t" valueType="csv"/>'), {"t": value}).stage


@pytest.mark.parametrize("options", ["xml", "csv|url", "csv|separator=;;"])
def test_a_table_of_another_type_is_refused(options):
    with pytest.raises(ConfigError, match="<Table>, line 1: valueType"):
        config_of(f'<Table name="t" value="$t" valueType="{options}"/>')


@pytest.mark.parametrize(
    ("inside", "shown"),
    [
        ("<Markdown>\n## Do **this**\n\n- first\n</Markdown>", "<h2>Do <strong>this</strong></h2>"),
        ('<Markdown value="Ask for $first"/>', "<p>Ask for Tea</p>"),
        ('<Markdown value="&lt;script&gt;x&lt;/script&gt;"/>', "&lt;script&gt;x&lt;/script&gt;"),
    ],
)
def test_markdown_of_a_config_is_shown(inside, shown):
    config = config_of(f'<Header value="Read"/>{inside}{TEXT}<Rating name="r" toName="t"/>')
    assert shown in render_review(config, DATA).stage


@pytest.mark.parametrize(
    ("encoding", "coded", "shown"),
    [
        ("base64", "aOlsbG8=", "héllo"),  # a byte for a character, as a browser's atob reads them
        ("base64unicode", "aMOpbGxv", "héllo"),
        ("base64", "no code!", "no code!"),
        ("none", "aGk=", "aGk="),
    ],
)
def test_an_encoded_text_is_decoded(encoding, coded, shown):
    config = config_of(f'<Text name="t" value="$t" encoding="{encoding}"/><Rating name="r" toName="t"/>')
    assert f">{shown}<" in render_review(config, {"t": coded}).stage


def test_many_stars_are_written_as_a_number():
    config = config_of(f'{TEXT}<Rating name="r" toName="t" maxRating="60" defaultValue="80"/>')
    review = render_review(config, DATA)
    assert not review.one_press
    assert all(part in review.dock for part in ('type="number"', 'max="60"', 'min="1"', 'value=""'))
    assert parse_answer(config, {"answer.r": ["57"]})[0]["value"] == {"rating": 57}


def test_stars_that_were_taken_back_are_no_vote():
    config = config_of(TEXT + '<Rating name="r" toName="t"/>')
    taken_back = [{"id": "i", "from_name": "r", "to_name": "t", "type": "rating", "value": {"rating": 0}}]
    assert answer_label(config, check_result(config, taken_back)) is None


def test_words_of_a_choice_come_with_the_item():
    config = config_of(TEXT + '<Choices name="c" toName="t"><Choice value="$first"/><Choice value="$none"/></Choices>')
    assert config.variables == ("text", "first", "none")
    assert config.classes == ()
    assert [label.value for label in config_for(config, DATA).controls[0].labels] == ["Tea", "$none"]


def test_what_is_repeated_is_sent_by_one_button():
    config = config_of(
        '<Repeater on="$rows"><Text name="t{{idx}}" value="$rows[{{idx}}]"/>'
        '<Choices name="c{{idx}}" toName="t{{idx}}"><Choice value="a"/></Choices></Repeater>'
    )
    assert not one_press(config)
    for rows in (["one"], ["one", "two"]):
        review = render_review(config, {"rows": rows}, sends=one_press(config))
        assert (review.one_press, "data-primary" in review.dock) == (False, False)


@pytest.mark.parametrize(
    ("shown", "about"),
    [
        ('<Text name="o" value="$text"/>', "hello world"),
        ('<HyperText name="o" value="$page"/>', "Hi there"),
        ('<Table name="my_table" value="$rows"/>', "my table"),
        ('<Header value="Offers"/><List name="o" value="$rows"/>', "Offers"),
    ],
)
def test_a_question_about_one_of_several_names_it_in_words(shown, about):
    name = re.search(r'name="(\w+)"', shown)[1]
    config = config_of(f'{shown}<Text name="t" value="$text"/><Rating name="r" toName="{name}"/>')
    data = DATA | {"page": "<p>Hi <b>there</b></p>", "rows": [{"a": 1}]}
    assert f'<q class="about" dir="auto">{about}</q>' in render_review(config, data, sends=False).dock
