"""`check_configs` and `check_results` on what people bring: files of every kind, good and hostile."""

import copy
import json
from io import StringIO

import pytest
from django.core.management import call_command

CONFIG = """<View>
  <Relations><Relation value="is"/><Relation value="of"/></Relations>
  <Labels name="ner" toName="text" choice="multiple"><Label value="PER"/><Label value="Org" alias="org"/></Labels>
  <Text name="text" value="$text"/>
  <Choices name="sure" toName="text" perRegion="true" whenLabelValue="PER">
    <Choice value="Yes"/><Choice value="No"/></Choices>
  <TextArea name="note" toName="text" perRegion="true"/>
  <Choices name="kinds" toName="text" choice="multiple"><Choice value="a"/><Choice value="b"/></Choices>
  <Choices name="nested" toName="text" allowNested="true" choice="multiple">
    <Choice value="A"><Choice value="B"/><Choice value="D"/></Choice><Choice value="C"/></Choices>
  <Taxonomy name="tree" toName="text"><Choice value="X"><Choice value="Y"/><Choice value="Z"/></Choice></Taxonomy>
  <Rating name="stars" toName="text"/><Number name="n" toName="text"/><DateTime name="day" toName="text"/>
  <TextArea name="words" toName="text"/>
  <Pairwise name="pair" toName="text,other"/><Text name="other" value="$other"/>
  <List name="rows" value="$rows"/>
  <Ranker name="order" toName="rows"><Bucket name="good"/><Bucket name="bad"/></Ranker>
  <HyperTextLabels name="marks" toName="page"><Label value="T"/></HyperTextLabels><HyperText name="page" value="$page"/>
  <ParagraphLabels name="turns" toName="talk"><Label value="S"/></ParagraphLabels>
  <Paragraphs name="talk" value="$talk"/>
  <Chat name="chat" value="$chat"/>
</View>"""  # fmt: skip
TEXT = "Bill Gates founded Microsoft \U0001f600 in 1975."
DATA = {
    "text": TEXT,
    "other": "other",
    "rows": [{"id": "a", "title": "A", "body": "x"}, {"id": "b", "title": "B", "body": "y"}],
    "page": "<h1>John works</h1><p>at <b>Acme</b> Inc.</p>",
    "talk": [{"author": "A", "text": "Hello there"}, {"author": "B", "text": "Hi you"}],
    "chat": [{"role": "user", "content": "hi"}],
}
SPAN = {"start": 0, "end": 10, "text": "Bill Gates"}


def region(name, to_name, kind, value, **more):
    return {"id": f"id-{name}", "from_name": name, "to_name": to_name, "type": kind, "value": value, **more}


RESULT = [
    # What belongs to a span may stand before it; unknown fields may stand anywhere.
    region("sure", "text", "choices", {**SPAN, "choices": ["Yes"]}, id="s1", origin="manual"),
    region("ner", "text", "labels", {**SPAN, "labels": ["PER"]}, id="s1", meta={"text": ["why"]}, score=0.5, x=[None]),
    region("note", "text", "textarea", {**SPAN, "text": ["a note", "two"]}, id="s1", origin="manual"),
    region(
        *("ner", "text", "labels", {"start": 19, "end": 28, "text": "Microsoft", "labels": ["org", "PER"]}),
        id="s2", origin="prediction", parentID="s1", readonly=True,
    ),
    {"from_id": "s1", "to_id": "s2", "type": "relation", "direction": "right", "labels": ["of"]},
    {"from_id": "s2", "to_id": "s1", "type": "relation", "direction": "bi"},
    region("kinds", "text", "choices", {"choices": ["b", "a"]}, origin="manual"),
    region("nested", "text", "choices", {"choices": [["C"], ["A", "B"]]}),
    region("tree", "text", "taxonomy", {"taxonomy": [["X", "Y"], ["X"]]}),
    region("stars", "text", "rating", {"rating": 4}),
    region("n", "text", "number", {"number": 1.0}),
    region("day", "text", "datetime", {"datetime": "2024-05-01T10:30"}),
    region("words", "text", "textarea", {"text": ["  lead\r\n ", "\u202eb\u200b"]}),
    region("pair", "pair", "pairwise", {"selected": "left"}),
    region("order", "rows", "ranker", {"ranker": {"good": ["b"], "_": ["a"]}}),
    region(
        *("marks", "page", "hypertextlabels"),
        {
            **{"start": "/h1[1]/text()[1]", "end": "/h1[1]/text()[1]", "startOffset": 0, "endOffset": 4},
            **{"globalOffsets": {"start": 0, "end": 4}, "text": "John", "hypertextlabels": ["T"]},
        },
    ),
    region(
        *("turns", "talk", "paragraphlabels"),
        {"start": "0", "end": "0", "startOffset": 0, "endOffset": 5, "text": "Hello", "paragraphlabels": ["S"]},
    ),
    region("chat", "chat", "chatmessage", {"chatmessage": {"role": "user", "content": "x", "createdAt": 17576122}}),
]  # fmt: skip
# Written and read once, so that no two answers share a region.
TASKS = json.loads(json.dumps([
    {
        "id": 7,
        "data": DATA,
        "annotations": [
            {"id": 1, "result": RESULT, "was_cancelled": False, "lead_time": 3.2, "ground_truth": False},
            {"id": 2, "result": [], "was_cancelled": True},
        ],
        "predictions": [{"id": 3, "result": RESULT[1:2], "score": 0.4, "model_version": "v1"}],
        "drafts": [{"id": 4, "result": RESULT[9:10]}],
        "meta": {},
    },
    {"id": 8, "data": DATA, "annotations": []},
]))  # fmt: skip


