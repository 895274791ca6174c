import codecs
import csv
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.intake.algorithms.columns import guess_mapping, map_rows
from apps.intake.algorithms.tabular import NotATable, read_table, sniff_delimiter


def test_read_table_takes_quotes_newlines_and_non_ascii():
    text = 'id,text\n1,"He said ""no"",\nthen left"\n2,Grüße 🎁\n'
    table = read_table(text.encode())
    assert table.columns == ["id", "text"]
    assert [row.values["text"] for row in table.rows] == ['He said "no",\nthen left', "Grüße 🎁"]
    assert [row.line for row in table.rows] == [2, 4]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_sniff_delimiter_finds_the_usual_ones(delimiter):
    text = delimiter.join(["text", "label"]) + "\r\n" + delimiter.join(['"a, b; c\td | e"', "x"]) + "\r\n"
    assert sniff_delimiter(text) == delimiter
    assert read_table(text.encode()).rows[0].values == {"text": "a, b; c\td | e", "label": "x"}


@pytest.mark.parametrize("bom", [codecs.BOM_UTF8 + "text\nä".encode(), "text\nä".encode("utf-16")])
def test_read_table_takes_byte_order_marks(bom):
    table = read_table(bom)
    assert (table.columns, table.rows[0].values) == (["text"], {"text": "ä"})


def test_a_single_column_with_commas_in_quotes_is_one_column():
    table = read_table(b'text\n"one, two"\n"three, four, five"\n')
    assert [row.values for row in table.rows] == [{"text": "one, two"}, {"text": "three, four, five"}]


def test_a_ragged_row_is_named_and_the_others_are_kept():
    table = read_table(b"a,b\n1,2\n3\n4,5,6\n7,8\n")
    assert [(row.line, bool(row.problem)) for row in table.rows] == [(2, False), (3, True), (4, True), (5, False)]


def test_headers_are_trimmed_numbered_and_told_apart():
    assert read_table(b" a ,,a,\n1,2,3,4\n").columns == ["a", "column 2", "a (3)", "column 4"]


def test_read_table_takes_json_lines_with_nested_values():
    lines = '{"input": {"q": "hi\u2028there"}, "n": 1}\n\nnot json\n[1]\n{"other": null}\n'
    table = read_table(lines.encode(), name="rows.jsonl")
    assert table.columns == ["input", "n", "other"]
    assert table.rows[0].values["input"] == {"q": "hi\u2028there"}
    assert [(row.line, bool(row.problem)) for row in table.rows] == [(1, False), (3, True), (4, True), (5, False)]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        (b"text\nfine\ncaf\xe9\n", "Line 3 is not UTF-8"),
        (b'text\n"never closed\n', "quotes"),
        (b"text\n\x00\n", "NUL"),
        (b"{broken\n", "No line is a JSON object"),
        (",".join(map(str, range(201))).encode(), "200"),
    ],
)
def test_read_table_says_what_is_wrong_and_where(content, words):
    with pytest.raises(NotATable, match=words):
        read_table(content)


@given(st.binary(max_size=300))
def test_read_table_reads_or_refuses_any_bytes(content):
    try:
        read_table(content)
    except NotATable:
        return


texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), max_size=20)


@settings(max_examples=60)
@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=8), st.sampled_from([",", ";", "\t"]))
def test_what_a_csv_writer_writes_is_read_back(rows, delimiter):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows([("text", "label"), *rows])
    table = read_table(out.getvalue().encode(), name="x.csv")
    expected = [row for row in rows if any(cell.strip() for cell in row)]
    assert [tuple(row.values.values()) for row in table.rows] == expected


@pytest.mark.parametrize(
    ("columns", "mapping"),
    [
        (["text", "category"], {"input": "text"}),
        (["ID", "Prompt", "Model Output"], {"trace_id": "ID", "input": "Prompt", "output": "Model Output"}),
        (["Frage"], {"input": "Frage"}),
        (["a", "b"], {}),
    ],
)
def test_guess_mapping_goes_by_the_names(columns, mapping):
    assert guess_mapping(columns) == mapping


def test_map_rows_names_rows_by_content_so_that_a_file_repeats_itself():
    table = read_table(b"text\nsame\nsame\nother\n")
    first, second = (map_rows(table, {"input": "text"}) for _ in range(2))
    ids = [row.fields["trace_id"] for row in first]
    assert len(set(ids)) == 3
    assert ids[1] == f"{ids[0]}-2"
    assert ids == [row.fields["trace_id"] for row in second]


def test_map_rows_fills_predictions_numbers_and_attributes():
    table = read_table(b"text,guess,ms,plan,empty\nhello,refund,120,basic,\n")
    mapping = {"input": "text", "prediction": "guess", "latency_ms": "ms"}
    (row,) = map_rows(table, mapping, model="m-1", keep_rest=True)
    row.fields.pop("trace_id")
    assert row.fields == {
        "input": "hello",
        "prediction": {"label": "refund"},
        "model": "m-1",
        "latency_ms": 120,
        "attributes": {"plan": "basic"},
    }


def test_map_rows_keeps_json_values():
    table = read_table(json.dumps({"input": {"q": 1}, "tags": ["a"]}).encode())
    (row,) = map_rows(table, {"input": "input"}, keep_rest=True)
    assert (row.fields["input"], row.fields["attributes"]) == ({"q": 1}, {"tags": '["a"]'})
