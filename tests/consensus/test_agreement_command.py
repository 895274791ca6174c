"""`manage.py agreement`: a file in, every coefficient out."""

import io
import json
import time

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from sklearn.metrics import cohen_kappa_score


def write(tmp_path, rows, head="item,worker,label"):
    path = tmp_path / "labels.csv"
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def asked(path, *args):
    out = io.StringIO()
    call_command("agreement", "--labels", str(path), *args, stdout=out)
    return out.getvalue()


def answers(found):
    return {key: one for key, one in found.items() if isinstance(one, dict) and "value" in one}


NAMES = ["1,a,cat", "1,b,cat", "2,a,dog", "2,b,cat", "3,a,dog", "3,b,dog", "4,a,cat", "4,b,cat"]


def test_words_have_nominal_coefficients_and_say_why_not_others(tmp_path):
    found = json.loads(asked(write(tmp_path, NAMES), "--json"))
    assert found["percent"]["value"] == 0.75
    # Observed 3/4; by chance 1/2 * 3/4 + 1/2 * 1/4 = 1/2.
    assert found["cohen_kappa"]["value"] == pytest.approx(0.5)
    assert found["icc_2_1"]["value"] is None
    assert "“cat” is not a number" in found["icc_2_1"]["reason"]
    assert len(answers(found)) == 19
    assert found["file"]["scale"] == "nominal"


def test_numbers_have_every_coefficient_with_an_interval(tmp_path):
    rng = np.random.default_rng(0)
    truth = rng.integers(1, 6, 60)
    votes = np.clip(truth[:, None] + rng.integers(-1, 2, (60, 2)), 1, 5)
    rows = [f"{item},{who},{votes[item, who]}" for item in range(60) for who in (0, 1)]
    found = json.loads(asked(write(tmp_path, rows), "--json"))
    for one in answers(found).values():
        assert one["low"] <= one["value"] <= one["high"]
    kappa = cohen_kappa_score(*votes.T, weights="quadratic")
    assert found["cohen_kappa_quadratic"]["value"] == pytest.approx(kappa, abs=1e-9)
    as_words = json.loads(asked(write(tmp_path, rows), "--json", "--scale", "nominal"))
    assert as_words["krippendorff_alpha_interval"]["value"] is None
    assert as_words["krippendorff_alpha"] == found["krippendorff_alpha"]


def test_by_label_and_by_pair(tmp_path):
    rows = [*NAMES, "1,c,dog", "9,d,cat"]
    found = json.loads(asked(write(tmp_path, rows), "--json", "--by", "label", "--by", "pair"))
    assert [row["label"] for row in found["by_label"]] == ["cat", "dog"]
    assert [(row["workers"], row["n_items"]) for row in found["by_pair"]] == [
        (["a", "b"], 4),
        (["a", "c"], 1),
        (["b", "c"], 1),
    ]
    assert found["by_pair"][0]["cohen_kappa"]["value"] == pytest.approx(0.5)
    words = asked(write(tmp_path, rows), "--by", "label", "--by", "pair")
    assert "a – b" in words
    assert "“cat” is not a number" in words


def test_bad_rows_are_counted_and_named(tmp_path):
    path = write(tmp_path, [*NAMES, "5,a,", "1,a,cat"])
    found = json.loads(asked(path, "--json"))
    assert {problem["kind"] for problem in found["file"]["problems"]} == {"missing_cell", "repeated_answer"}
    assert "line 10 (no label)" in asked(path)


@pytest.mark.parametrize(
    ("rows", "args", "words"),
    [
        ([], [], "no usable row"),
        (NAMES, ["--scale", "number"], "“cat” is not a number"),
        (NAMES, ["--level", "95"], "--level lies between 0 and 1"),
        (NAMES, ["--resamples", "1"], "--resamples must be at least 100"),
        (NAMES, ["--worker-column", "who"], "no column who"),
    ],
)
def test_what_cannot_be_answered_is_refused(tmp_path, rows, args, words):
    with pytest.raises(CommandError, match=words):
        asked(write(tmp_path, rows), *args)


@pytest.mark.parametrize(
    "rows",
    [
        ["1,a,cat"],
        ["1,a,cat", "2,b,cat"],
        ["1,a,1", "1,b,1"],
        ["1,a,nan", "1,b,nan"],
        ["1,a,1e308", "1,b,-1e308", "2,a,1e308", "2,b,1e308"],
        ["1,a,1e-200", "1,b,0", "2,a,0", "2,b,0"],
    ],
)
def test_too_little_is_null_with_a_reason_never_nan(tmp_path, rows):
    text = asked(write(tmp_path, rows), "--json", "--by", "label", "--by", "pair")
    assert "NaN" not in text
    for one in answers(json.loads(text)).values():
        assert one["value"] is not None or one["reason"]
    assert asked(write(tmp_path, rows))


def test_a_hundred_thousand_labels_take_seconds(tmp_path):
    rng = np.random.default_rng(0)
    rows = [
        f"{item},{(item + k) % 200},{label}" for item in range(20_000) for k, label in enumerate(rng.integers(0, 9, 5))
    ]
    path = write(tmp_path, rows)
    start = time.process_time()
    asked(path, "--by", "label", "--by", "pair")
    assert time.process_time() - start < 20
