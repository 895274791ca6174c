"""Any labelled CSV comes in as it is, or is refused with words that name what is there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.console.loop.rows import Row, config_xml, halves_draw, labels_of, rows_read
from apps.core.errors import InvalidInput
from apps.projects.labelling import parse_config


def write(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


def test_rows_read_keeps_quotes_newlines_and_other_scripts(tmp_path):
    text = '\ufeffBetreff,Klasse\r\n"Er sagte ""nein"",\ndann ging er",Ärger\r\nنص عربي,سؤال\r\n'
    read = rows_read(write(tmp_path / "b.csv", text), text_column="Betreff", label_column="Klasse")
    assert [(row.text, row.label) for row in read.rows] == [
        ('Er sagte "nein",\ndann ging er', "Ärger"),
        ("نص عربي", "سؤال"),
    ]


def test_rows_read_counts_what_it_leaves_out(tmp_path):
    path = write(tmp_path / "b.csv", "t,l\na,x\n,x\nb,\nc,y\nshort\n")
    read = rows_read(path, text_column="t", label_column="l")
    assert ([row.key for row in read.rows], read.n_left_out) == (["b-1", "b-4"], 3)


@pytest.mark.parametrize(
    ("text", "encoding", "words"),
    [
        ("a,b\n1,2\n", "utf-8", "no column 'text'; it has 'a', 'b'"),
        ("", "utf-8", "it has none"),
        ("text,label\n,\n", "utf-8", "no row with both"),
        ("text,label\né,x\n", "latin-1", "is not UTF-8"),
    ],
)
def test_rows_read_says_what_is_wrong(tmp_path, text, encoding, words):
    with pytest.raises(InvalidInput, match=words):
        rows_read(write(tmp_path / "b.csv", text, encoding), text_column="text", label_column="label")


def test_rows_read_names_a_missing_file(tmp_path):
    with pytest.raises(InvalidInput, match="cannot be read"):
        rows_read(tmp_path / "none.csv", text_column="text", label_column="label")


def test_labels_of_needs_two(tmp_path):
    read = rows_read(write(tmp_path / "b.csv", "text,label\na,x\nb,x\n"), text_column="text", label_column="label")
    with pytest.raises(InvalidInput, match="There are 1 different labels"):
        labels_of(read)


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1), min_size=2))
def test_config_xml_holds_any_label(raw):
    labels = sorted({" ".join(label.split()) for label in raw} - {""})
    if len(labels) < 2 or any(ord(char) in (0xFFFE, 0xFFFF) for label in labels for char in label):
        return
    assert list(parse_config(config_xml(labels)).classes) == labels


def test_halves_draw_depends_on_the_seed_alone():
    rows = [Row(str(n), "t", "l") for n in range(101)]
    gate, report = halves_draw(rows, seed=3)
    assert (gate, report) == halves_draw(rows, seed=3)
    assert (len(gate), len(report)) == (50, 51)
    assert {row.key for row in gate} | {row.key for row in report} == {str(n) for n in range(101)}
    assert halves_draw(rows, seed=4) != (gate, report)
