"""What Label Studio's configs and exports do beyond what its documentation says: it is taken as it comes."""

import json

import pytest

from apps.labeling.config_report import config_report
from apps.labeling.result_report import result_reports
from apps.labeling.widgets import parse_answer
from apps.projects.labelling import config_for, parse_config

TEXT = '<Text name="t" value="$text"/>'
LABELS = '<Labels name="l" toName="t"><Label value="A"/><Label value="B"/></Labels>'
LIST = '<List name="s" value="$items"/>'
RANKER = f'{LIST}<Ranker name="r" toName="s"/>'
BUCKETS = f'{LIST}<Ranker name="r" toName="s"><Bucket name="best"/><Bucket name="ads"/></Ranker>'
DEFAULT = BUCKETS.replace('"ads"', '"ads" default="true"')
NESTED = """<Choices name="c" toName="t" allowNested="true">
  <Choice value="x"><Choice value="x1"/><Choice value="x2"/></Choice><Choice value="y"/></Choices>"""
MANY = NESTED.replace("<Choices", '<Choices choice="multiple"')
TREE = '<Taxonomy name="x" toName="t"{}><Choice value="A"><Choice value="B"/></Choice></Taxonomy>'
TURNS = """<Paragraphs name="t" value="$turns"/>
  <ParagraphLabels name="l" toName="t"><Label value="A"/></ParagraphLabels>"""
DATA = {
    "text": "hello world",
    "items": [{"id": "a", "title": "First"}, {"id": "b", "title": "Second"}, {"id": 3, "title": "Third"}],
    "turns": [{"author": "Ana", "text": "Hello there"}, {"author": "Ben", "text": "Hi"}],
    "picture": "https://example.org/a.png",
    "first": "Tea",
    "more": [{"value": "brought"}],
    "tree": [{"value": "K", "children": [{"value": "L"}]}],
    "coded": "aGVsbG8gd8O2cmxk",  # hello wörld
}


def region(name, to_name, kind, value, **more):
    return {"id": f"id-{name}", "from_name": name, "to_name": to_name, "type": kind, "value": value, **more}


SPAN = region("l", "t", "labels", {"start": 0, "end": 5, "text": "hello", "labels": ["A"]})


ADDED = [region("x", "t", "taxonomy", {"taxonomy": [["A", "new"], ["own"], ["A", "B"]]})]


def without(found, *keys):
    return {key: value for key, value in found.items() if key not in keys}


def ranked(value):
    return [region("r", "s", "ranker", {"ranker": value})]


def reports(inside, result, *, kind="annotations", data=None):
    task = {"id": 1, "data": DATA if data is None else data, kind: [{"id": 1, "result": result}]}
    return list(result_reports(parse_config(f"<View>{inside}</View>"), json.loads(json.dumps([task]))))


