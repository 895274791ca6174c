import csv
import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.consensus.crowds import SETS, folder

METHODS = ["majority", "wawa", "dawid-skene", "one-coin", "glad", "mace", "bayes-ds", "bayes-one-coin"]
LABELS = "item,worker,label\n" + "".join(
    f"{item},{worker},{'ab'[item % 2]}\n" for item in range(20) for worker in "xyz"
)
TRUTH = "item,label\n" + "".join(f"{item},{'ab'[item % 2]}\n" for item in range(20))


def run(*arguments):
    out = StringIO()
    call_command("aggregate", *map(str, arguments), stdout=out)
    return out.getvalue()


def table(path):
    return list(csv.DictReader(StringIO(path.read_text())))


@pytest.fixture
def files(tmp_path):
    labels, truth = tmp_path / "labels.csv", tmp_path / "truth.csv"
    labels.write_text(LABELS)
    truth.write_text(TRUTH)
    return labels, truth


def test_all_methods_as_json(files):
    labels, truth = files
    found = json.loads(run("--labels", labels, "--truth", truth, "--method", "all", "--json"))
    assert list(found) == ["auto", *METHODS]
    for result in found.values():
        assert result["accuracy"] == result["accuracy_high"] == 1.0
        assert 0.8 < result["accuracy_low"] < 1.0
        assert (result["n_items"], result["n_measured"]) == (20, 20)
        assert result["seconds"] > 0
        assert result["peak_memory_mib"] > 0
    assert found["auto"]["chosen"] in METHODS
    assert found["auto"]["why"]


@pytest.mark.parametrize("name", SETS)
def test_auto_on_a_crowd_set_is_not_below_the_better_of_two(name):
    arguments = ["--labels", folder(name) / "labels.csv", "--truth", folder(name) / "truth.csv", "--json"]
    found = {
        method: json.loads(run(*arguments, "--method", method))[method]
        for method in ("auto", "majority", "dawid-skene")
    }
    better = max(found["majority"]["accuracy"], found["dawid-skene"]["accuracy"])
    assert found["auto"]["accuracy"] >= better - 0.005


def test_words_for_people(files):
    labels, truth = files
    found = run("--labels", labels, "--truth", truth)
    assert "60 labels of 3 workers on 20 items, 2 classes." in found
    assert "auto            1.0000 (0.8389 to 1.0000)" in found
    assert "explains the labels better" in found
    assert "no truth given" in run("--labels", labels, "--method", "majority")


def test_problems_are_counted_and_named(files):
    labels, truth = files
    labels.write_text(LABELS + "3,x,a\n4,,a\n5,x,b\n")
    truth.write_text(TRUTH + "99,a\n")
    found = json.loads(run("--labels", labels, "--truth", truth, "--method", "majority", "--json"))["majority"]
    assert found["problems"] == {
        "superseded_answer": {"count": 1, "examples": ["line 11"]},
        "repeated_answer": {"count": 1, "examples": ["line 17"]},
        "missing_cell": {"count": 1, "examples": ["line 63 (no worker)"]},
        "unknown_truth_item": {"count": 1, "examples": ["item 99"]},
    }
    words = run("--labels", labels, "--truth", truth, "--method", "majority")
    assert "1 truth items without any label, left out: item 99." in words


def test_consensus_is_written(files, tmp_path):
    labels, _ = files
    labels.write_text(LABELS + "20,x,a\n21,x,a\n21,y,b\n")
    out = tmp_path / "consensus.csv"
    run("--labels", labels, "--method", "majority", "--out", out)
    rows = table(out)
    first = {"item": "0", "label": "a", "confidence": "1.000000", "n_labels": "3", "settled": "yes", "tied": ""}
    assert rows[0] == first
    # A lone label is not settled, unless one is enough; a tie never is, and goes to the label given most often.
    assert (rows[20]["settled"], rows[20]["n_labels"]) == ("no", "1")
    assert (rows[21]["label"], rows[21]["tied"], rows[21]["settled"]) == ("a", "a | b", "no")
    run("--labels", labels, "--method", "majority", "--out", out, "--min-labels", 1)
    assert table(out)[20]["settled"] == "yes"


def test_named_columns_hold_for_both_files(tmp_path):
    labels, truth = tmp_path / "labels.csv", tmp_path / "truth.csv"
    labels.write_text(LABELS.replace("item,worker,label", "question;who;answer").replace(",", ";"))
    truth.write_text(TRUTH.replace("item,label", "question,answer"))
    names = ["--item-column", "question", "--worker-column", "who", "--label-column", "answer"]
    found = json.loads(run("--labels", labels, "--truth", truth, "--json", *names))
    assert found["auto"]["accuracy"] == 1.0
    truth.write_text(TRUTH.replace("item,label", "item,gold"))
    with pytest.raises(CommandError, match="no column answer or label"):
        run("--labels", labels, "--truth", truth, "--json", *names)
    found = json.loads(run("--labels", labels, "--truth", truth, "--json", *names, "--truth-label-column", "gold"))
    assert found["auto"]["accuracy"] == 1.0


def test_golden_answers_are_evidence(files, tmp_path):
    labels, truth = files
    golden = tmp_path / "golden.csv"
    golden.write_text("item,label\n" + "".join(f"{item},{'ba'[item % 2]}\n" for item in range(12)))
    found = json.loads(run("--labels", labels, "--truth", truth, "--golden", golden, "--json"))["auto"]
    # By the golden answers everybody says the opposite of what is right; golden items themselves are not measured.
    assert (found["accuracy"], found["n_measured"]) == (0.0, 8)


def test_one_class_and_one_label_are_no_trouble(files):
    labels, truth = files
    for text in ("item,worker,label\n1,x,a\n", "item,worker,label\n1,x,a\n1,y,a\n2,x,a\n"):
        labels.write_text(text)
        found = json.loads(run("--labels", labels, "--truth", truth, "--method", "all", "--json"))
        assert {result["n_items"] for result in found.values()} == {text.count("x")}


def test_refusals_are_sentences(files, tmp_path):
    labels, _ = files
    for arguments in (
        ["--labels", tmp_path / "none.csv"],
        ["--labels", labels, "--truth", tmp_path / "none.csv"],
        ["--labels", labels, "--out", tmp_path / "none" / "out.csv"],
        ["--labels", labels, "--item-column", "question"],
        ["--labels", labels, "--threshold", 90],
    ):
        with pytest.raises(CommandError) as caught:
            run(*arguments)
        assert str(caught.value).endswith(".")
    with pytest.raises(CommandError, match="invalid choice"):
        run("--labels", labels, "--method", "best")