def run(command, *arguments):
    """(exit status, what it printed, what it complained)."""
    out, err = StringIO(), StringIO()
    try:
        call_command(command, *map(str, arguments), stdout=out, stderr=err)
    except SystemExit as exc:
        return exc.code, out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


@pytest.fixture
def check(tmp_path):
    """Runs check_results on raw bytes or on tasks, and gives status, rows and complaints."""
    (tmp_path / "config.xml").write_text(CONFIG, encoding="utf-8")

    def checked(tasks):
        raw = tasks if isinstance(tasks, bytes) else json.dumps(tasks).encode()
        (tmp_path / "tasks.json").write_bytes(raw)
        where = ("--config", tmp_path / "config.xml", "--tasks", tmp_path / "tasks.json")
        status, out, err = run("check_results", *where, "--json")
        assert run("check_results", *where)[0] == status
        return status, json.loads(out), err

    return checked


def test_check_results_lets_every_kind_of_answer_through_unchanged(check):
    status, rows, _ = check(TASKS)
    assert [row["problems"] for row in rows] == [[]] * 4
    assert [(row["task"], row["annotation"], row["kind"]) for row in rows] == [
        *((7, 1, "annotation"), (7, 2, "annotation")),
        *((7, 3, "prediction"), (7, 4, "draft")),
    ]
    assert all(row["loads"] and row["shows"] and row["identical"] for row in rows)
    assert status == 0


def test_check_results_takes_one_task_alone_a_byte_order_mark_and_old_names(check):
    old = {"id": 1, "data": DATA, "completions": [{"id": 1, "result": RESULT}]}
    assert check(b"\xef\xbb\xbf" + json.dumps(old).encode())[0] == 0
    assert check([])[:2] == (0, [])


def of(index, **value):
    """A change of one region's value."""
    return lambda tasks: tasks[0]["annotations"][0]["result"][index]["value"].update(value)


