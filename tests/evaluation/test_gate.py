import json
from dataclasses import asdict

import numpy as np
import pytest

from apps.evaluation.algorithms.gate import GateConfig, GateEvidence, Verdict, gate, majority_baseline, overall
from apps.evaluation.algorithms.gate_words import points, signed
from apps.evaluation.algorithms.latency import median_latency, median_ratio

PASS, FAIL, UNSURE, NOT_APPLICABLE = (
    Verdict.PASS,
    Verdict.FAIL,
    Verdict.NOT_ENOUGH_EVIDENCE,
    Verdict.DOES_NOT_APPLY,
)


@pytest.fixture
def rng():
    return np.random.default_rng(12)


def answers(n, only_candidate, only_champion, both_wrong=0):
    """Right answers of both models with so many discordant items, the rest right (or wrong) for both."""
    candidate, champion = np.ones(n, dtype=bool), np.ones(n, dtype=bool)
    champion[:only_candidate] = False
    candidate[only_candidate : only_candidate + only_champion] = False
    candidate[n - both_wrong :] = champion[n - both_wrong :] = False
    return candidate, champion


def timings(ratio, n, rng):
    load = rng.lognormal(3.0, 0.3, n)
    return load * ratio * rng.lognormal(0, 0.05, n), load * rng.lognormal(0, 0.05, n)


def rule(result, code, slice_label=None):
    (found,) = [one for one in result.rules if one.code == code and one.slice == slice_label]
    return found


@pytest.mark.parametrize(
    ("n", "only_candidate", "only_champion", "floor", "tested", "verdict"),
    [
        (1200, 50, 28, PASS, PASS, PASS),  # +1.8 points, surely better
        (20_000, 300, 300, PASS, PASS, PASS),  # equal, and enough items to be sure
        (300, 10, 10, PASS, UNSURE, UNSURE),  # equal, too few items
        (300, 9, 11, FAIL, UNSURE, FAIL),  # -0.67 points: under the floor, though the test cannot tell
        (1200, 20, 60, FAIL, FAIL, FAIL),  # -3.3 points, surely worse
    ],
)
def test_gate_accuracy(n, only_candidate, only_champion, floor, tested, verdict, rng):
    result = gate(GateEvidence(*answers(n, only_candidate, only_champion, both_wrong=20)), rng=rng)
    found = rule(result, "accuracy")
    assert (rule(result, "accuracy_floor").verdict, found.verdict, result.verdict) == (floor, tested, verdict)
    assert found.low < found.value < found.high
    assert found.limit == -0.005
    assert (found.only_candidate, found.only_champion, found.n) == (only_candidate, only_champion, n)
    assert (found.items_needed is not None) == (tested is UNSURE)


def test_gate_says_what_does_not_apply(rng):
    result = gate(GateEvidence(*answers(1200, 50, 28)), rng=rng)
    silent = {one.code for one in result.rules if one.verdict is NOT_APPLICABLE}
    assert silent == {
        "hallucination_rate",
        "latency_p50",
        "slice_accuracy",
        "response_length",
        "diversity",
        "specificity",
    }
    assert all(one.words.startswith("Does not apply: ") for one in result.rules if one.code in silent)


@pytest.mark.parametrize(("ratio", "verdict"), [(1.0, PASS), (1.3, FAIL), (1.10, UNSURE)])
def test_gate_latency(ratio, verdict, rng):
    candidate_ms, champion_ms = timings(ratio, 400, rng)
    evidence = GateEvidence(*answers(1200, 50, 28), candidate_ms, champion_ms)
    result = gate(evidence, rng=rng)
    found = rule(result, "latency_p50")
    assert (found.verdict, result.verdict) == (verdict, verdict)
    assert found.low < found.value < found.high
    assert found.value == np.median(candidate_ms / champion_ms)
    assert (found.candidate, found.champion) == (np.median(candidate_ms), np.median(champion_ms))


def test_gate_latency_needs_twenty_timings(rng):
    evidence = GateEvidence(*answers(1200, 50, 28), *timings(1.0, 12, rng))
    found = rule(gate(evidence, rng=rng), "latency_p50")
    assert (found.verdict, found.items_needed, found.low) == (UNSURE, 8, None)
    assert found.words == "Only 12 timings of both models. About 8 more timings would tell."


def test_gate_slices(rng):
    # The prototype's page: better overall, worse on Spanish, too little voice.
    parts = {"English": (860, 40, 8), "Spanish": (150, 1, 17), "Email": (170, 8, 8), "Voice": (20, 1, 0)}
    each = [answers(*cells) for cells in parts.values()]
    candidate, champion = (np.concatenate(side) for side in zip(*each, strict=True))
    names = np.repeat(list(parts), [cells[0] for cells in parts.values()])
    slices = {name: names == name for name in parts}
    result = gate(GateEvidence(candidate, champion, slices=slices), rng=rng)
    verdicts = {name: rule(result, "slice_accuracy", name).verdict for name in parts}
    assert verdicts == {"English": PASS, "Spanish": FAIL, "Email": UNSURE, "Voice": NOT_APPLICABLE}
    assert result.verdict is FAIL
    assert "Slice “Spanish”: accuracy" in result.words
    assert rule(result, "slice_accuracy", "Voice").words.startswith("Too little data: 20 items")


