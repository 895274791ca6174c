"""`aggregate --kind`: other answers than one label, from a file."""

import csv
import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError


def run(tmp_path, kind, answers, truth=None, *more):
    """`answers`: for each item what workers x, y, z say."""
    labels, right = tmp_path / "labels.csv", tmp_path / "truth.csv"
    with labels.open("w") as file:
        rows = [(item, who, said) for item, row in enumerate(answers) for who, said in zip("xyz", row, strict=False)]
        csv.writer(file).writerows([("item", "worker", "label"), *rows])
    arguments = ["--labels", str(labels), "--kind", kind]
    if truth is not None:
        with right.open("w") as file:
            csv.writer(file).writerows([("item", "label"), *enumerate(truth)])
        arguments += ["--truth", str(right)]
    out = StringIO()
    call_command("aggregate", *arguments, *more, stdout=out)
    return out.getvalue()


CASES = {
    "rating": ([["4", "4", "5"], ["1", "1", "1"], ["2", "3", "2"]] * 8, ["4", "1", "2"] * 8),
    "several": ([["a;b", "a|b", "a"], ["b", "b", "b; c"]] * 10, ["a;b", "b"] * 10),
    "number": ([["10", "10", "900"], ["7.5", "7.5", "7.5"]] * 10, ["10", "7.5"] * 10),
    "text": ([["a happy cat", "a happy cat", "no"]] * 20, ["a happy cat"] * 20),
    "transcript": ([["the bat sat on", "the cat sit on", "the cat sat in"]] * 20, ["the cat sat on"] * 20),
}


@pytest.mark.parametrize("kind", CASES)
def test_each_kind_finds_what_most_say(tmp_path, kind):
    answers, truth = CASES[kind]
    out = tmp_path / "out.csv"
    found = json.loads(run(tmp_path, kind, answers, truth, "--json", "--out", str(out)))[kind]
    assert (found["accuracy"], found["n_measured"]) == (1.0, len(truth))
    rows = list(csv.DictReader(StringIO(out.read_text())))
    assert [row["label"] for row in rows[: len(set(truth))]] == truth[: len(set(truth))]
    assert all(0 <= float(row["confidence"]) <= 1 for row in rows)


def test_without_a_truth_there_is_no_accuracy(tmp_path):
    found = json.loads(run(tmp_path, "rating", CASES["rating"][0], None, "--json"))["rating"]
    assert (found["accuracy"], found["accuracy_low"]) == (None, None)
    assert "mean_confidence" in run(tmp_path, "rating", CASES["rating"][0])


@pytest.mark.parametrize(
    ("kind", "said"), [("rating", "good"), ("rating", "1.5"), ("number", "ten"), ("number", "nan")]
)
def test_an_answer_of_another_kind_is_named(tmp_path, kind, said):
    with pytest.raises(CommandError, match=said):
        run(tmp_path, kind, [[said, "1"]])
