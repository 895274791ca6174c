"""Each tag's widget: from form fields to Label Studio's format and back, and the rules that name what is wrong."""

import json

import pytest
from label_studio_sdk.label_interface.interface import LabelInterface

from apps.labeling.errors import AnswerInvalid
from apps.labeling.widgets import (
    answer_label,
    answer_words,
    check_result,
    initial_state,
    label_words,
    parse_answer,
    parse_draft,
    render_item,
    render_review,
    state_from_result,
)
from apps.labeling.widgets.markup import choice_html, image_source
from apps.projects.labelling import parse_config

TREE = (
    '<Choice value="A"><Choice value="a1"/><Choice value="a2" alias="second"/></Choice>'
    '<Choice value="B"><Choice value="b1"><Choice value="b11"/></Choice></Choice><Choice value="C"/>'
)
LIST = [{"id": "x", "title": "X"}, {"id": 2, "body": "two"}, {"body": "third"}]
DATA = {"t": "a text", "list": LIST, "chat": [{"role": "user", "content": "Hi"}], "max": 3}


def config(control, objects=""):
    return parse_config(f'<View><Text name="t" value="$t"/>{objects}{control}</View>')


def field(*path):
    return json.dumps(list(path), separators=(",", ":"))


NESTED = config(f'<Choices name="c" toName="t" choice="multiple" allowNested="true">{TREE}</Choices>')
NESTED_ONE = config(f'<Choices name="c" toName="t" allowNested="true">{TREE}</Choices>')
TAXONOMY = config(f'<Taxonomy name="c" toName="t" maxUsages="2" pathSeparator=" > ">{TREE}</Taxonomy>')
LEAVES = config(f'<Taxonomy name="c" toName="t" leafsOnly="true">{TREE}</Taxonomy>')
NUMBER = config('<Number name="c" toName="t" min="-1" max="2" step="0.1"/>')
FREE = config('<Number name="c" toName="t"/>')
RANKER = config('<Ranker name="c" toName="l"/>', '<List name="l" value="$list"/>')
BUCKETS = config(
    '<Ranker name="c" toName="l"><Bucket name="best" title="Best"/><Bucket name="ads"/></Ranker>',
    '<List name="l" value="$list"/>',
)
HOME = config(
    '<Ranker name="c" toName="l"><Bucket name="best"/><Bucket name="rest" default="true"/></Ranker>',
    '<List name="l" value="$list"/>',
)
TEXTS = config('<TextArea name="c" toName="t" maxSubmissions="2" skipDuplicates="true"/>')
CHAT = parse_config('<View><Chat name="c" value="$chat" minMessages="2" maxMessages="$max"/></View>')


def moment(**attrs):
    given = "".join(f' {name}="{value}"' for name, value in attrs.items())
    return config(f'<DateTime name="c" toName="t"{given}/>')


