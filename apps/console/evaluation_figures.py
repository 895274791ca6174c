"""What the evaluation and gate pages show of a run's metrics and of a decision's rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

Json = Mapping[str, Any]

VERDICT_KINDS = {"pass": "ok", "fail": "bad", "not_enough_evidence": "open", "does_not_apply": "open"}
# Beyond so many labels the matrix is folded away behind the list of confusions.
MATRIX_LABELS = 16
CONFUSIONS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of the table of measures: both models and, where it is paired, their difference."""

    name: str
    candidate: Json | None
    champion: Json | None
    difference: Json | None
    kind: str  # percent | number | ms


def measures(metrics: Json) -> list[Measure]:
    """Accuracy, macro-F1, calibration error and latency, each with its interval."""
    candidate, champion, paired = metrics["candidate"], metrics["champion"], metrics["paired"]
    return [
        Measure(_("Accuracy"), candidate["accuracy"], champion["accuracy"], paired["accuracy"], "percent"),
        Measure(_("Macro-F1"), candidate["macro_f1"], champion["macro_f1"], paired["macro_f1"], "number"),
        Measure(_("Calibration error (ECE)"), _ece(candidate), _ece(champion), None, "number"),
        Measure(_("p50 latency in ms"), candidate["latency"], champion["latency"], None, "ms"),
    ]


def _ece(model: Json) -> Json | None:
    calibration = model["calibration"]
    return calibration["ece"] if calibration else None


@dataclass(frozen=True, slots=True)
class Confusion:
    """Items of one golden label that the candidate gave another one."""

    golden: str
    answer: str
    count: int
    support: int


def confusions(metrics: Json) -> list[Confusion]:
    """The commonest ones, largest first."""
    labels, matrix = metrics["labels"], metrics["candidate"]["confusion"]
    found = [
        Confusion(labels[row], labels[column], count, sum(counts))
        for row, counts in enumerate(matrix)
        for column, count in enumerate(counts)
        if count and row != column
    ]
    return sorted(found, key=lambda one: (-one.count, one.golden, one.answer))[:CONFUSIONS_SHOWN]


def errors(metrics: Json) -> int:
    """Items off the diagonal."""
    matrix = metrics["candidate"]["confusion"]
    return int(sum(map(sum, matrix)) - sum(matrix[index][index] for index in range(len(matrix))))


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a gate decision, ready for a table row."""

    told: Json
    kind: str  # of the state mark
    verdict: str
    unit: str  # points | ratio

    @property
    def has_numbers(self) -> bool:
        return self.told["value"] is not None


def rules(decision_rules: Sequence[Json]) -> tuple[list[Rule], list[Rule]]:
    """(rules over all items, rules by slice)."""
    shown = [_rule(told) for told in decision_rules]
    return [one for one in shown if not one.told["slice"]], [one for one in shown if one.told["slice"]]


def _rule(told: Json) -> Rule:
    words = {
        "pass": _("Pass"),
        "fail": _("Fail"),
        "not_enough_evidence": _("Not enough evidence"),
        "does_not_apply": _("Does not apply"),
    }
    verdict = told["verdict"]
    unit = "ratio" if told["code"].startswith("latency") else "points"
    return Rule(told=told, kind=VERDICT_KINDS[verdict], verdict=words[verdict], unit=unit)


def headline(verdict: str, decision_rules: Sequence[Json]) -> str:
    """The verdict and how many rules it hangs on; which ones say the table below and the decision's own words."""
    count = {name: sum(told["verdict"] == name for told in decision_rules) for name in VERDICT_KINDS}
    numbers = {"n": len(decision_rules) - count["does_not_apply"]} | {
        "failed": count["fail"],
        "open": count["not_enough_evidence"],
    }
    if verdict == "pass":
        return _("May be promoted: all %(n)s rules that apply pass") % numbers
    if verdict == "fail" and count["not_enough_evidence"]:
        return _("Do not promote: %(failed)s of %(n)s rules failed, %(open)s lack evidence") % numbers
    if verdict == "fail":
        return _("Do not promote: %(failed)s of %(n)s rules failed") % numbers
    return _("Not enough evidence: %(open)s of %(n)s rules cannot be decided yet") % numbers


def p_words(value: float) -> str:
    """A p-value as "= 0.013" or "< 0.001"."""
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"


def axis(slices: Sequence[Rule], paired: Json) -> tuple[float, float]:
    """From where to where the interval plots run: all intervals and zero, with a little air."""
    ends = [paired["accuracy"]["low"], paired["accuracy"]["high"], 0.0]
    ends += [one.told[end] for one in slices for end in ("low", "high") if one.told[end] is not None]
    air = 0.05 * (max(ends) - min(ends)) or 0.01
    return min(ends) - air, max(ends) + air
