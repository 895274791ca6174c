"""The promotion gate: may the candidate replace the champion?

A rule passes only where its whole interval does, fails only where the whole interval does, and otherwise says that
there is not enough evidence and how many more items would do. The accuracy floor alone is a point rule, beside the
test: on a few hundred items the test can hardly fail anybody. A rule without a metric for this kind of model does not
apply, and says so.

Slices: "this slice is worse" is claimed of many slices, so its p-values are corrected (Benjamini and Hochberg 1995,
doi:10.1111/j.2517-6161.1995.tb02031.x, or Holm). That every slice holds needs no correction: it needs all of them.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm
from statsmodels.stats.multitest import multipletests

from apps.evaluation.algorithms import gate_words as words
from apps.evaluation.algorithms.gate_types import GateConfig, GateEvidence, GateResult, RuleResult, Verdict
from apps.evaluation.algorithms.latency import MIN_PAIRS, median_ratio
from apps.evaluation.algorithms.metrics import Estimate
from apps.evaluation.algorithms.paired import (
    PairedCounts,
    difference_interval,
    items_needed,
    more_items,
    p_inferior,
    paired_counts,
)

__all__ = ["GateConfig", "GateEvidence", "GateResult", "RuleResult", "Verdict", "gate", "majority_baseline", "overall"]

# A point estimate on the floor itself may be a rounding error below it.
ROUNDING = 1e-12


def gate(evidence: GateEvidence, *, rng: np.random.Generator, config: GateConfig | None = None) -> GateResult:
    """Decide whether the candidate may be promoted, rule by rule.

    Raises:
        ValueError: arrays or masks of different length, no items, or a latency that is not above 0.
    """
    config = config or GateConfig()
    if not len(evidence.candidate_right):
        raise ValueError("the gate needs at least one item")
    if evidence.is_first_model:
        rules = [_better_than_baseline(evidence, config)]
    else:
        rules = [_accuracy_floor(evidence, config), _accuracy(evidence, config)]
    rules += [
        _does_not_apply("hallucination_rate", words.HALLUCINATIONS, words.NO_HALLUCINATIONS),
        _latency(evidence, config, rng),
        *_slices(evidence, config),
        _does_not_apply("response_length", words.ANSWER_LENGTH, words.NO_FREE_TEXT),
        _does_not_apply("diversity", words.DIVERSITY, words.NO_FREE_TEXT),
        _does_not_apply("specificity", words.SPECIFICITY, words.NO_FREE_TEXT),
    ]
    verdict = overall([rule.verdict for rule in rules])
    sentence = words.summary(
        failed=[rule.name for rule in rules if rule.verdict is Verdict.FAIL],
        undecided=[rule.name for rule in rules if rule.verdict is Verdict.NOT_ENOUGH_EVIDENCE],
        n_applying=sum(rule.verdict is not Verdict.DOES_NOT_APPLY for rule in rules),
    )
    return GateResult(verdict, tuple(rules), sentence)


def overall(verdicts: list[Verdict]) -> Verdict:
    """One verdict from many: the worst that applies; not enough evidence where nothing applies."""
    if Verdict.FAIL in verdicts:
        return Verdict.FAIL
    if Verdict.NOT_ENOUGH_EVIDENCE in verdicts or Verdict.PASS not in verdicts:
        return Verdict.NOT_ENOUGH_EVIDENCE
    return Verdict.PASS


def majority_baseline(training_labels: NDArray[np.int64], truth: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which items the majority-class baseline has right; of equally common classes the lowest index is taken.

    Args:
        training_labels: what the candidate was trained on; the test split's own majority would be peeking.
    Raises:
        ValueError: no training labels.
    """
    if not len(training_labels):
        raise ValueError("the baseline needs training labels")
    return np.asarray(truth == np.bincount(training_labels).argmax())


def _accuracy_floor(evidence: GateEvidence, config: GateConfig) -> RuleResult:
    counts = paired_counts(evidence.candidate_right, evidence.champion_right)
    is_above = counts.difference >= -config.accuracy_margin - ROUNDING
    return RuleResult(
        code="accuracy_floor",
        name=words.ACCURACY_MEASURED % {"told_margin": words.points(config.accuracy_margin)},
        verdict=Verdict.PASS if is_above else Verdict.FAIL,
        words=words.floor(counts.difference, counts.n, limit=-config.accuracy_margin, is_above=is_above),
        value=counts.difference,
        limit=-config.accuracy_margin,
        n=counts.n,
        candidate=float(evidence.candidate_right.mean()),
        champion=float(evidence.champion_right.mean()),
        only_candidate=counts.only_candidate,
        only_champion=counts.only_champion,
    )


def _accuracy(evidence: GateEvidence, config: GateConfig) -> RuleResult:
    return _difference_rule(
        code="accuracy",
        name=words.ACCURACY_TESTED % {"told_margin": words.points(config.accuracy_margin)},
        evidence=evidence,
        config=config,
        margin=config.accuracy_margin,
    )


def _better_than_baseline(evidence: GateEvidence, config: GateConfig) -> RuleResult:
    return _difference_rule(
        code="baseline_accuracy",
        name=words.ABOVE_BASELINE,
        evidence=evidence,
        config=config,
        margin=0.0,
    )


