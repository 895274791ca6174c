"""The gate's sentences: what a manager reads, each number with its interval and its n.

Stored in English with the decision; pages show them in the reader's language (`apps.core.stored`).
"""

from apps.core.stored import stored
from apps.evaluation.algorithms.metrics import Estimate

MINUS = "\u2212"

HALLUCINATIONS = stored("Hallucination rate not above the champion’s")
ANSWER_LENGTH = stored("Mean answer length within 2σ of the champion’s")
DIVERSITY = stored("Diversity within 2σ of the champion’s")
SPECIFICITY = stored("Specificity within 2σ of the champion’s")
ABOVE_BASELINE = stored("Accuracy above the majority-class baseline’s")
ACCURACY_MEASURED = stored("Accuracy, as measured, at most %(told_margin)s below the champion’s")
ACCURACY_TESTED = stored("Accuracy, tested, at most %(told_margin)s below the champion’s")
SLICES = stored("No slice more than %(told_margin)s below the champion")
SLICE = stored("Slice “%(slice)s”: accuracy")
LATENCY = stored("p50 latency at most %(ratio)s times the champion’s")

NO_HALLUCINATIONS = stored("Does not apply: a classifier answers with one of the labels and cannot make anything up.")
NO_FREE_TEXT = stored("Does not apply: a classifier's answers are labels, not text of its own.")
NO_CHAMPION = stored("Does not apply: there is no champion to be compared with.")
NO_CHAMPION_SLICES = stored("Does not apply: a first model is held against the baseline over all items only.")
NOT_TIMED = stored("Does not apply: the two models were not timed together.")
NO_SLICES = stored("Does not apply: no slices are defined for this golden set.")

_POINT = stored("%(n)s point")
_POINTS = stored("%(n)s points")
_NOT_BELOW_FLOOR = stored("Measured difference %(value)s points on %(n)s items: not below the floor of %(limit)s.")
_BELOW_FLOOR = stored("Measured difference %(value)s points on %(n)s items: below the floor of %(limit)s.")
_LOW_END_ABOVE = stored("%(value)s points (%(low)s to %(high)s) on %(n)s pairs. Even the low end is above %(limit)s.")
_HIGH_END_BELOW = stored("%(value)s points (%(low)s to %(high)s) on %(n)s pairs. Even the high end is below %(limit)s.")
_LOOKS_GOOD = stored(
    "%(value)s points (%(low)s to %(high)s) on %(n)s pairs. Looks good enough, could be worse. %(told_more)s"
)
_LOOKS_WORSE = stored(
    "%(value)s points (%(low)s to %(high)s) on %(n)s pairs. Looks worse, could be good enough. %(told_more)s"
)
_FEW_TIMINGS = stored("Only %(n)s timings of both models. %(told_more)s")
_NOT_SLOWER = stored("%(value)s times (%(low)s to %(high)s) on %(n)s pairs. Even the high end is not above %(limit)s.")
_SLOWER = stored("%(value)s times (%(low)s to %(high)s) on %(n)s pairs. Even the low end is above %(limit)s.")
_LOOKS_FAST = stored(
    "%(value)s times (%(low)s to %(high)s) on %(n)s pairs. Looks fast enough, could be slower. %(told_more)s"
)
_LOOKS_SLOW = stored(
    "%(value)s times (%(low)s to %(high)s) on %(n)s pairs. Looks too slow, could be fast enough. %(told_more)s"
)
_SMALL_SLICE = stored("Too little data: %(n)s items, a slice is judged from %(minimum)s on.")
_ONE_PASSES = stored("May be promoted: the one rule that applies passes.")
_ALL_PASS = stored("May be promoted: all %(n)s rules that apply pass.")
_UNDECIDED = stored("Not enough evidence to promote: %(n)s of %(of)s rules (%(told_rules)s) undecided.")
_FAILED = stored("Do not promote: %(n)s of %(of)s rules (%(told_rules)s) failed.")
_FAILED_UNDECIDED = stored(
    "Do not promote: %(n)s of %(of)s rules (%(told_rules)s) failed, "
    "%(n_open)s of %(of_open)s rules (%(told_open)s) undecided."
)
_TOO_NEAR = stored("It lies so near the limit that no number of items would tell.")
_TOO_WEAK = stored("Too weak once corrected for the number of slices.")
_MORE_ITEMS = stored("About %(n)s more judged items would tell.")
_MORE_TIMINGS = stored("About %(n)s more timings would tell.")