def messages(*texts):
    return json.dumps([
        {"id": f"m{n}", "value": {"chatmessage": {"role": "user", "content": text, "createdAt": n}}, "origin": "manual"}
        for n, text in enumerate(texts)
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("parsed", "posted", "value"),
    [
        # Leaves are sent; a group stands there once all inside it is chosen, as the editor writes it.
        (NESTED, [field("A", "second"), field("C")], {"choices": [["A", "second"], ["C"]]}),
        (NESTED, [field("B", "b1", "b11")], {"choices": [["B"], ["B", "b1"], ["B", "b1", "b11"]]}),
        (NESTED_ONE, [field("B", "b1", "b11")], {"choices": [["B", "b1", "b11"]]}),
        (TAXONOMY, [field("C"), field("A")], {"taxonomy": [["A"], ["C"]]}),
        (LEAVES, [field("A", "a1")], {"taxonomy": [["A", "a1"]]}),
        (NUMBER, ["0.3"], {"number": 0.3}),  # 13 steps of 0.1 from -1, although not exactly in binary
        (NUMBER, [" 2.0 "], {"number": 2}),
        (FREE, ["1e3"], {"number": 1000}),
        (moment(), ["2024-05-01T09:07"], {"datetime": "2024-05-01T09:07"}),
        (moment(only="date", format="%-d %B %Y"), ["2024-05-01"], {"datetime": "1 May 2024"}),
        (moment(only="time"), ["23:59"], {"datetime": "23:59"}),
        (moment(only="month,year", format="%m/%Y"), ["2024-05"], {"datetime": "05/2024"}),
        (moment(only="year"), ["1999"], {"datetime": "1999-01-01"}),
        (RANKER, [field("c", "2"), field("c", "x")], {"ranker": {"c": ["2", "x"]}}),
        (RANKER, [field("c", "x"), "2", field("c", "2"), "1"], {"ranker": {"c": ["2", "x"]}}),  # scriptless
        (BUCKETS, [field("best", "x"), field("_", "2")], {"ranker": {"_": ["2"], "best": ["x"], "ads": []}}),
        (HOME, [field("rest", "2"), field("best", "x")], {"ranker": {"best": ["x"], "rest": ["2"]}}),
        (TEXTS, ["one\r\nline", " ", "two"], {"text": ["one\nline", "two"]}),
    ],
)  # fmt: skip
def test_fields_become_a_value_and_come_back(parsed, posted, value):
    result = parse_answer(parsed, {"answer.c": posted}, data=DATA)
    assert [region["value"] for region in result] == [value]
    again = state_from_result(parsed, result, data=DATA)
    assert parse_answer(parsed, {"answer.c": again.values["c"]}, data=DATA) == result
    assert render_review(parsed, DATA, again).dock
    label = answer_label(parsed, result)
    assert label == answer_label(parsed, parse_answer(parsed, {"answer.c": posted}, data=DATA))
    assert answer_words(parsed, result)
    assert label is None or label_words(parsed, label)
    if parsed not in (
        NESTED,
        NESTED_ONE,
    ):  # whose paths label-studio-sdk does not know, although the editor writes them
        assert LabelInterface(parsed.plain).validate_annotation({"result": result})


@pytest.mark.parametrize(
    ("parsed", "posted", "rule"),
    [
        (NESTED, [field("A", "b1")], "unknown_label"),
        (NESTED, ["[1,2]"], "unknown_label"),
        (NESTED_ONE, [field("A", "a1"), field("C")], "one_choice"),
        (TAXONOMY, [field("A"), field("B"), field("C")], "max_usages"),
        (TAXONOMY, ["[" * 5000], "unknown_label"),
        (LEAVES, [field("A")], "leaves_only"),
        (NUMBER, ["2.01"], "number_range"),
        (NUMBER, ["0.35"], "number_step"),
        (NUMBER, ["two"], "type"),
        (FREE, ["NaN"], "type"),
        (FREE, ["9007199254740993"], "characters"),
        (moment(), ["yesterday"], "datetime_format"),
        (moment(only="date", min="2024-01-01"), ["2023-12-31"], "datetime_range"),
        (moment(only="year", max="2024"), ["2025"], "datetime_range"),
        (moment(only="time", max="17:00"), ["17:01"], "datetime_range"),
        (RANKER, [field("c", "ghost")], "unknown_item"),
        (RANKER, [field("c", "x"), field("c", "x")], "duplicate"),
        (BUCKETS, [field("worst", "x")], "unknown_bucket"),
        (TEXTS, ["a", "b", "c"], "max_submissions"),
        (TEXTS, ["a", "A"], "duplicate"),
        (CHAT, [], "min_messages"),
        (CHAT, [messages("a", "b", "c")], "max_messages"),
        (CHAT, [messages(" ")], "empty"),
        (CHAT, ['[{"id": "m", "value": {"chatmessage": {"content": "x"}}}]'], "role"),
        (CHAT, ["{not json"], "json"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_by_name(parsed, posted, rule):
    with pytest.raises(AnswerInvalid) as caught:
        parse_answer(parsed, {"answer.c": posted}, data=DATA)
    assert (caught.value.control, caught.value.rule) == ("c", rule)


def test_messages_are_regions_of_their_own_and_keep_what_came_with_them():
    result = parse_answer(CHAT, {"answer.c": [messages("Hello", "Bye")]}, data=DATA)
    assert [(region["id"], region["type"], region["from_name"], region["origin"]) for region in result] == [
        ("m0", "chatmessage", "c", "manual"),
        ("m1", "chatmessage", "c", "manual"),
    ]
    assert answer_words(CHAT, result) == "user: Hello · user: Bye"
    assert parse_answer(CHAT, {"answer.c": state_from_result(CHAT, result).values["c"]}, data=DATA) == result
    assert LabelInterface(CHAT.plain).validate_annotation({"result": result})


def test_what_older_exports_hold_is_read():
    def region(value, kind):
        return [{"id": "x", "from_name": "c", "to_name": "t", "type": kind, "value": value}]

    check_result(TEXTS, region({"text": "not in a list"}, "textarea"))
    check_result(moment(only="year", format="%Y"), region({"datetime": "2024-01-01"}, "datetime"))
    # A group that was pressed brought all that is inside it.
    check_result(NESTED_ONE, region({"choices": [["A"], ["A", "a1"], ["A", "second"]]}, "choices"))


def test_what_is_chosen_beforehand_stands_in_the_form():
    parsed = config(
        '<Choices name="a" toName="t" value="$options"/><Number name="n" toName="t" defaultValue="4"/>'
        '<Rating name="r" toName="t" defaultValue="2"/>'
    )
    data = {"t": "x", "options": [{"value": "one"}, {"value": "two", "selected": True}]}
    assert initial_state(parsed, data).values == {"a": ("two",), "n": ("4",), "r": ("2",)}


def test_hidden_questions_are_drawn_off_and_left_out():
    parsed = config(
        '<Choices name="a" toName="t" required="true"><Choice value="Yes" alias="y"/><Choice value="No"/></Choices>'
        '<Rating name="r" toName="t" required="true" '
        'visibleWhen="choice-selected" whenTagName="a" whenChoiceValue="Yes"/>'
    )
    drawn = render_review(parsed, DATA).dock
    assert "data-off" in drawn
    assert "&quot;values&quot;: [&quot;Yes&quot;, &quot;y&quot;]" in drawn
    assert len(parse_answer(parsed, {"answer.a": ["No"], "answer.r": ["3"]})) == 1
    with pytest.raises(AnswerInvalid, match='"r" must be answered'):
        parse_answer(parsed, {"answer.a": ["y"]})


def test_what_hangs_on_a_hidden_question_is_left_out_with_it():
    parsed = config(
        '<Choices name="a" toName="t"><Choice value="Yes"/><Choice value="No"/></Choices>'
        '<Choices name="b" toName="t" visibleWhen="choice-selected" whenTagName="a" whenChoiceValue="Yes">'
        '<Choice value="x"/></Choices>'
        '<Rating name="r" toName="t" visibleWhen="choice-selected" whenTagName="b" whenChoiceValue="x"/>'
    )
    post = {"answer.a": ["No"], "answer.b": ["x"], "answer.r": ["3"]}
    assert [region["from_name"] for region in parse_answer(parsed, post)] == ["a"]
    post["answer.a"] = ["Yes"]
    assert [region["from_name"] for region in parse_answer(parsed, post)] == ["a", "b", "r"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://a.example/x.png?a=1", True),
        ("/static/x.png", True),
        ("data:image/png;base64,AAAA", True),
        ("http://a.example/x.png", False),  # the page's content security policy loads none
        ("//a.example/x.png", False),
        ("https:/x", False),
        ("javascript:alert(1)", False),
        ("data:text/html,<script>", False),
        ("\\\\a.example\\x", False),
        ("https://a.example/\nx", False),
        ("https://[bad", False),
        ("", False),
        (None, False),
        ({"src": "x"}, False),
    ],
)
def test_pictures_come_from_where_the_page_may_load_them(given, kept):
    assert bool(image_source(given)) is kept


def test_choices_keep_little_of_their_markup():
    html = choice_html(
        '<h2>Title</h2><a href="https://x.example">link</a><img src="https://x.example/a.png" onerror="x()">'
        '<img src="http://x.example/b.png"><style>*{}</style><script>x()</script><b onclick="x()">b</b>'
    )
    assert html is not None
    for gone in ("onerror", "script", "style", "href", "onclick"):
        assert gone not in html
    assert 'src="https://x.example/a.png"' in html
    assert "http://" not in html
    assert 'alt=""' in html
    assert choice_html("  ") is None


EVIL = "<script>x()</script><img src=x onerror=x()>\u202e\u200b\u0000\"'{{ 7 }}"


@pytest.mark.parametrize(
    "value",
    [
        EVIL,
        EVIL * 3000,
        [EVIL],
        {"a": EVIL, "b": {"c": [EVIL, None, 1.5, True]}},
        [{"id": EVIL, "title": EVIL, "body": EVIL, "html": EVIL, "author": EVIL, "text": EVIL, "role": EVIL}],
        [[[[]]]],
        [None, 1, {"author": 7, "text": {"deep": [1]}, "id": None}],
        None,
        17,
        "[" * 20_000,
        json.loads("[" * 900 + "]" * 900),
    ],
)
def test_odd_and_hostile_data_is_shown_as_text(value):
    parsed = parse_config(
        '<View><Header value="$v"/><Paragraphs name="p" value="$v" layout="dialogue"/><Table name="t" value="$v"/>'
        '<List name="l" value="$v"/><List name="m" value="$v"/><Image name="i" value="$v"/><Chat name="h" value="$v"/>'
        '<Text name="x" value="$v"/><Ranker name="r" toName="m"/><Choices name="c" toName="x" value="$v"/>'
        '<Choices name="d" toName="x" value="$v" allowNested="true"/>'
        f'<Taxonomy name="k" toName="x" value="$v">{TREE}</Taxonomy></View>'
    )
    review = render_review(parsed, {"v": value})
    for html in (review.stage, review.dock, render_item(parsed, {"v": value})):
        assert "<script" not in html.replace('<script type="application/json"', "")
        assert "onerror=x" not in html.replace("&lt;img src=x onerror=x()", "")
    parse_draft(parsed, {}, data={"v": value})