def _difference_rule(
    *,
    code: str,
    name: str,
    evidence: GateEvidence,
    config: GateConfig,
    margin: float,
    slice_label: str | None = None,
    is_worse: bool | None = None,
) -> RuleResult:
    """Tango's interval of the accuracy difference, held against -margin.

    `is_worse` replaces "the whole interval is below the limit" where many slices are tested together.
    """
    counts = paired_counts(evidence.candidate_right, evidence.champion_right)
    low, high = difference_interval(counts, level=config.level)
    verdict = _verdict(passes=low > -margin, fails=high < -margin if is_worse is None else is_worse)
    needed = _needed(counts, verdict, margin=margin, config=config)
    estimate = Estimate(counts.difference, low, high, counts.n)
    return RuleResult(
        code=code,
        name=name,
        verdict=verdict,
        words=words.difference(estimate, limit=-margin, verdict=verdict, items_needed=needed),
        value=counts.difference,
        low=low,
        high=high,
        limit=0.0 - margin,
        n=counts.n,
        items_needed=needed,
        candidate=float(evidence.candidate_right.mean()),
        champion=float(evidence.champion_right.mean()),
        slice=slice_label,
        only_candidate=counts.only_candidate,
        only_champion=counts.only_champion,
    )


def _slices(evidence: GateEvidence, config: GateConfig) -> list[RuleResult]:
    name = words.SLICES % {"told_margin": words.points(config.slice_margin)}
    if evidence.is_first_model:
        return [_does_not_apply("slice_accuracy", name, words.NO_CHAMPION_SLICES)]
    if not evidence.slices:
        return [_does_not_apply("slice_accuracy", name, words.NO_SLICES)]
    parts = {label: _part(evidence, mask) for label, mask in evidence.slices.items()}
    judged = {label: part for label, part in parts.items() if len(part.candidate_right) >= config.min_slice_items}
    worse = dict(zip(judged, _worse(list(judged.values()), config), strict=True))
    return [_slice_rule(label, part, config, is_worse=worse.get(label)) for label, part in parts.items()]


def _part(evidence: GateEvidence, mask: NDArray[np.bool_]) -> GateEvidence:
    if mask.shape != evidence.candidate_right.shape or mask.dtype != np.bool_:
        raise ValueError("a slice is a boolean mask over the items")
    return GateEvidence(evidence.candidate_right[mask], evidence.champion_right[mask])


def _worse(parts: list[GateEvidence], config: GateConfig) -> list[bool]:
    """Which slices are worse by more than the margin, corrected for their number; one-sided, as the interval's end."""
    if not parts:
        return []
    counts = [paired_counts(part.candidate_right, part.champion_right) for part in parts]
    p_values = [p_inferior(count, margin=config.slice_margin) for count in counts]
    rejected = multipletests(p_values, alpha=(1 - config.level) / 2, method=config.correction)[0]
    return [bool(is_rejected) for is_rejected in rejected]


def _slice_rule(label: str, part: GateEvidence, config: GateConfig, *, is_worse: bool | None) -> RuleResult:
    """`is_worse` is None for a slice that is too small to be judged."""
    name, n = words.SLICE % {"slice": label}, len(part.candidate_right)
    if is_worse is None:
        sentence = words.slice_too_small(n, config.min_slice_items)
        return _does_not_apply("slice_accuracy", name, sentence, n=n, slice_label=label)
    return _difference_rule(
        code="slice_accuracy",
        name=name,
        evidence=part,
        config=config,
        margin=config.slice_margin,
        slice_label=label,
        is_worse=is_worse,
    )


def _latency(evidence: GateEvidence, config: GateConfig, rng: np.random.Generator) -> RuleResult:
    name = words.LATENCY % {"ratio": f"{config.latency_ratio:.2f}"}
    if evidence.is_first_model or evidence.candidate_ms is None or evidence.champion_ms is None:
        reason = words.NO_CHAMPION if evidence.is_first_model else words.NOT_TIMED
        return _does_not_apply("latency_p50", name, reason)
    ratio = median_ratio(
        evidence.candidate_ms, evidence.champion_ms, rng=rng, n_resamples=config.n_resamples, level=config.level
    )
    passes = ratio.high is not None and ratio.high <= config.latency_ratio
    fails = ratio.low is not None and ratio.low > config.latency_ratio
    verdict = _verdict(passes=passes, fails=fails)
    needed = _timings_needed(ratio, config) if verdict is Verdict.NOT_ENOUGH_EVIDENCE else None
    return RuleResult(
        code="latency_p50",
        name=name,
        verdict=verdict,
        words=words.ratio(ratio, limit=config.latency_ratio, verdict=verdict, items_needed=needed),
        value=ratio.value,
        low=ratio.low,
        high=ratio.high,
        limit=config.latency_ratio,
        n=ratio.n,
        items_needed=needed,
        candidate=float(np.median(evidence.candidate_ms)) if ratio.n else None,
        champion=float(np.median(evidence.champion_ms)) if ratio.n else None,
    )


def _timings_needed(ratio: Estimate, config: GateConfig) -> int | None:
    """More timings, from the width that the interval has now; it shrinks with the root of their number."""
    if ratio.value is None or ratio.low is None or ratio.high is None:
        return MIN_PAIRS - ratio.n
    standard_error = (ratio.high - ratio.low) / (2 * norm.ppf((1 + config.level) / 2))
    distance = ratio.value - config.latency_ratio
    return more_items(standard_error**2 * ratio.n, distance, ratio.n, level=config.level, power=config.power)


def _verdict(*, passes: bool, fails: bool) -> Verdict:
    if fails:
        return Verdict.FAIL
    return Verdict.PASS if passes else Verdict.NOT_ENOUGH_EVIDENCE


def _needed(counts: PairedCounts, verdict: Verdict, *, margin: float, config: GateConfig) -> int | None:
    if verdict is not Verdict.NOT_ENOUGH_EVIDENCE:
        return None
    return items_needed(counts, margin=margin, level=config.level, power=config.power)


def _does_not_apply(code: str, name: str, sentence: str, *, n: int = 0, slice_label: str | None = None) -> RuleResult:
    return RuleResult(code, name, Verdict.DOES_NOT_APPLY, sentence, n=n, slice=slice_label)