def first(change):
    """A change of the first annotation."""
    return lambda tasks: change(tasks[0]["annotations"][0])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (of(10, number=2**60), "result[10].value.number: The integer is beyond 2^53"),
        (of(12, text=["a\x00b"]), "result[12].value.text[0]: The text holds a NUL"),
        (of(12, text=["\ud800"]), "half of a surrogate"),
        (of(1, labels=["ghost"]), '"ghost" is no label of "ner"'),
        (of(1, end=1000), "the text has 39 characters"),
        (of(1, start=9, end=2), "the end must come after the start"),
        (of(1, text="Bill Clinton"), "there stands"),
        (of(9, rating=9), '"stars" goes from 1 to 5'),
        (of(9, rating="4"), '"stars" must be a whole number'),
        (of(6, choices=["a", "z"]), '"z" is no label of "kinds"'),
        (of(8, taxonomy=[["Y"]]), '"tree"'),
        (of(11, datetime="soon"), '"soon"'),
        (of(13, selected="both"), '"left" or "right"'),
        (of(14, ranker={"good": ["ghost"]}), '"ghost"'),
        (first(lambda row: row["result"][4].update(to_id="ghost")), '"ghost" is no region'),
        (first(lambda row: row["result"][4].update(direction="up")), "direction"),
        (first(lambda row: row["result"][3].update(id="s1")), 'the id "s1"'),
        (first(lambda row: row["result"][0].update(id="s9")), '"s9"'),
        (first(lambda row: row["result"][9].pop("value")), 'no "value"'),
        (first(lambda row: row["result"][9].update(value=[])), "must be an object"),
        (first(lambda row: row["result"][9].update(from_name="ghost")), 'no control named "ghost"'),
        (first(lambda row: row["result"][9].update(type="choices")), 'of type "rating"'),
        (first(lambda row: row["result"].append("text")), "list of regions"),
        (first(lambda row: row.update(result=None)), "list of regions"),
        (first(lambda row: row.pop("result")), 'no "result"'),
        (first(lambda row: row.update(id=2**70)), "id: The integer is beyond 2^53"),
        (first(lambda row: row["result"][1].update(meta=json.loads("[" * 40 + "]" * 40))), "Nested more than 32"),
    ],
)
def test_check_results_names_what_is_wrong(check, change, words):
    tasks = copy.deepcopy(TASKS)
    change(tasks)
    status, rows, _ = check(tasks)
    bad = [row for row in rows if row["problems"]]
    assert (status, [row["task"] for row in bad]) == (1, [7])
    assert words in bad[0]["problems"][0]
    assert not bad[0]["loads"]


@pytest.mark.parametrize(
    ("task", "words"),
    [
        ({"id": 2**60}, "id: The integer is beyond 2^53"),
        ({"data": {**DATA, "more": {"n": 2**60}}}, "data.more.n: The integer is beyond"),
        ({"data": None}, 'no "data" object'),
        ({"annotations": {}}, "not a list"),
    ],
)
def test_check_results_names_what_is_wrong_with_a_task(check, task, words):
    status, rows, _ = check([TASKS[0] | {"predictions": [], "drafts": []} | task])
    assert status == 1
    assert any(words in problem for row in rows for problem in row["problems"])


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "is empty"),
        (b"id,text\n1,a", "not JSON"),
        (b'{"id": 1, "data": {}, "annotations": []}\n{"id": 2, "data": {}, "annotations": []}', "into one list"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
        (json.dumps(TASKS).replace("0.5", "NaN").encode(), "NaN"),
        (json.dumps(TASKS).replace("0.5", "Infinity").encode(), "Infinity"),
        (json.dumps(TASKS).replace("0.5", '0.5, "score": 1').encode(), "score is named twice"),
        (json.dumps(TASKS).replace("0.5", "1" * 5000).encode(), "too long"),
        (b"3", "a list of tasks"),
        (b'[{"id": 1, "text": "a", "kinds": "a", "annotator": 1, "annotation_id": 3}]', "JSON_MIN"),
        (b'[{"id": 1, "result": []}]', "without their tasks"),
    ],
)
def test_check_results_refuses_files_that_are_no_export(check, raw, words):
    status, rows, err = check(raw)
    assert (status, rows[0]["kind"]) == (2, "file")
    assert words in rows[0]["problems"][0]
    assert words in err


def test_check_results_names_a_config_that_cannot_be_used(check, tmp_path):
    (tmp_path / "bad.xml").write_text('<View><Audio name="a" value="$a"/></View>')
    status, _, err = run("check_results", "--config", tmp_path / "bad.xml", "--tasks", tmp_path / "none.json")
    assert (status, "<Audio>, line 1" in err) == (2, True)
    status, _, err = run("check_results", "--config", tmp_path / "config.xml", "--tasks", tmp_path / "none.json")
    assert (status, "cannot be read" in err) == (2, True)


def test_check_results_does_not_read_a_file_beyond_all_bounds(tmp_path):
    (tmp_path / "config.xml").write_text(CONFIG, encoding="utf-8")
    with (tmp_path / "huge.json").open("wb") as file:
        file.truncate(1_000_000_001)  # a hole, which takes no room on the disk
    where = ("--config", tmp_path / "config.xml", "--tasks", tmp_path / "huge.json")
    status, _, err = run("check_results", *where)
    assert (status, "1,000,000,000 bytes" in err) == (2, True)


GOOD = '<View><Text name="t" value="$text"/><Rating name="r" toName="t"/></View>'


