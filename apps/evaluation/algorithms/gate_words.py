"""The gate's sentences: what a manager reads, each number with its interval and its n."""

from apps.evaluation.algorithms.metrics import Estimate

MINUS = "\u2212"

NO_HALLUCINATIONS = "Does not apply: a classifier answers with one of the labels and cannot make anything up."
NO_FREE_TEXT = "Does not apply: a classifier's answers are labels, not text of its own."
NO_CHAMPION = "Does not apply: there is no champion to be compared with."
NO_CHAMPION_SLICES = "Does not apply: a first model is held against the baseline over all items only."
NOT_TIMED = "Does not apply: the two models were not timed together."
NO_SLICES = "Does not apply: no slices are defined for this golden set."


def points(share: float) -> str:
    """A margin in percentage points: 0.005 → '0.5 points', 0.01 → '1 point'."""
    number = f"{100 * share:.1f}".removesuffix(".0")
    return f"{number} point" if number == "1" else f"{number} points"


def signed(share: float) -> str:
    """A difference in percentage points: 0.018 → '+1.8', with a true minus sign."""
    number = f"{100 * share:+.1f}"
    return "0.0" if number in ("+0.0", "-0.0") else number.replace("-", MINUS)


def floor(value: float, n: int, *, limit: float, is_above: bool) -> str:
    """Sentence of the point rule."""
    place = "not below" if is_above else "below"
    return f"Measured difference {signed(value)} points on {n:,} items: {place} the floor of {signed(limit)}."


def difference(estimate: Estimate, *, limit: float, verdict: str, items_needed: int | None) -> str:
    """Sentence of an accuracy difference with its interval."""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        raise ValueError("a difference needs its interval")
    interval = f"{signed(estimate.value)} points ({signed(estimate.low)} to {signed(estimate.high)}) "
    numbers = interval + f"on {estimate.n:,} pairs."
    if verdict == "pass":
        return f"{numbers} Even the low end is above {signed(limit)}."
    if verdict == "fail":
        return f"{numbers} Even the high end is below {signed(limit)}."
    looks = "Looks good enough, could be worse." if estimate.value > limit else "Looks worse, could be good enough."
    return f"{numbers} {looks} {_would_tell(items_needed, 'judged items')}"


def ratio(estimate: Estimate, *, limit: float, verdict: str, items_needed: int | None) -> str:
    """Sentence of a latency ratio."""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return f"Only {estimate.n} timings of both models. {_would_tell(items_needed, 'timings')}"
    numbers = f"{estimate.value:.2f} times ({estimate.low:.2f} to {estimate.high:.2f}) on {estimate.n:,} pairs."
    if verdict == "pass":
        return f"{numbers} Even the high end is not above {limit:.2f}."
    if verdict == "fail":
        return f"{numbers} Even the low end is above {limit:.2f}."
    looks = (
        "Looks fast enough, could be slower." if estimate.value <= limit else "Looks too slow, could be fast enough."
    )
    return f"{numbers} {looks} {_would_tell(items_needed, 'timings')}"


def slice_too_small(n: int, minimum: int) -> str:
    """Sentence of a slice that is not judged."""
    return f"Too little data: {n} items, a slice is judged from {minimum} on."


def summary(*, failed: list[str], undecided: list[str], n_applying: int) -> str:
    """The gate's headline and what it hangs on."""
    if not failed and not undecided and n_applying:
        rules = "the one rule that applies passes" if n_applying == 1 else f"all {n_applying} rules that apply pass"
        return f"May be promoted: {rules}."
    if not failed:
        return f"Not enough evidence to promote: {_rules(undecided, n_applying)} undecided."
    also = f", {_rules(undecided, n_applying)} undecided" if undecided else ""
    return f"Do not promote: {_rules(failed, n_applying)} failed{also}."


def _rules(names: list[str], n_applying: int) -> str:
    return f"{len(names)} of {n_applying} rules ({'; '.join(names)})"


def _would_tell(items_needed: int | None, things: str) -> str:
    if items_needed is None:
        return "It lies so near the limit that no number of items would tell."
    if items_needed == 0:
        return "Too weak once corrected for the number of slices."
    return f"About {_rounded(items_needed):,} more {things} would tell."


def _rounded(number: int) -> int:
    """Two digits are all that an estimate of an estimate can bear."""
    step = int(10 ** max(0, len(str(number)) - 2))
    return -(-number // step) * step