@pytest.mark.parametrize(
    ("inside", "result"),
    [
        # Words of a region may be left out (saveTextResult="no"), and places written as 5.0.
        (LABELS + TEXT, [SPAN | {"value": {"start": 0, "end": 5, "labels": ["A"]}}]),
        (LABELS + TEXT, [SPAN | {"value": SPAN["value"] | {"start": 0.0, "end": 5.0}}]),
        (TURNS, [region("l", "t", "paragraphlabels",
                        {"start": 0, "end": 1, "startOffset": 6, "endOffset": 2, "paragraphlabels": ["A"]})]),
        # A plain order was once a bare list; a docs' example names no more than the things in buckets.
        (RANKER, ranked(["3", "b", "a"])),
        (RANKER, ranked({"r": ["3", "b", "a"]})),
        (BUCKETS, ranked({"best": ["b"], "ads": ["a"]})),
        (BUCKETS, ranked({"_": ["a"], "best": ["b", "3"]})),
        (DEFAULT, ranked({"best": ["b"], "ads": ["3", "a"]})),
        # One press on a group chooses all that is inside it, also where one choice may be made.
        (NESTED + TEXT, [region("c", "t", "choices", {"choices": [["x"], ["x", "x1"], ["x", "x2"]]})]),
        ('<Rating name="r" toName="t"/>' + TEXT, [region("r", "t", "rating", {"rating": 4.0})]),
        # Stars that were taken back; many stars; an attribute that only the editor reads so.
        ('<Rating name="r" toName="t"/>' + TEXT, [region("r", "t", "rating", {"rating": 0})]),
        ('<Rating name="r" toName="t" maxRating="100"/>' + TEXT, [region("r", "t", "rating", {"rating": 77})]),
        ('<Rating name="r" toName="t" maxrating="8"/>' + TEXT, [region("r", "t", "rating", {"rating": 8})]),
        # A nested label without those above it, and a group alone.
        (MANY + TEXT, [region("c", "t", "choices", {"choices": ["x1", "y"]})]),
        (MANY + TEXT, [region("c", "t", "choices", {"choices": ["y", ["x", "x1"]]})]),
        (MANY + TEXT, [region("c", "t", "choices", {"choices": ["x"]})]),
        (NESTED + TEXT, [region("c", "t", "choices", {"choices": ["x2"]})]),
        # What people added to a tree, and labels that an item brings beside those of the config.
        (TREE.format(' allowAddLabels="true"') + TEXT, ADDED),
        (TREE.format(' legacy="true" leafsOnly="true"') + TEXT, ADDED),
        (TREE.format(' value="$tree"') + TEXT, [region("x", "t", "taxonomy", {"taxonomy": [["K", "L"], ["A"]]})]),
        ('<Labels name="l" toName="t" value="$more"><Label value="A"/></Labels>' + TEXT,
         [SPAN | {"value": SPAN["value"] | {"labels": ["brought"]}}]),
        ('<Choices name="c" toName="t"><Choice value="$first"/><Choice value="other"/></Choices>' + TEXT,
         [region("c", "t", "choices", {"choices": ["Tea"]})]),
        ('<Labels name="l" toName="t"><Label value="$first"/></Labels>' + TEXT,
         [SPAN | {"value": SPAN["value"] | {"labels": ["$first"]}}]),
        ('<DateTime name="d" toName="t"/>' + TEXT,
         [region("d", "t", "datetime", {"datetime": "2024-05-01T10:30:15.000Z"})]),
        # Places are counted in the text that is read, not in its code.
        (LABELS + TEXT.replace("$text", "$coded").replace("/>", ' encoding="base64unicode"/>'), [SPAN]),
        ('<Image name="i" value="$picture"/><Rating name="r" toName="i"/>',
         [region("r", "i", "rating", {"rating": 4}, item_index=0)]),
    ],
)  # fmt: skip
def test_an_export_is_taken_as_it_comes(inside, result):
    assert [(found.problems, found.is_good) for found in reports(inside, result)] == [((), True)]


@pytest.mark.parametrize(
    ("inside", "result"),
    [
        (LABELS + TEXT, [without(SPAN, "id"), SPAN, without(SPAN, "id") | {"score": 0.5}]),
        # Scripts number their regions, and write null.
        ('<Rating name="r" toName="t"/>' + TEXT, [region("r", "t", "rating", {"rating": 3}) | {"id": None}]),
        (LABELS + TEXT, [SPAN | {"id": 1}, SPAN | {"id": 2}, {
            "type": "relation", "from_id": 1, "to_id": 2, "direction": "right"}]),
        ('<Chat name="t" value="$turns"/>', [
            without(region("t", "t", "chatmessage", {"chatmessage": {"role": "user", "content": "Hi"}}), "id")
        ]),
    ],
)  # fmt: skip
def test_a_prediction_may_name_its_regions_as_it_likes(inside, result):
    found = reports(inside, result, kind="predictions")
    assert [(report.problems, report.is_good) for report in found] == [((), True)]


