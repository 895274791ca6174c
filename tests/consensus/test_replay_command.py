import json
import os
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

REPOSITORY = Path(__file__).resolve().parents[2]
DATA = REPOSITORY / os.environ.get("TOUCHSTONE_DATA", "../shared/data")
# Few shuffles keep this quick; the figures in docs/ come from twenty.
SETS = ("d_possent", "rte", "weather_amt", "face")


def replay(labels, truth, **options):
    out = StringIO()
    call_command("replay", labels=labels, truth=truth, json=True, stdout=out, **options)
    return json.loads(out.getvalue())


def recorded(name, **options):
    folder = DATA / f"crowd_{name}"
    return replay(folder / "labels.csv", folder / "truth.csv", threshold=0.95, max_overlap=7, **options)


@pytest.fixture(scope="module")
def reports():
    return {name: recorded(name, seeds=6) for name in SETS}


def test_replay_saves_what_is_asked_of_it_on_recorded_crowds(reports):
    saved = {name: report["saving_at_fixed_5"] for name, report in reports.items()}
    against_majority = [report["saving_at_majority_5"] for report in reports.values()]
    assert all(one >= 0.25 for one in saved.values()), saved
    assert np.mean(list(saved.values())) >= 0.35, saved
    assert np.mean(against_majority) >= 0.45, against_majority


def test_replay_saves_by_stopping_alone_too(reports):
    saved = {name: report["stopping_alone"]["saving_at_fixed_5"] for name, report in reports.items()}
    assert np.mean(list(saved.values())) >= 0.3, saved


def test_replay_tells_points_that_fit_together(reports):
    for report in reports.values():
        spent = [row["labels_per_item"] for row in report["adaptive"]]
        assert spent == sorted(spent)
        assert spent[0] == 2.0
        assert spent[-1] <= 7.0
        assert [row["overlap"] for row in report["fixed"]] == [2, 3, 4, 5, 6, 7]
        assert report["at_threshold"] in report["adaptive"]
        assert report["saving_at_fixed_5_low"] <= report["saving_at_fixed_5"] <= report["saving_at_fixed_5_high"]


def made_up(folder, *, n_items=30, most=9, n_workers=6, known=30):
    """Labels from a crowd of .75 and their truth, as two files."""
    rng = np.random.default_rng(2)
    labels, truth = ["item,worker,label"], ["item,label"]
    for item in range(n_items):
        right = "ab"[item % 2]
        for worker in rng.choice(n_workers, rng.integers(1, min(most, n_workers) + 1), replace=False):
            labels.append(f"i{item},w{worker},{right if rng.random() < 0.75 else 'c'}")
        if item < known:
            truth.append(f"i{item},{right}")
    (folder / "labels.csv").write_text("\n".join(labels))
    (folder / "truth.csv").write_text("\n".join(truth))
    return folder / "labels.csv", folder / "truth.csv"


def test_replay_takes_few_labels_and_little_truth_and_says_so(tmp_path):
    report = replay(*made_up(tmp_path, most=3, known=10), seeds=3)
    assert report["labels"]["n_items_with_truth"] == 10
    assert report["fixed"][-1]["labels_per_item"] <= 3
    assert "fewer were recorded" in report["notes"][0]
    assert any("without a truth" in problem for problem in report["problems"])


def test_replay_is_the_same_every_time(tmp_path):
    files = made_up(tmp_path)
    reports = [replay(*files, seeds=2, budget=120) for _ in range(2)]
    for report in reports:
        del report["seconds"]
    assert reports[0] == reports[1]


@pytest.mark.parametrize("threshold", [0.0, 0.123456789, 1.0])
def test_replay_tells_the_point_at_the_threshold_asked_about(tmp_path, threshold):
    report = replay(*made_up(tmp_path), seeds=1, threshold=threshold)
    assert report["at_threshold"]["threshold"] == threshold
    assert report["saving_at_fixed_5_low"] is None


def test_replay_shows_a_budget_as_a_curve(tmp_path):
    report = replay(*made_up(tmp_path), seeds=2, budget=80)
    spent = [row["labels"] for row in report["budget"]]
    assert spent == sorted(spent)
    assert spent[-1] == 80
    assert report["budget"][-1]["labels_per_item"] == pytest.approx(80 / 30, abs=1e-5)


def test_replay_says_in_words_why_there_is_no_saving(tmp_path):
    labels, truth = made_up(tmp_path, n_items=200, known=200)
    # Two labels an item are all that adaptive overlap may spend; fixed overlap 5 finds more with five.
    report = replay(labels, truth, seeds=2, max_overlap=2)
    assert report["saving_at_fixed_5"] is None
    assert report["saving_at_fixed_5_reason"].startswith("The adaptive curve ends at an accuracy of")
    out = StringIO()
    call_command("replay", labels=labels, truth=truth, seeds=2, max_overlap=2, stdout=out)
    assert "fixed overlap 5: none. The adaptive curve ends at" in out.getvalue()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"threshold": float("nan")}, "--threshold is a probability"),
        ({"threshold": 1.5}, "--threshold is a probability"),
        ({"max_overlap": 1}, "--max-overlap must be at least --start"),
        ({"seeds": 0}, "--seeds must be at least 1"),
        ({"budget": 10}, "--budget 10 is not enough: 2 labels on each of 30 items are"),
        ({"worker_column": "person"}, "person"),
    ],
)
def test_replay_refuses_options_that_cannot_be(tmp_path, options, words):
    with pytest.raises(CommandError, match=words):
        replay(*made_up(tmp_path), **options)


@pytest.mark.parametrize(
    ("labels", "truth", "words"),
    [
        ("item,worker\n1,2", "item,label\n1,a", "label"),
        ("item,worker,label\n", "item,label\n1,a", "no usable row"),
        ("item,worker,label\n1,2,a", "item,label\n", "no usable row"),
        ("item,worker,label\n1,2,a", "item,label\n9,a", "must name items alike"),
    ],
)
def test_replay_refuses_files_that_it_cannot_measure(tmp_path, labels, truth, words):
    (tmp_path / "labels.csv").write_text(labels)
    (tmp_path / "truth.csv").write_text(truth)
    with pytest.raises(CommandError, match=words):
        replay(tmp_path / "labels.csv", tmp_path / "truth.csv")


def test_replay_refuses_matrices_beyond_memory(tmp_path):
    # 400 workers who each invent a label: 400 matrices of 400 × 400 numbers.
    (tmp_path / "labels.csv").write_text("item,worker,label\n" + "".join(f"1,w{n},l{n}\n" for n in range(400)))
    (tmp_path / "truth.csv").write_text("item,label\n1,l0\n")
    with pytest.raises(CommandError, match="400 workers and 400 classes need"):
        replay(tmp_path / "labels.csv", tmp_path / "truth.csv")


def test_replay_names_a_file_that_is_not_there(tmp_path):
    with pytest.raises(CommandError, match=r"absent\.csv"):
        replay(tmp_path / "absent.csv", tmp_path / "truth.csv")
