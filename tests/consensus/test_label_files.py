import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.consensus.label_files import NEVER_GIVEN, UNKNOWN, labels_read, truth_indexed, truth_read
from apps.core.errors import InvalidInput

PLAIN = "item,worker,label\n1,a,cat\n1,b,dog\n2,a,cat\n"


def write(tmp_path, text, encoding="utf-8", name="labels.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def answers(labels):
    """(item, reviewer, label) in words."""
    return [
        (labels.items[item], labels.reviewers[reviewer], labels.classes[label])
        for item, reviewer, label in zip(labels.item_idx, labels.reviewer_idx, labels.label_idx, strict=True)
    ]


def kinds(labels):
    return {problem.kind: (problem.count, problem.examples) for problem in labels.problems}


EXPECTED = [("1", "a", "cat"), ("1", "b", "dog"), ("2", "a", "cat")]


@pytest.mark.parametrize(
    "content",
    [
        PLAIN,
        PLAIN.replace(",", ";"),
        PLAIN.replace(",", "\t"),
        PLAIN.replace(",", "|"),
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("\n", "\r"),
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("utf-16"),
        gzip.compress(PLAIN.encode(), mtime=0),
        "\n\n" + PLAIN + "\n  \n",
        "Item, Worker ,LABEL\n 1 ,a, cat\n1,b,dog\n2,a,cat",
        "when,task,note,label,reviewer\nx,1,,cat,a\ny,1,,dog,b\nz,2,,cat,a\n",
        '"item","worker","label"\n"1","a","cat"\n1,"b","dog"\n2,a,cat\n',
        "item,worker,label\n1,a,cat,\n1,b,dog,,\n2,a,cat\n",  # empty cells behind the last column say nothing
    ],
)
def test_labels_read_takes_what_tools_write(tmp_path, content):
    found = labels_read(write(tmp_path, content))
    assert answers(found) == EXPECTED
    assert found.problems == ()


def test_labels_read_takes_named_columns_and_keeps_text(tmp_path):
    path = write(tmp_path, 'id;who;says\n01;7;"New York; NY"\n1;7;Łódź\n1;07;Łódź\n')
    found = labels_read(path, item_column="id", worker_column="who", label_column="says")
    assert answers(found) == [("1", "7", "Łódź"), ("1", "07", "Łódź"), ("01", "7", "New York; NY")]
    assert found.item_idx.dtype == np.int64


def test_labels_read_orders_whole_numbers_by_size(tmp_path):
    found = labels_read(write(tmp_path, "item,worker,label\n10,w,b\n9,w,a\n-1,w,a\n"))
    assert found.items == ("-1", "9", "10")
    mixed = labels_read(write(tmp_path, "item,worker,label\n10,w,b\nx,w,a\n9,w,a\n"))
    assert mixed.items == ("10", "9", "x")


def test_labels_read_counts_and_names_bad_rows(tmp_path):
    path = write(tmp_path, "item,worker,label\n1,a,\n,a,cat\n1,b\n1,c,cat\n2,a,cat,dog\n , ,cat\n")
    found = labels_read(path)
    assert answers(found) == [("1", "c", "cat")]
    assert kinds(found) == {
        "missing_cell": (
            4,
            ("line 2 (no label)", "line 3 (no item)", "line 4 (no label)", "line 7 (no item and no worker)"),
        ),
        "extra_cell": (1, ("line 6",)),
    }
    assert "4 rows with a missing cell, left out: line 2 (no label)" in str(found.problems[0])


def test_labels_read_names_labels_that_look_alike(tmp_path):
    found = labels_read(write(tmp_path, "item,worker,label\n1,a,Yes\n1,b,yes\n2,a,1\n2,b,1.0\n3,a,no\n"))
    assert found.classes == ("1", "1.0", "Yes", "no", "yes")
    assert kinds(found) == {"look_alike_label": (2, ("1.0 beside 1", "yes beside Yes"))}


TWICE = "item,worker,label\n1,a,cat\n1,b,cat\n1,a,dog\n2,a,cat\n2,a,cat\n1,a,cow\n"


def test_labels_read_lets_the_latest_answer_win(tmp_path):
    found = labels_read(write(tmp_path, TWICE))
    assert answers(found) == [("1", "a", "cow"), ("1", "b", "cat"), ("2", "a", "cat")]
    assert kinds(found) == {"superseded_answer": (2, ("line 2", "line 4")), "repeated_answer": (1, ("line 5",))}


def test_labels_read_drops_conflicting_answers_when_told(tmp_path):
    found = labels_read(write(tmp_path, TWICE), duplicates="drop-conflicting")
    assert found.classes == ("cat",)
    assert answers(found) == [("1", "b", "cat"), ("2", "a", "cat")]
    assert kinds(found) == {
        "conflicting_answer": (3, ("line 2", "line 4", "line 7")),
        "repeated_answer": (1, ("line 5",)),
    }


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        ("\n \n", "is empty"),
        ("item,worker,label\n", "no usable row"),
        ("item,worker,label\n1,,x\n", "no usable row. 1 rows with a missing cell, left out: line 2"),
        (
            "item,who,label\n1,a,x\n",
            "no column worker or reviewer or annotator; its first line names: item, who, label",
        ),
        ("item,worker,label,label\n1,a,x,y\n", "2 columns named label"),
        ('item,worker,label\n1,a,"x\n2,a,x\n', "no proper CSV behind line"),
        (PLAIN.encode("utf-16-le"), "no UTF-8 text: its first line holds zero bytes"),
        (b"item,worker,label\n1,a,x\n" + b"\xff\xfe\xfa", "not UTF-8"),
        (gzip.compress(PLAIN.encode(), mtime=0)[:-9], "cannot be read"),
    ],
)
def test_labels_read_refuses_in_words(tmp_path, content, words):
    with pytest.raises(InvalidInput) as caught:
        labels_read(write(tmp_path, content))
    assert words in caught.value.message