@pytest.mark.parametrize("correction", ["fdr_bh", "holm"])
def test_gate_corrects_for_many_slices(correction, rng):
    # One slice's interval alone ends below the limit; among forty equal ones that is chance.
    config = GateConfig(correction=correction)
    one, other = answers(100, 1, 10), answers(100, 3, 3)
    alone = gate(GateEvidence(*one, slices={"odd": np.ones(100, dtype=bool)}), rng=rng, config=config)
    assert rule(alone, "slice_accuracy", "odd").verdict is FAIL
    candidate, champion = (np.concatenate([one[side], *[other[side]] * 39]) for side in (0, 1))
    slices = {str(place): np.arange(4000) // 100 == place for place in range(40)}
    among = rule(gate(GateEvidence(candidate, champion, slices=slices), rng=rng, config=config), "slice_accuracy", "0")
    assert (among.verdict, among.items_needed) == (UNSURE, 0)
    assert among.words.endswith("Too weak once corrected for the number of slices.")


def test_gate_refuses_a_wrong_mask(rng):
    with pytest.raises(ValueError, match="boolean mask"):
        gate(GateEvidence(*answers(40, 1, 1), slices={"x": np.ones(3, dtype=bool)}), rng=rng)


def test_gate_refuses_no_items(rng):
    with pytest.raises(ValueError, match="at least one item"):
        gate(GateEvidence(*answers(0, 0, 0)), rng=rng)


@pytest.mark.parametrize(("right", "verdict"), [(160, PASS), (30, UNSURE), (5, FAIL)])
def test_gate_first_model_must_beat_the_majority_class(right, verdict, rng):
    truth = np.repeat([0, 1, 2, 3], [30, 60, 60, 50])
    baseline = majority_baseline(np.array([0, 0, 1]), truth)
    assert baseline.sum() == 30
    candidate = np.zeros(200, dtype=bool)
    candidate[-right:] = True
    result = gate(GateEvidence(candidate, baseline, is_first_model=True), rng=rng)
    assert (rule(result, "baseline_accuracy").verdict, result.verdict) == (verdict, verdict)
    assert "accuracy" not in {one.code for one in result.rules}


def test_majority_baseline_needs_training_labels():
    with pytest.raises(ValueError, match="training labels"):
        majority_baseline(np.array([], dtype=int), np.array([0]))


def test_gate_words_are_what_a_manager_reads(rng):
    result = gate(GateEvidence(*answers(1200, 50, 28), *timings(1.0, 200, rng)), rng=rng)
    assert result.words == "May be promoted: all 3 rules that apply pass."
    assert (
        rule(result, "accuracy").words
        == "+1.8 points (+0.4 to +3.3) on 1,200 pairs. Even the low end is above \u22120.5."
    )
    unsure = gate(GateEvidence(*answers(300, 10, 10)), rng=rng)
    assert unsure.words.startswith("Not enough evidence to promote: 1 of 2 rules")
    assert "more judged items would tell." in rule(unsure, "accuracy").words


def test_gate_result_is_plain_json(rng):
    evidence = GateEvidence(*answers(300, 9, 11), *timings(1.0, 50, rng), slices={"all": np.ones(300, dtype=bool)})
    assert json.loads(json.dumps(asdict(gate(evidence, rng=rng)), allow_nan=False))["verdict"] == "fail"


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([PASS, FAIL, UNSURE], FAIL),
        ([PASS, UNSURE], UNSURE),
        ([PASS, NOT_APPLICABLE], PASS),
        ([NOT_APPLICABLE], UNSURE),
    ],
)
def test_overall_is_the_worst_that_applies(verdicts, expected):
    assert overall(verdicts) is expected


def test_words_of_numbers():
    assert [points(0.005), points(0.01), points(0.02)] == ["0.5 points", "1 point", "2 points"]
    assert [signed(0.018), signed(-0.005), signed(-0.0001)] == ["+1.8", "\u22120.5", "0.0"]


def test_gate_rarely_passes_a_candidate_on_the_margin():
    rng = np.random.default_rng(9)
    passed = 0
    for _ in range(300):
        cells = rng.multinomial(2000, [0.02, 0.025, 0.955])
        result = gate(GateEvidence(*answers(2000, int(cells[0]), int(cells[1]))), rng=rng)
        passed += result.verdict is PASS
    # One-sided 2.5 %, so 7.5 of 300 expected.
    assert passed <= 17


def test_median_ratio_interval_covers_the_truth():
    rng = np.random.default_rng(1)
    found = [median_ratio(*timings(1.05, 150, rng), rng=rng, n_resamples=300) for _ in range(150)]
    assert sum(one.low <= 1.05 <= one.high for one in found) >= 134


@pytest.mark.parametrize(("candidate", "champion"), [([1.0], [1.0, 2.0]), ([0.0], [1.0])])
def test_median_ratio_refuses(candidate, champion, rng):
    with pytest.raises(ValueError, match="latencies must"):
        median_ratio(np.array(candidate), np.array(champion), rng=rng)


def test_median_latency_has_an_interval(rng):
    found = median_latency(np.arange(1.0, 102.0), rng=rng)
    assert found.value == 51.0
    assert found.low < 51 < found.high
    assert median_latency(np.array([]), rng=rng).value is None