def test_check_configs_walks_folders_and_says_what_becomes_of_each(tmp_path):
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    (folder / "good.xml").write_text(f'{GOOD}\n<!-- {{"data": {{"text": "sample"}}}} -->')
    (folder / "config.yml").write_text("title: x\nconfig: |\n  " + GOOD)
    (folder / "other.yaml").write_text("title: no config here")
    (folder / "notes.txt").write_text("not looked at")
    (tmp_path / "video.XML").write_text(GOOD.replace("<Rating", '<Video name="v" value="$v"/><Brush name="b"/><Rating'))
    status, out, _ = run("check_configs", tmp_path, "--json")
    rows = {row["path"].rsplit("/")[-1]: row for row in json.loads(out)}
    assert set(rows) == {"good.xml", "config.yml", "video.XML"}
    assert all({"path", "renders", "answerable", "unsupported_tags", "problems"} <= set(row) for row in rows.values())
    assert [rows[name]["answerable"] for name in ("good.xml", "config.yml", "video.XML")] == [True, True, False]
    assert rows["good.xml"]["problems"] == rows["config.yml"]["problems"] == []
    assert rows["video.XML"]["unsupported_tags"] == ["Video", "Brush"]
    assert "<Video>, line 1" in rows["video.XML"]["problems"][0]
    assert status == 1
    words = run("check_configs", folder)
    assert (words[0], "2 of 2 can be used" in words[1]) == (0, True)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.xml", b"<View>", "well-formed"),
        ("a.xml", b"", "well-formed"),
        ("a.xml", b"\xff\xfe<View/>", "Save it as UTF-8"),
        ("a.xml", b'<!DOCTYPE View [<!ENTITY x "y">]><View>&x;</View>', "DTD"),
        ("a.xml", b"<View>" * 40 + b"</View>" * 40, "nested"),
        ("a.xml", b"<View>" + b"<Header value='x'/>" * 10_000 + b"</View>", "5,000 tags"),
        ("a.yml", b"a: [", "not YAML"),
        ("a.yml", b"title: x", 'no "config"'),
        ("a.yml", b"config: 3", 'no "config"'),
        ("a.yml", b"config: !!python/object/apply:os.system [ls]", "not YAML"),
        ("a.yml", b"[" * 5000, "not YAML"),
        ("a.txt", GOOD.replace("Rating", "Pdf").encode(), "<Pdf>"),
    ],
)
def test_check_configs_names_what_is_wrong_with_a_file(tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    status, out, _ = run("check_configs", tmp_path / name, "--json")
    [row] = json.loads(out)
    assert (status, row["renders"], row["answerable"]) == (1, False, False)
    assert words in row["problems"][0]


def test_check_configs_says_when_there_is_nothing_to_check(tmp_path):
    assert run("check_configs", tmp_path)[0] == 2
    status, out, _ = run("check_configs", tmp_path / "missing.xml", "--json")
    assert (status, "cannot be read" in json.loads(out)[0]["problems"][0]) == (1, True)


@pytest.mark.parametrize(
    "inside",
    [
        '<Repeater on="$rows" indexFlag="{{i}}"><Text name="t{{i}}" value="$rows[{{i}}].words"/>'
        '<Choices name="c{{i}}" toName="t{{i}}" required="true"><Choice value="a"/></Choices></Repeater>',
        '<Text name="t" value="$a.b[2].c"/><Taxonomy name="x" toName="t" value="$tree"/>',
        '<Text name="t" value="fixed words"/><Number name="n" toName="t" min="0.5" max="2" step="0.5"/>',
        '<Image name="t" valueList="$pictures"/>'
        '<Choices name="c" toName="t" perItem="true"><Choice value="a"/></Choices>',
        '<Text name="t" value="$t"/><Choices name="a" toName="t"><Choice value="x"/><Choice value="y"/></Choices>'
        '<View visibleWhen="choice-selected" whenTagName="a" whenChoiceValue="x">'
        '<TextArea name="b" toName="t" required="true"/></View>',
        '<Collapse><Panel value="$who says"><Text name="t" value="$t"/></Panel></Collapse>'
        '<Rating name="r" toName="t"/>',
        '<hypertext name="t" value="$t"/><textarea name="w" toName="t" rows="2"/>',
        '<Table name="t" value="$t"/>',
    ],
)
def test_check_configs_answers_what_only_an_item_makes_whole(tmp_path, inside):
    (tmp_path / "a.xml").write_text(f"<View>{inside}</View>")
    status, out, _ = run("check_configs", tmp_path / "a.xml", "--json")
    assert (status, json.loads(out)[0]["problems"]) == (0, [])