def points(share: float) -> str:
    """A margin in percentage points: 0.005 → '0.5 points', 0.01 → '1 point'."""
    number = f"{100 * share:.1f}".removesuffix(".0")
    return (_POINT if number == "1" else _POINTS) % {"n": number}


def signed(share: float) -> str:
    """A difference in percentage points: 0.018 → '+1.8', with a true minus sign."""
    number = f"{100 * share:+.1f}"
    return "0.0" if number in ("+0.0", "-0.0") else number.replace("-", MINUS)


def floor(value: float, n: int, *, limit: float, is_above: bool) -> str:
    """Sentence of the point rule."""
    sentence = _NOT_BELOW_FLOOR if is_above else _BELOW_FLOOR
    return sentence % {"value": signed(value), "n": f"{n:,}", "limit": signed(limit)}


def difference(estimate: Estimate, *, limit: float, verdict: str, items_needed: int | None) -> str:
    """Sentence of an accuracy difference with its interval."""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        raise ValueError("a difference needs its interval")
    looks = _LOOKS_GOOD if estimate.value > limit else _LOOKS_WORSE
    return {"pass": _LOW_END_ABOVE, "fail": _HIGH_END_BELOW}.get(verdict, looks) % {
        "value": signed(estimate.value),
        "low": signed(estimate.low),
        "high": signed(estimate.high),
        "n": f"{estimate.n:,}",
        "limit": signed(limit),
        "told_more": _would_tell(items_needed, _MORE_ITEMS),
    }


def ratio(estimate: Estimate, *, limit: float, verdict: str, items_needed: int | None) -> str:
    """Sentence of a latency ratio."""
    more = _would_tell(items_needed, _MORE_TIMINGS)
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return _FEW_TIMINGS % {"n": estimate.n, "told_more": more}
    looks = _LOOKS_FAST if estimate.value <= limit else _LOOKS_SLOW
    return {"pass": _NOT_SLOWER, "fail": _SLOWER}.get(verdict, looks) % {
        "value": f"{estimate.value:.2f}",
        "low": f"{estimate.low:.2f}",
        "high": f"{estimate.high:.2f}",
        "n": f"{estimate.n:,}",
        "limit": f"{limit:.2f}",
        "told_more": more,
    }


def slice_too_small(n: int, minimum: int) -> str:
    """Sentence of a slice that is not judged."""
    return _SMALL_SLICE % {"n": n, "minimum": minimum}


def summary(*, failed: list[str], undecided: list[str], n_applying: int) -> str:
    """The gate's headline and what it hangs on."""
    if not failed and not undecided and n_applying:
        return _ONE_PASSES if n_applying == 1 else _ALL_PASS % {"n": n_applying}
    waits = {"n_open": len(undecided), "of_open": n_applying, "told_open": _names(undecided)}
    if not failed:
        return _UNDECIDED % {"n": len(undecided), "of": n_applying, "told_rules": _names(undecided)}
    sentence = _FAILED_UNDECIDED if undecided else _FAILED
    return sentence % {"n": len(failed), "of": n_applying, "told_rules": _names(failed), **waits}


def _names(rules: list[str]) -> str:
    return "; ".join(rules)


def _would_tell(items_needed: int | None, sentence: str) -> str:
    if items_needed is None:
        return _TOO_NEAR
    if items_needed == 0:
        return _TOO_WEAK
    return sentence % {"n": f"{_rounded(items_needed):,}"}


def _rounded(number: int) -> int:
    """Two digits are all that an estimate of an estimate can bear."""
    step = int(10 ** max(0, len(str(number)) - 2))
    return -(-number // step) * step