def test_predictions_and_drafts_may_be_ids_alone():
    task = {"id": 1, "data": DATA, "annotations": [{"id": 1, "result": [SPAN]}], "predictions": [3], "drafts": [4]}
    found = list(result_reports(parse_config(f"<View>{LABELS}{TEXT}</View>"), [task]))
    assert [(report.kind, report.is_good) for report in found] == [("annotation", True)]


def test_a_partial_order_is_loaded_and_the_difference_named():
    [found] = reports(RANKER, ranked({"r": ["b"]}))
    assert (found.loads, found.shows) == (True, False)
    assert 'The form shows "r" as "b > a > 3"' in found.problems[0]


def test_what_a_form_leaves_out_of_an_order_stands_where_it_is_shown():
    config = parse_config(f"<View>{BUCKETS}</View>")
    [found] = parse_answer(config, {"answer.r": ['["best","b"]']}, data=DATA)
    assert found["value"]["ranker"] == {"_": ["a", "3"], "best": ["b"], "ads": []}


@pytest.mark.parametrize(
    ("inside", "note"),
    [
        (RANKER, ""),
        (BUCKETS, ""),
        ('<Labels name="l" toName="t"><Label value="A" hotkey="1"/><Label value="B" hotkey="1"/></Labels>' + TEXT,
         'The hotkey "1"'),
        ('<Labels name="l" toName="t" allowEmpty="true"><Label value="A"/><Label value=""/></Labels>' + TEXT,
         "has no value"),
        ('<Number name="n" toName="t" min="-1.5" max="1e3"/>' + TEXT, ""),
        ('<DateTime name="d" toName="t" only="month"/>' + TEXT, ""),
        ('<DateTime name="d" toName="t" only="year" min="1990" max="2020"/>' + TEXT, ""),
        ('<DateTime name="d" toName="t" only="date" format="%d.%m.%Y" min="1988-01-13" max="1999-12-31"/>' + TEXT, ""),
    ],
)  # fmt: skip
def test_a_config_is_answerable(inside, note):
    report = config_report("", f"<View>{inside}</View>")
    assert (report.renders, report.answerable, report.problems) == (True, True, ())
    assert any(note in each for each in report.notes) or not note


def test_a_taxonomy_of_ten_thousand_labels_is_answerable():
    group = "".join(f'<Choice value="Thing {number}"/>' for number in range(99))
    groups = "".join(f'<Choice value="Group {number}">{group}</Choice>' for number in range(100))
    report = config_report("", f'<View>{TEXT}<Taxonomy name="x" toName="t">{groups}</Taxonomy></View>')
    assert (report.answerable, report.problems) == (True, ())


def test_a_label_whose_key_is_taken_loses_it():
    inside = '<Choices name="c" toName="t"><Choice value="a" hotkey="q"/><Choice value="b" hotkey="q"/></Choices>'
    config = parse_config(f"<View>{inside}{TEXT}</View>")
    assert [label.hotkey for label in config.controls[0].labels] == ["q", ""]


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "utf-16", "klingon"])
def test_a_declared_encoding_is_no_matter_once_the_text_is_read(encoding):
    inside = TEXT + '<Choices name="c" toName="t"><Choice value="é"/></Choices>'
    config = parse_config(f'<?xml version="1.0" encoding="{encoding}"?>\n<View>{inside}</View>')
    assert config_for(config, DATA).controls[0].labels[0].value == "é"


@pytest.mark.parametrize(
    ("inside", "words"),
    [
        (TEXT + '<Rating name="r" toName="t"/><TextArea name="w"/>', "<TextArea>, line 1: It has no toName"),
        (TEXT + '<Labels name="l" toName="t"><Label/></Labels>', "<Label>, line 1: It has no value"),
    ],
)
def test_a_problem_names_the_tag_at_fault(inside, words):
    assert words in config_report("", f"<View>{inside}</View>").problems[0]


def test_a_sample_without_a_value_is_filled_up():
    assert config_report("", f'<View>{RANKER}</View><!-- {{"data": {{"items": null}}}} -->').answerable