def test_labels_read_refuses_one_column_for_two_things(tmp_path):
    with pytest.raises(InvalidInput, match="must each have a column of their own"):
        labels_read(write(tmp_path, PLAIN), worker_column="item")


def test_labels_read_refuses_a_missing_file_and_a_folder(tmp_path):
    for path, words in ((tmp_path / "none.csv", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(InvalidInput, match=words):
            labels_read(path)


def test_truth_read_leaves_contradictions_out(tmp_path):
    truth = truth_read(write(tmp_path, "item,label\n1,cat\n2,dog\n2,cow\n3,cat\n3,cat\n4,\n"))
    assert truth.answers == {"1": "cat", "3": "cat"}
    assert {problem.kind: problem.count for problem in truth.problems} == {
        "conflicting_truth": 1,
        "repeated_truth": 1,
        "missing_cell": 1,
    }


def test_truth_indexed_tells_what_does_not_fit(tmp_path):
    labels = labels_read(write(tmp_path, PLAIN + "3,a,dog\n"))
    truth = truth_read(write(tmp_path, "item,label\n1,dog\n2,bird\n9,cat\n", name="truth.csv"))
    known, problems = truth_indexed(labels, truth)
    assert known.tolist() == [1, NEVER_GIVEN, UNKNOWN]
    assert {problem.kind: problem.examples for problem in problems} == {
        "unknown_truth_item": ("item 9",),
        "truth_never_given": ("item 2 (bird)",),
        "item_without_truth": ("item 3",),
    }


def test_truth_indexed_takes_whole_numbers_written_as_decimals(tmp_path):
    labels = labels_read(write(tmp_path, "item,worker,label\n1,a,0\n2,a,1\n3,a,1\n03,a,1\n"))
    truth = truth_read(write(tmp_path, "item,label\n1.0,0.0\n2,1.0\n2.0,0\n3,01\n", name="truth.csv"))
    known, problems = truth_indexed(labels, truth)
    # 2.0 is another item, since the file has a 2 of its own; 01 is another label.
    assert dict(zip(labels.items, known.tolist(), strict=True)) == {"1": 0, "2": 1, "3": NEVER_GIVEN, "03": UNKNOWN}
    found = {problem.kind: problem.examples for problem in problems}
    assert found["other_spelling"] == ("1.0 for 1", "0.0 for 0", "1.0 for 1")
    assert found["unknown_truth_item"] == ("item 2.0",)


@given(order=st.permutations(range(12)))
@settings(max_examples=30, deadline=None)
def test_labels_read_ignores_the_order_of_rows(tmp_path_factory, order):
    rows = [f"{item},{worker},{'yn'[(item + worker) % 2]}" for item in range(4) for worker in range(3)]
    folder = tmp_path_factory.mktemp("labels")
    plain = labels_read(write(folder, "\n".join(["item,worker,label", *rows])))
    moved = labels_read(write(folder, "\n".join(["item,worker,label", *(rows[place] for place in order)])))
    assert answers(moved) == answers(plain)
